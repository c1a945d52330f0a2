"""What the user has changed but not committed: trials see none of it.

It runs git's own comparison with only the repository's configuration, so a filter from the user's own configuration (Git
LFS) is not applied. Files whose times and sizes tell git that they are unchanged are not read.
"""

from overnight.git.plumbing import require
from overnight.git.repository import Repository


def uncommitted(repository: Repository) -> list[str]:
    """The tracked files that differ from the checked-out commit, sorted; new files are not among them."""
    options = ("--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=all")
    # `status`, not `diff`: with GIT_OPTIONAL_LOCKS=0 it leaves the user's index as it is.
    listed = require(repository.git_dir, f"--work-tree={repository.toplevel}", "status", *options)
    return sorted(entry[len(b"XY ") :].decode("utf-8", "replace") for entry in listed.split(b"\0") if entry)
