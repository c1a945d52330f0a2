"""What we remember of the trunk of a repository, in our folder there: the branch of the user's that it follows, and its head.

Also the lock with which results are merged one at a time, among all processes.
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.actions.checkouts.salvage import TAG
from overnight.files.atomic import write_atomically
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import claim_folder, make_folder, open_own, read_own
from overnight.git.repository import Repository
from overnight.git.worktrees import worktrees

NAME, LOCK = "trunk", "merging"
LARGEST = 4096  # bytes
LOOK_S = 0.1  # between two tries to take the lock
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How we left the trunk."""

    branch: str  # ref of the user's that it follows; empty: none
    head: str  # commit


def read_following(repository: Repository) -> Following | None:
    """How we left the trunk; None if we never moved it, or if the file is damaged."""
    try:
        lines = read_own(_folder(repository) / NAME, LARGEST).decode("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return None
    branch, head = lines[0], lines[1] if len(lines) > 1 else ""
    good = _OID.fullmatch(head) and branch.isprintable() and (not branch or branch.startswith(_BRANCHES))
    return Following(branch=branch, head=head) if good else None


def write_following(repository: Repository, following: Following | None) -> None:
    """Remember how we leave the trunk; None forgets it."""
    path = _made(repository) / NAME
    if following is None:
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, f"{following.branch}\n{following.head}\n".encode())


def user_branch(repository: Repository) -> str:
    """The ref of the branch that is checked out in the repository's checkout; empty if there is none."""
    found = (each for each in worktrees(repository.git_dir, repository.common_dir) if each.folder == repository.toplevel)
    worktree = next(found, None)
    return worktree.ref if worktree else ""


@asynccontextmanager
async def alone(repository: Repository) -> AsyncIterator[None]:
    """Be the only one, of all processes, that merges in a repository."""
    with closing_descriptor(open_own(_made(repository) / LOCK, os.O_RDWR | os.O_CREAT)) as file:
        while not take_lock(file):  # noqa: ASYNC110  # another process holds it
            await anyio.sleep(LOOK_S)
        yield


def _folder(repository: Repository) -> Path:
    return repository.overnight / TAG


def _made(repository: Repository) -> Path:
    """Our folder for this, which exists then."""
    folder = _folder(repository)
    repository.check_overnight()  # the folder above: a link there would lead into another one
    if not folder.is_dir():
        repository.exclude_overnight()
        make_folder(folder)
    claim_folder(folder)
    return folder
