"""How commits descend from one another."""

from pathlib import Path

from overnight.git.plumbing import call, require
from overnight.git.process import GitError, words

NOT_ONE = 1  # git's exit code for "no"


def is_ancestor(git_dir: Path, old: str, new: str) -> bool:
    """Whether a commit is another one, or came before it."""
    done = call(git_dir, "merge-base", "--is-ancestor", old, new)
    if done.returncode not in (0, NOT_ONE):
        raise GitError(f"git merge-base: {words(done.stderr)}")
    return done.returncode == 0


def merge_base(git_dir: Path, one: str, other: str) -> str:
    """The newest commit that two have in common, one of them if there are several; empty if there is none."""
    if call(git_dir, "merge-base", one, other).returncode == NOT_ONE:
        return ""
    return require(git_dir, "merge-base", one, other).decode().strip()
