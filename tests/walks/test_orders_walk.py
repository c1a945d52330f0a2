"""Orders to a campaign that runs, from other processes and another pid namespace, each acted on once and recorded."""

import subprocess
import sys
from pathlib import Path

from targets import COMMAND, assert_verified, make_repo, overnight, program, read_json, recorded, started

from overnight.research.events import Believed, IdeasChanged, Ordered, OrderSettled, Stopped
from overnight.research.order import Outcome

RUN = (COMMAND, "run", "--tag", "t", "--plain", "--no-report")
# Another pid namespace: the number in the lock is no process of this session there.
ELSEWHERE = ("bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent", sys.executable, COMMAND)


def test_a_campaign_takes_orders_while_it_runs(tmp_path: Path) -> None:
    """An idea, a belief, and a stop from another pid namespace; a stop without a session orders nothing."""
    worse = [("OFFSET = 3.0", f"OFFSET = {number}.0") for number in range(6, 60)]
    measure = "python train.py {seed} && (grep -q 'OFFSET = [35].0' train.py || sleep 0.3)"
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0"), *worse, measure=measure))
    with started(RUN, repo) as session:
        assert session.stdout is not None
        while "#1 keep" not in session.stdout.readline():
            assert session.poll() is None
        assert "added to the ideas" in overnight(repo, "idea", "add", "halve it (bold)", check=0).stdout
        assert overnight(repo, "idea", "add", "Halve it!").returncode == 2, "it is known at once, acted on or not"
        assert read_json(repo, "idea", "list")["open"][0]["giver"] == "owner"
        overnight(repo, "believe", "1", check=0)
        assert read_json(repo, "status")["keeps"][0]["believed"]
        asked = subprocess.run([*ELSEWHERE, "stop"], cwd=repo, capture_output=True, text=True, check=False)
        assert asked.returncode == 0 and "asked `t`" in asked.stdout, asked.stderr
        session.stdout.read()
        assert session.wait() == 0
    status = read_json(repo, "status")
    assert (status["stopped"], status["stopped_by"]) == ("stop", "owner")
    events = recorded(repo)
    orders = [event for event in events if isinstance(event, Ordered)]
    settled = [event for event in events if isinstance(event, OrderSettled)]
    assert [order.order.kind for order in orders] == ["ideas", "believe", "stop"]
    assert [(one.key, one.outcome) for one in settled] == [(order.key, Outcome.DONE) for order in orders]
    assert [event.giver for event in events if isinstance(event, IdeasChanged)] == ["owner"]
    assert [event.number for event in events if isinstance(event, Believed)] == [1]
    assert isinstance(events[-1], Stopped) and "halve it (bold; from person)" in (repo / ".overnight/t/ideas.md").read_text()

    assert "is not running" in overnight(repo, "stop", check=2).stderr
    overnight(repo, "idea", "add", "double it", check=0)
    assert [one.kind for one in recorded(repo)[len(events) :]] == ["ordered"]
    assert [one["text"] for one in read_json(repo, "idea", "list")["open"]] == ["halve it", "double it"]
    overnight(repo, "run", "--tag", "t", "--experiments", "1", "--no-report")
    assert "double it (from person)" in (repo / ".overnight/t/ideas.md").read_text()
    assert_verified(repo)
