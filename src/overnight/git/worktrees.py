"""The checkouts of a repository: the first one, and those that `git worktree` added."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.git.own_config import own_common_dir
from overnight.git.plumbing import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Worktree:
    """One checkout."""

    folder: Path
    ref: str  # of the branch that is checked out; empty if there is none
    commit: str


def worktrees(git_dir: Path, common_dir: Path) -> Sequence[Worktree]:
    """All checkouts whose folders exist."""
    found = []
    for record in require(git_dir, "worktree", "list", "--porcelain", "-z").split(b"\0\0"):
        fields = dict(field.partition(b" ")[::2] for field in record.strip(b"\0").split(b"\0"))
        if b"worktree" in fields and b"prunable" not in fields:
            folder = Path(os.fsdecode(fields[b"worktree"]))
            if folder == own_common_dir(git_dir):  # git lists the place of the common folder for the first one
                folder = common_dir.parent if common_dir.name == ".git" else common_dir
            ref, commit = (os.fsdecode(fields.get(name, b"")) for name in (b"branch", b"HEAD"))
            found.append(Worktree(folder=folder, ref=ref, commit=commit))
    return found
