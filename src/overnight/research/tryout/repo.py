"""The throw-away repository in which `overnight agents test` asks for one edit."""

from pathlib import Path

from overnight.git.repository import Repository
from overnight.program.program import PROGRAM
from overnight.research.places.new_repository import commit_folder

TASK = """\
---
metric: {name: loss, direction: minimize}
measure: python train.py
editable: [train.py]
---
# Change RATE in train.py from 0.1 to 0.2

This is a test of the connection, and the whole of the task: change this one number, run nothing, and end.
"""
EDITED, NAME, AFTER = "train.py", "RATE", "RATE = 0.2"  # what is asked for
FILES = {
    PROGRAM: TASK,
    EDITED: 'RATE = 0.1\n\nprint(f"METRIC loss={(RATE - 0.3) ** 2:.6f}")\n',
}


def make_throwaway(folder: Path) -> Repository:
    """A new repository of one commit, in a folder that does not exist yet."""
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return commit_folder(folder, "Start")
