"""Several researchers at once: what was measured against an old head continues against the new one."""

import subprocess
import sys
from pathlib import Path

from targets import COMMAND, assert_verified, git, make_repo, overnight, read_json, recorded

from overnight.research.events import Moved, Proposed

PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py
editable: [train.py]
limits: {wall: 10s, memory: 500MB}
researchers:
  - {role: one, use: scripted, edits: [[train.py, "A = 5", "A = 4"]]}
  - {role: two, use: scripted, edits: [[train.py, "B = 5", "B = 3"]]}
  - {role: three, use: scripted, edits: [[train.py, "A = 5", "A = 2"]]}
---
"""
TRAIN = "A = 5\n\n\n\n\nB = 5\n\n\n\n\nprint(f'METRIC loss={A + B}')\n"


def test_kept_changes_stack_whoever_is_first(tmp_path: Path) -> None:
    """Changes to other lines are merged and measured on the new head; of two to the same line the better one stays."""
    repo = make_repo(tmp_path / "r", PROGRAM, files={"train.py": TRAIN, "other.py": ""})
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    status = read_json(repo, "status")
    assert status["head_value"] == 2 + 3
    moves = [event for event in recorded(repo) if isinstance(event, Moved)]
    assert len(moves) >= 2 and any(move.replaces for move in moves)
    parents = git(repo, "log", "--format=%P", "autoresearch/t").split()
    assert len(parents) == status["kept"] in (2, 3), "one parent each: the chain is linear"
    first = [event for event in recorded(repo) if isinstance(event, Proposed)]
    assert {git(repo, "rev-parse", f"refs/overnight/t/{event.number}") for event in first} == {event.commit for event in first}
    assert_verified(repo)


def test_a_change_that_the_new_head_has_already_is_not_tried_again(tmp_path: Path) -> None:
    """Of two changes one is part of the other; whichever is kept first, the head has both in the end."""
    gap = "\\n" * 5
    both = PROGRAM.replace('"A = 5", "A = 4"', f'"A = 5{gap}B = 5", "A = 4{gap}B = 3"')
    text = "".join(line for line in both.splitlines(keepends=True) if "role: three" not in line)
    repo = make_repo(tmp_path / "r", text, files={"train.py": TRAIN, "other.py": ""})
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    reasons = [e["conclusion"]["reason"] for e in read_json(repo, "log")["experiments"]]
    moves = [event for event in recorded(repo) if isinstance(event, Moved)]
    larger_first = any("has this change already" in reason for reason in reasons)
    assert len(moves) == (not larger_first), reasons
    assert read_json(repo, "status")["head_value"] == 4 + 3
    assert_verified(repo)


def test_a_budget_ends_proposing_and_not_what_is_under_way(tmp_path: Path) -> None:
    """With two researchers and room for one experiment, that one is finished."""
    text = PROGRAM.replace("limits:", "budget: {experiments: 1}\nlimits:")
    repo = make_repo(tmp_path / "r", text, files={"train.py": TRAIN, "other.py": ""})
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    status = read_json(repo, "status")
    assert (status["experiments"], status["open"], status["stopped"]) == (1, 0, "budget")


def test_a_closed_output_does_not_end_the_campaign(tmp_path: Path) -> None:
    """`run --plain | head -1` runs to its end."""
    repo = make_repo(tmp_path / "r", PROGRAM, files={"train.py": TRAIN, "other.py": ""})
    piped = f"{sys.executable} {COMMAND} run --tag t --plain --no-report | head -1"
    subprocess.run(["sh", "-c", piped], cwd=repo, check=True, capture_output=True)
    assert read_json(repo, "status")["head_value"] == 2 + 3
