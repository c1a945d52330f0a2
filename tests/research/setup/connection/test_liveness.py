"""Values that the tuner can move and that change nothing are told before a night is spent on them."""

from pathlib import Path

from targets import make_repo, overnight, program, read_json

TRAIN = """\
import sys

RATE = 0.3
WIDTH = 12
UNUSED = 0.7
MARGIN = 40

print(f"METRIC loss={VALUE:.9f}")
"""


def _repo(folder: Path, value: str) -> Path:
    front = "---\nmetric: {name: loss, direction: minimize}\nmeasure: python train.py {seed}\neditable: [train.py]\n---\n"
    return make_repo(folder, front, files={"train.py": TRAIN.replace("VALUE", value)})


def test_check_says_which_values_live(tmp_path: Path) -> None:
    """By moving them with the seed of a trial of the head."""
    repo = _repo(tmp_path / "r", "1.2345678 + (RATE - 0.1) ** 2 + WIDTH / 7")
    shown = overnight(repo, "check", check=0).stdout
    assert "the metric changes with 2 of 4 values; moved, these change nothing: UNUSED, MARGIN" in shown


def test_a_night_in_which_nothing_lives_is_not_begun(tmp_path: Path) -> None:
    """Neither `check` nor `run` goes on for the tuner alone."""
    repo = _repo(tmp_path / "r", "1.2345678 + len(sys.argv)")
    for command in ("check", "run"):
        done = overnight(repo, command, check=2)
        assert "nothing that the tuner can move changes loss: with 4 values changed it is still 3.2346" in done.stderr


def test_another_researcher_may_go_on(tmp_path: Path) -> None:
    """One that edits code is not bound to the values."""
    text = program(("SCALE = 1.0", "SCALE = 2.0"), front="  - {role: tuner, use: tuner}")
    repo = make_repo(tmp_path / "r", text, files={"train.py": TRAIN.replace("VALUE", "1.2345678 + len(sys.argv)")})
    assert read_json(repo, "check")["life"]["live"] == []


def test_where_one_seed_gives_many_values_it_cannot_be_told(tmp_path: Path) -> None:
    """A metric such as a time is never the same to the last digit."""
    repo = _repo(tmp_path / "r", "__import__('time').perf_counter()")
    assert read_json(repo, "check")["life"] is None
