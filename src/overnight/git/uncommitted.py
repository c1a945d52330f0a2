"""What the user has changed and not committed: trials see none of it.

Runs git's own comparison with no configuration but the repository's, so a filter of the user's own configuration (Git LFS) is
not applied; files that git knows to be unchanged by their times and sizes are not read at all.
"""

from overnight.git.plumbing import require
from overnight.git.repository import Repository


def uncommitted(repository: Repository) -> list[str]:
    """The tracked files that differ from the commit that is checked out, sorted; new files are not among them."""
    options = ("--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=all")
    # `status` and not `diff`: with GIT_OPTIONAL_LOCKS=0 it leaves the user's index as it is.
    listed = require(repository.git_dir, f"--work-tree={repository.toplevel}", "status", *options)
    return sorted(entry[len(b"XY ") :].decode("utf-8", "replace") for entry in listed.split(b"\0") if entry)
