"""How commits descend from one another."""

from pathlib import Path

from overnight.git.plumbing import call
from overnight.git.process import GitError, words

NOT_ONE = 1  # git's exit code for "no"


def is_ancestor(git_dir: Path, old: str, new: str) -> bool:
    """Whether a commit is another one, or came before it."""
    return _answer(git_dir, "merge-base", "--is-ancestor", old, new)[0]


def merge_base(git_dir: Path, one: str, other: str) -> str:
    """The newest commit that two have in common, one of them if there are several; empty if there is none."""
    return _answer(git_dir, "merge-base", one, other)[1]


def _answer(git_dir: Path, *arguments: str) -> tuple[bool, str]:
    """Whether git says yes, and what it prints."""
    done = call(git_dir, *arguments)
    if done.returncode not in (0, NOT_ONE):
        raise GitError(f"git {arguments[0]}: {words(done.stderr)}")
    return done.returncode == 0, done.stdout.decode().strip()
