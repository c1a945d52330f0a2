"""A candidate that is hopelessly behind partway is stopped, in the real jail; one that catches up is not lost."""

from pathlib import Path

import pytest
from targets import assert_verified, make_repo, overnight, program, read_json

from overnight.gate.early_stopping import NEIGHBOURS, RUN_ON

TRAIN = """\
import sys

OFFSET = 5.0
LATE = 0.0

for step in range(1, 11):
    print(f"step {step}/10 loss {OFFSET - LATE * (step > 3)}", flush=True)
    if step == 3 and OFFSET > 30:
        import time
        time.sleep(60)
print(f"METRIC loss={OFFSET - LATE}")
"""
BAD = [("OFFSET = 5.0", f"OFFSET = {6 + n / 10}") for n in range(NEIGHBOURS + 1)]  # these are learnt from
FAR = ("OFFSET = 5.0", "OFFSET = 40.0")  # would run for a minute
LATE = ("OFFSET = 5.0\nLATE = 0.0", "OFFSET = 7.5\nLATE = 6.0")  # behind at 30 %, but less than all of those
EDITS = [*BAD, FAR, LATE]
CURVE = r"metric: {name: loss, direction: minimize, curve: 'step (\d+)/(\d+) loss (\S+)'}"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign."""
    assert all(number % RUN_ON for number in (len(EDITS) - 1, len(EDITS)))
    text = program(*EDITS).replace("metric: {name: loss, direction: minimize}", CURVE).replace("wall: 10s", "wall: 90s")
    folder = make_repo(tmp_path_factory.mktemp("curve") / "r", text, files={"train.py": TRAIN})
    overnight(folder, "run", "--tag", "t", "--plain", "--slots", "1", check=0)
    return folder


def test_a_hopeless_trial_ends_at_30_percent(repo: Path) -> None:
    """It is a discard with that reason; the record has the trial's curve and no value, and it cost a fraction of its minute."""
    shown = read_json(repo, "show", str(len(BAD) + 1))
    assert shown["experiment"]["conclusion"]["verdict"] == "discard"
    reason = "stopped at 30 % of its first trial: 40 there, 5 for the head"
    assert shown["experiment"]["conclusion"]["reason"] == reason
    [trial] = shown["trials"]
    assert (trial["value"], trial["early"], trial["fault"], trial["reason"]) == (None, 40.0, "behind", reason)
    assert trial["wall_s"] < 50
    assert reason in overnight(repo, "show", str(len(BAD) + 1), check=0).stdout


def test_one_that_is_better_in_the_end_is_kept(repo: Path) -> None:
    """At 30 % it was no worse than those that were learnt from, so it ran to its end."""
    status = read_json(repo, "status")
    assert (status["kept"], status["discarded"], status["crashed"]) == (1, len(BAD) + 1, 0)
    assert status["head_value"] == 1.5


def test_the_report_shows_what_was_saved(repo: Path) -> None:
    """It is listed among the costs, and with its reason among what failed; the ledger verifies."""
    report = (repo / ".overnight/t/report.md").read_text()
    assert "Trials stopped early" in report and "stopped at 30 % of its first trial" in report
    assert_verified(repo)


def test_check_says_whether_the_curve_is_seen(tmp_path: Path) -> None:
    """A pattern that matches nothing, or matches too late, is reported with the fix."""
    text = program(FAR).replace("metric: {name: loss, direction: minimize}", CURVE)
    seen = make_repo(tmp_path / "seen", text, files={"train.py": TRAIN})
    assert read_json(seen, "check")["curves"] == 3
    assert "curve       seen in 3 of 3 trials" in overnight(seen, "check", check=0).stdout
    unseen = make_repo(tmp_path / "unseen", text.replace("step (", "epoch ("), files={"train.py": TRAIN})
    found = read_json(unseen, "check")
    assert found["curves"] == 0 and any("matches `curve`" in note for note in found["notes"])


def test_a_brief_shows_the_curves(repo: Path) -> None:
    """Of the head as it is now, and of tries as far as they ran; that of the kept change begins behind and ends ahead."""
    curves = overnight(repo, "brief", check=0).stdout.partition("## Training curves")[2]
    assert "- the head: 7.5 at 10%, 7.5 at 30%, 1.5 at 60%, 1.5 at 100%" in curves
    assert f"- #{len(BAD) + 1} " in curves and "40 at 10%, 40 at 30%\n" in curves
    experiment = read_json(repo, "show", "1")["experiment"]
    assert experiment["curve"] == [[0.1, 6.0], [0.3, 6.0], [0.6, 6.0], [1.0, 6.0]]
    assert experiment["edit"]["lines"] == ["train.py:3", "-OFFSET = 5.0", "+OFFSET = 6.0"]
