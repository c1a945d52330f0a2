"""What the user has changed but not committed: trials see none of it.

It runs git's own comparison with a configuration of ours (`own_config.py`), so no filter is applied, such as Git LFS's. Files
whose times and sizes tell git that they are unchanged are not read; a file with a filter that was touched counts as changed.
"""

import os

from overnight.git.plumbing import call, require
from overnight.git.repository import Repository

_GITLINK = b"160000 "


def uncommitted(repository: Repository) -> list[str]:
    """The tracked files that differ from the checked-out commit, sorted; new files are not among them."""
    options = ("--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=all")
    # `status`, not `diff`: with GIT_OPTIONAL_LOCKS=0 it leaves the user's index as it is.
    listed = require(repository.git_dir, f"--work-tree={repository.toplevel}", "status", *options)
    return sorted(entry[len(b"XY ") :].decode("utf-8", "replace") for entry in listed.split(b"\0") if entry)


def is_committed(repository: Repository, path: str, commit: str = "HEAD") -> bool:
    """Whether a commit, by default the checked-out one, has a file or folder; the path is relative to the top.

    A submodule is none: the commit names it, but has nothing of it.
    """
    listed = require(repository.git_dir, "ls-tree", "--full-tree", "-z", commit, "--", path).split(b"\0")
    return any(entry and not entry.startswith(_GITLINK) for entry in listed)


def why_absent(repository: Repository, path: str) -> str:
    """Why a file or folder of the checkout is not in the commit; empty if it is, or if it does not exist.

    Args:
        path: relative to the top of the checkout, without `..`.
    """
    if not path or not os.path.exists(repository.toplevel / path):  # noqa: PTH110  # False for a name that no disk accepts
        return ""
    if is_committed(repository, path):
        return ""
    inside = str(repository.toplevel / path)
    checked = call(repository.git_dir, f"--work-tree={repository.toplevel}", "check-ignore", "--quiet", "--", inside)
    return "not committed" if checked.returncode else "ignored by git"
