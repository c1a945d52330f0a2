"""A new repository of one commit, for what is copied out or thrown away."""

import os
import subprocess
from pathlib import Path

from overnight.git.repository import Repository, open_repository
from overnight.machines.share import search_path

_IDENTITY = ("-c", "user.name=overnight", "-c", "user.email=overnight@localhost")


def commit_folder(folder: Path, message: str, *, ignored: bool = False) -> Repository:
    """Make a folder a repository, and commit all that is in it; `ignored`: also what its `.gitignore` leaves out."""
    add = ("add", "-A", *(["-f"] if ignored else []))
    # A clean environment: the user's settings (signing, hooks) and a GIT_DIR around us must not affect a new repository.
    environment = {"PATH": search_path(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    for arguments in (("init", "-q", "-b", "main"), add, ("commit", "-q", "-m", message)):
        subprocess.run(["git", *_IDENTITY, *arguments], cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL)
    return open_repository(folder)
