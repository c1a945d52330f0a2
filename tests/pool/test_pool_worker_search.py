"""`overnight work run`: a real search on a real jail, whose keeps a hub takes into its chain, through moves and kills."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pool_hubs import TestHub, serving
from targets import overnight, started

from overnight.pool.work.outbox import Outbox
from overnight.pool.work.place import Place
from overnight.pool.work.session import alone

RUN = ("-m", "overnight", "work", "run", "--hours", "0.5", "--poll", "0.2")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestHub]:
    """A hub that takes what comes."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with serving(TestHub(tmp_path / "hub")) as found:
        yield found


def lines_until(process: object, holds: Callable[[str], bool]) -> list[str]:
    """What it prints until a line of a sort; fails if it ends before."""
    seen: list[str] = []
    for line in process.stdout:  # type: ignore[attr-defined]  # of a Popen
        seen.append(line.rstrip())
        if holds(line):
            return seen
    raise AssertionError("it ended:\n" + "\n".join(seen))


def test_what_is_kept_becomes_a_block_and_the_search_goes_on_from_it(hub: TestHub, tmp_path: Path) -> None:
    """Two commands: join, run. A keep is submitted at once; the chain moves, and the next campaign begins on its new head."""
    hub.accepts_at_once = True
    overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
    with started(RUN, tmp_path / "w") as process:
        lines_until(process, lambda line: "searching on entry 2" in line)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read() if process.stdout else ""
        assert process.wait() == 0, rest
    assert hub.do(lambda: hub.chain.number) >= 2
    [status] = json.loads(overnight(tmp_path, "work", "status", "--json", check=0).stdout)
    assert status["accepted"] >= 2 and status["running"] is None
    newest = status["campaign"]  # that on entry 2 may not have begun
    assert newest in {"chain-1", "chain-2"} and f"  {newest}: " in overnight(tmp_path, "work", "status", check=0).stdout
    assert not any(each.files for each in Outbox(place=Place(top=tmp_path / "w")).all() if not each.is_open)
    with alone(Place(top=tmp_path / "w")):  # a lock that is newer than that of any campaign
        pass
    assert newest in overnight(tmp_path / "w", "status", check=0).stdout
    assert "refs and folder are those of a worker" in overnight(tmp_path / "w", "run", "--tag", "work", check=2).stderr
    assert {each["state"] for each in status["changes"]} & {"accepted"}
    assert {"chain-0", "chain-1"} <= {each.name for each in (tmp_path / "w/.overnight").iterdir()}


def test_a_killed_search_loses_nothing(hub: TestHub, tmp_path: Path) -> None:
    """Killed when something is on its way: the next run ends what it left behind, and sends it once."""
    overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
    with started(RUN, tmp_path / "w") as process:
        lines_until(process, lambda line: " kept: " in line)
        process.kill()
        process.wait()
    with started(RUN, tmp_path / "w") as process:
        lines_until(process, lambda line: " queued" in line or "searching" in line)
        process.send_signal(signal.SIGTERM)
        process.wait()
    sent = hub.do(lambda: hub.record.submissions(most=100))
    revealed = [each.digest for each in sent if each.digest]
    assert revealed and len(revealed) == len(set(revealed)), "each change arrived, and once"
