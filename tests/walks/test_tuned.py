"""A whole campaign of the tuner alone, in the jail, on a program with noise."""

from pathlib import Path

from targets import assert_verified, make_repo, overnight, read_json

PROGRAM = """\
---
metric: {name: loss, direction: minimize}
measure: python train.py {seed}
editable: [train.py]
limits: {wall: 10s, memory: 500MB}
researchers: [{role: tuner, use: tuner}]
budget: {trials: 120}
---
# Make the loss small
"""
TRAIN = """\
import math
import random
import sys

RATE = 0.1
DECAY = 0.1
SPARE = 2.0

noise = random.Random(int(sys.argv[1])).gauss(0, 0.3)
print(f"METRIC loss={math.log2(RATE / 0.02) ** 2 + math.log2(DECAY / 0.4) ** 2 + noise:.9f}")
"""


def test_a_jump_of_several_constants_is_found_and_kept(tmp_path: Path) -> None:
    """Within the budget of trials, one proposal changes what matters, is proven and loses nothing in the record."""
    repo = make_repo(tmp_path / "repo", PROGRAM, files={"train.py": TRAIN})
    overnight(repo, "run", "--no-report", "--tag", "t", "--slots", "2", check=0)
    kept = [one for one in read_json(repo, "log")["experiments"] if one["conclusion"]["verdict"] == "keep"]
    jump = kept[0]
    assert {key for key in jump["notes"] if key.startswith("was ")} >= {"was train.py:RATE", "was train.py:DECAY"}
    assert "(found by search" in jump["hypothesis"]
    assert jump["conclusion"]["gain"] > 4.0
    assert jump["searched"] > 8
    assert_verified(repo)
