"""Where the jobs of a repository's actions find their programs: in its own environment first, then on the user's PATH."""

import shutil
from pathlib import Path

from overnight.git.repository import Repository
from overnight.git.uncommitted import is_committed
from overnight.machines.share import search_path

ENVIRONMENTS = (".venv", "venv")  # where a repository's own Python usually is


def own_environment(repository: Repository) -> str:
    """The environment in the checkout that its jobs use; empty if there is none, or if it came with the repository.

    One that is on PATH is none of these: the user chose it. Actions are run for many repositories by one process, which was
    started in at most one environment.
    """
    found = shutil.which("python", path=search_path())
    if found is not None and Path(found).is_relative_to(repository.toplevel):
        return ""
    for name in ENVIRONMENTS:
        folder = repository.toplevel / name
        there = (folder / "pyvenv.cfg").is_file() and (folder / "bin" / "python").exists() and not folder.is_symlink()
        if there and not is_committed(repository, name):
            return str(folder)
    return ""
