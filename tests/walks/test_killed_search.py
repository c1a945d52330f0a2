"""kill -9 during a search: no finished search trial is lost, and none is measured again."""

import random
import subprocess
from contextlib import suppress
from pathlib import Path

from processes import gone
from targets import FINDINGS, make_repo, program, read_json, recorded, started

from overnight.research.events import TrialFinished

COMMAND = str(Path(__file__).parents[1] / "searching_command.py")
RUN = (COMMAND, "run", "--tag", "t", "--plain", "--no-report", "--slots", "2")
KILLS = 5
MARK = "sleep 0.0137"  # identifies the trials of this campaign among all processes


def searched(repo: Path) -> list[TrialFinished]:
    """The search trials that are in the record."""
    return [event for event in recorded(repo) if isinstance(event, TrialFinished) and event.searched]


def test_kills_lose_no_search_trial(tmp_path: Path) -> None:
    """After any number of kills each value is measured once, and the best is proposed and kept."""
    text = program(measure=f"{MARK} && python train.py {{seed}}").partition("researchers:")[0]
    repo = make_repo(tmp_path / "repo", f"{text}researchers: [{{role: one, use: tuner}}]\n---\n# Make the loss small\n")
    rng, finished = random.Random(20261201), list[TrialFinished]()
    for _ in range(KILLS):
        with started(RUN, repo, stderr=subprocess.DEVNULL) as session, suppress(subprocess.TimeoutExpired):
            session.wait(timeout=rng.uniform(0.8, 2.0))
        if (repo / ".overnight/t/ledger.db").exists():
            now = searched(repo)
            assert now[: len(finished)] == finished, "a finished trial was lost"
            finished = now
    with started(RUN, repo, stderr=subprocess.DEVNULL) as session:
        assert session.stdout is not None
        session.stdout.read()
        assert session.wait() in (0, 1)  # 1: nothing was left to do
    trials = searched(repo)
    assert len({event.trial.key.index for event in trials}) == len(trials), "a number was used twice"
    assert sorted(event.trial.value or 0.0 for event in trials) == [4.0, *(6.0 + number for number in range(12))]
    status = read_json(repo, "status")
    assert (status["kept"], status["open"]) == (1, 0)
    assert {found["what"]: found["holds"] for found in read_json(repo, "verify")} == dict.fromkeys(
        (*FINDINGS, "searches"), True
    )
    assert gone(MARK)
