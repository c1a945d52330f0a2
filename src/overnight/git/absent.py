"""What is in the user's checkout but in no trial, because it is not committed."""

import os

from overnight.git.plumbing import call, require
from overnight.git.repository import Repository


def why_absent(repository: Repository, path: str) -> str:
    """Why a file or folder of the checkout is not in the commit; empty if it is, or if it does not exist.

    Args:
        path: relative to the top of the checkout, without `..`.
    """
    if not path or not os.path.exists(repository.toplevel / path):  # noqa: PTH110  # False for a name that no disk accepts
        return ""
    if require(repository.git_dir, "ls-tree", "--full-tree", "-z", "--name-only", "HEAD", "--", path):
        return ""
    inside = str(repository.toplevel / path)
    checked = call(repository.git_dir, f"--work-tree={repository.toplevel}", "check-ignore", "--quiet", "--", inside)
    return "not committed" if checked.returncode else "ignored by git"
