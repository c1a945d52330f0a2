"""The throw-away repository in which `overnight agents test` asks for one edit."""

import os
import subprocess
from pathlib import Path

from overnight.git.repository import Repository, open_repository
from overnight.machines.share import search_path
from overnight.program.program import PROGRAM

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
    # A clean environment: the user's settings (signing, hooks) and a GIT_DIR around us must not affect this repository.
    environment = {"PATH": search_path(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    identity = ("-c", "user.name=overnight", "-c", "user.email=overnight@localhost")
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Start")):
        subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL)
    return open_repository(folder)
