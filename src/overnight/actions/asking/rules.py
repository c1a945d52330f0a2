"""What a commit says of actions: the text of its `actions.md`, with what its files and the checkout show beside it."""

import os
import shutil
import subprocess
import time
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

from overnight.actions.asking.detection import detected, with_found
from overnight.actions.asking.python_setup import PYTEST, canonical, needs_of
from overnight.actions.charter import ACTIONS
from overnight.actions.checkouts.places import own_environment
from overnight.errors import ProgramError
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.machines.share import search_path
from overnight.program.front_matter import MAX_FILE_CHARACTERS
from overnight.program.judge.tree import Read
from overnight.program.writer import FrontMatterEntry
from overnight.research.loop.committed import committed_text

LONGEST_S = 20.0  # to start an interpreter
REMEMBERED_S = 60.0  # what it lacks
_MISSING = """
import sys
from importlib.metadata import PackageNotFoundError, distribution
for name in sys.argv[1:]:
    try:
        distribution(name)
    except PackageNotFoundError:
        print(name)
"""


def rules_text(repository: Repository, history: GitHistory, commit: str) -> str:
    """The text that actions on this commit go by, for `parse_rules`; empty if nothing is said or shown.

    Raises:
        ProgramError: there is an `actions.md` that cannot be read; one with mistakes is returned as it is.
    """
    paths, read = history.paths(commit), committed_text(history, commit)
    return with_found(written_rules(history, commit), lambda: shown_keys(repository, paths, read), read)


def shown_keys(repository: Repository, paths: Sequence[str], read: Read) -> Sequence[FrontMatterEntry]:
    """Keys that the files of a commit show, and the checkout of the user, each with its reason."""
    from overnight.research.setup.causes.node import installed

    needed = (PYTEST, *needs_of(paths, read).packages) if any(path.endswith(".py") for path in paths) else ()
    return detected(
        paths,
        read,
        lacking=lacking_packages(repository, needed) if needed else (),
        packages=installed(repository.toplevel, paths),
    )


def written_rules(history: GitHistory, commit: str) -> str:
    """The text of a commit's `actions.md`; empty if there is none.

    Raises:
        ProgramError: it cannot be read.
    """
    size = next((file.size_bytes for file in history.files(commit) if file.path == ACTIONS), None)
    if size is None:
        if ACTIONS in history.paths(commit):
            raise ProgramError("is not a regular file", path=ACTIONS, fix="commit the file itself, not a link")
        return ""
    if size > 4 * MAX_FILE_CHARACTERS:  # bytes of UTF-8
        raise ProgramError(f"larger than {MAX_FILE_CHARACTERS:,} characters", path=ACTIONS, fix="shorten it")
    try:
        return history.read_files(commit, [ACTIONS])[ACTIONS].decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ProgramError("not UTF-8", path=ACTIONS, line=line, fix="save it as UTF-8") from None


def lacking_packages(repository: Repository, names: Sequence[str]) -> Collection[str]:
    """Which of these the Python of the repository's jobs lacks; nothing that may come with the repository is run."""
    if own := own_environment(repository):
        there = (path.name for path in Path(own).glob("lib/python*/site-packages/*-info"))
        return set(names) - {canonical(name.partition("-")[0]) for name in there}
    path = search_path()
    python = shutil.which("python", path=path) or shutil.which("python3", path=path)
    if python is None:
        return set(names)
    return _missing(python, path, tuple(names), int(time.monotonic() / REMEMBERED_S))


@lru_cache(maxsize=8)
def _missing(python: str, path: str, names: tuple[str, ...], _now: int) -> Collection[str]:
    """What an interpreter lacks, by a process of its own: for many actions that begin at once, one is enough."""
    command, environment = [python, "-I", "-c", _MISSING, *names], {"PATH": path, "HOME": str(Path.home())}
    try:
        done = subprocess.run(
            command, env=environment, cwd=os.sep, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return set(names)
    return set(names).intersection(done.stdout.decode(errors="replace").split())
