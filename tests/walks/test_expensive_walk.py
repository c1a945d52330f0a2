"""A campaign of expensive trials whose metric is a mean of parts, by the commands of a user."""

from pathlib import Path

from targets import assert_verified, make_repo, overnight, program, read_json, recorded

from overnight.gate.trial import Stage
from overnight.research.events import TrialFinished

TRAIN = """\
import random
import sys

OFFSET = 5.0

rng = random.Random(int(sys.argv[1]))
print(f"METRIC small={OFFSET + 0.2 * rng.gauss(0, 1):.9f}")
print(f"METRIC large={10 * OFFSET + 2.0 * rng.gauss(0, 1):.9f}")
"""
FRONT = "gate: {expensive: true}"


def test_it_is_checked_run_shown_and_verified(tmp_path: Path) -> None:
    """The head is never measured alone; a change that gains in both parts is kept in few pairs, and its receipt holds."""
    text = program(("OFFSET = 5.0", "OFFSET = 5.2"), ("OFFSET = 5.0", "OFFSET = 4.0"), front=FRONT)
    text = text.replace("direction: minimize}", "direction: minimize, parts: {small: 0.3, large: 3}}")
    repo = make_repo(tmp_path / "repo", text, files={"train.py": TRAIN})
    checked = read_json(repo, "check", "--sandbox", "process")
    assert checked["noise"] == "heavy" and checked["trials"] == 1 and checked["smallest_effect"] > 0.0
    overnight(repo, "run", "--tag", "t", "--sandbox", "process", "--no-report", check=0)
    trials = [event.trial for event in recorded(repo) if isinstance(event, TrialFinished)]
    assert Stage.BASELINE not in {trial.key.stage for trial in trials}
    assert all({"small", "large"} <= trial.metrics.keys() for trial in trials)
    assert [one["conclusion"]["verdict"] for one in read_json(repo, "log")["experiments"]] == [
        "keep",
        "discard",
    ]  # newest first
    assert "in the pairs that it was kept for" in overnight(repo, "status", check=0).stdout
    shown = overnight(repo, "show", "2", check=0).stdout
    assert "Kept: better in" in shown and "one pair of equal trees" in shown
    assert_verified(repo)
    overnight(repo, "verify", "--receipt", "autoresearch/t", check=0)


def test_a_head_without_a_value_ends_check_and_session(tmp_path: Path) -> None:
    """`check` measures it once and names the part that is missing; a campaign stops after four pairs without it."""
    text = program(*(("OFFSET = 5.0", f"OFFSET = {value}.0") for value in (*range(5), *range(6, 12))), front=FRONT)
    text = text.replace("direction: minimize}", "direction: minimize, parts: {small: 0.3, huge: 3}}")
    repo = make_repo(tmp_path / "repo", text, files={"train.py": TRAIN})
    assert "METRIC huge=" in overnight(repo, "check", "--sandbox", "process", check=2).stderr
    ended = overnight(repo, "run", "--tag", "t", "--sandbox", "process", "--no-report")
    assert "the head itself failed in 4 pairs in a row" in ended.stdout + ended.stderr
