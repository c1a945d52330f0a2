"""kill -9 at random moments: no finished trial is lost or run twice, no commit is half kept, and no process is left."""

import random
import signal
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path

from processes import gone
from targets import COMMAND, assert_verified, git, make_repo, overnight, program, read_json, recorded, started

from overnight.research.events import Concluded, TrialFinished

RUN = (COMMAND, "run", "--tag", "t", "--plain", "--no-report")
KILLS = 8
EDITS = [(f"SCALE = {n}.0", f"SCALE = {n + 1}.0") for n in range(1, 6)]
MARK = "sleep 0.0123"  # identifies the trials of this campaign among all processes


def campaign(folder: Path) -> Path:
    """A noisy campaign in which the second of four edits is a real gain, with trials long enough to be killed."""
    edits = (("OFFSET = 5.0", "OFFSET = 9.0"), ("OFFSET = 5.0", "OFFSET = 3.0"), EDITS[0], ("OFFSET = 3.0", "OFFSET = 4.0"))
    return make_repo(folder, program(*edits, measure=f"{MARK} && python train.py {{seed}}"), noise=0.1)


def test_kill_at_any_moment_loses_no_finished_trial(tmp_path: Path) -> None:
    """After many kills the campaign ends as if none had happened."""
    repo = campaign(tmp_path / "repo")
    rng = random.Random(20261121)
    finished: list[TrialFinished] = []
    for _ in range(KILLS):
        with started((*RUN, "--slots", "3"), repo, stderr=subprocess.DEVNULL) as session, suppress(subprocess.TimeoutExpired):
            session.wait(timeout=rng.uniform(0.3, 2.0))
        if (repo / ".overnight/t/ledger.db").exists():
            now = [event for event in recorded(repo) if isinstance(event, TrialFinished)]
            assert now[: len(finished)] == finished, "a finished trial was lost"
            finished = now
    assert overnight(repo, "run", "--tag", "t", "--no-report").returncode in (0, 1)  # 1: nothing was left to do

    events = recorded(repo)
    keys = Counter(event.trial.key for event in events if isinstance(event, TrialFinished))
    assert max(keys.values()) == 1, "a finished trial ran twice"
    verdicts = {event.number: event.conclusion.verdict.value for event in events if isinstance(event, Concluded)}
    assert verdicts == {1: "discard", 2: "keep", 3: "discard", 4: "discard"}
    status = read_json(repo, "status")
    assert status["open"] == 0
    assert git(repo, "rev-parse", "autoresearch/t") == status["head"]
    assert_verified(repo)
    assert list((repo / ".overnight").glob(".work-*")) == []
    assert gone(MARK)


def test_the_table_of_results_is_continued_after_a_kill(tmp_path: Path) -> None:
    """A session after a kill -9 cuts off a torn row and adds what is missing to the same file, each row once."""
    worse = [("OFFSET = 5.0", f"OFFSET = {number}.0") for number in range(6, 14)]
    repo = make_repo(tmp_path / "repo", program(*worse))
    table = repo / ".overnight/t/results.tsv"
    with started(RUN, repo) as session:
        assert session.stdout is not None
        for line in session.stdout:
            if "#4 discard" in line:
                session.send_signal(signal.SIGKILL)
                break
        assert session.wait() == -signal.SIGKILL
    file = table.stat().st_ino
    torn = table.read_bytes()[:-9]  # as when the machine stops in the middle of a row
    table.write_bytes(torn)
    overnight(repo, "run", "--tag", "t", "--no-report", check=1)
    assert table.stat().st_ino == file
    assert table.read_bytes().startswith(torn)
    lines = table.read_text().splitlines()
    assert [line.split("\t")[-1] for line in lines[:2]] == ["description", "baseline"]
    tried = [line.rpartition(" -> ")[2].partition(";")[0] for line in lines[2:]]
    assert sorted(Counter(tried).values()) == [1] * len(worse), lines


def test_an_interrupt_ends_in_good_order_and_goes_on(tmp_path: Path) -> None:
    """The first SIGINT lets running trials finish and exits with 130; `run` then continues to the same end."""
    repo = campaign(tmp_path / "repo")
    with started(RUN, repo) as session:
        assert session.stdout is not None
        for line in session.stdout:
            if "#1 proposed" in line:
                session.send_signal(signal.SIGINT)
                break
        session.stdout.read()
        assert session.wait() == 130
    events = recorded(repo)
    assert events[-1].kind == "stopped"
    overnight(repo, "run", "--no-report", check=0)
    assert read_json(repo, "status")["kept"] == 1


def test_stop_asks_the_running_process(tmp_path: Path) -> None:
    """`overnight stop` ends the session of another process; if there is none, it says so."""
    worse = [("OFFSET = 5.0", f"OFFSET = {number}.0") for number in range(6, 60)]
    repo = make_repo(tmp_path / "repo", program(*worse, measure="python train.py {seed} && sleep 0.5"))
    with started(RUN, repo) as session:
        assert session.stdout is not None and "campaign t" in session.stdout.readline()
        assert "already running" in overnight(repo, "run", "--tag", "t", check=2).stderr
        overnight(repo, "stop", check=0)
        session.stdout.read()
        assert session.wait() in (0, 1)
    assert "is not running" in overnight(repo, "stop", check=2).stderr
