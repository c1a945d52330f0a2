"""Commits in one file, with all that they are made of: to be kept elsewhere, and taken into a clone.

Does not cover: files of strangers. What is taken in is the user's own; git checks that each object is the one of its name.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from overnight.errors import RepositoryError
from overnight.git.pipe import Pipe
from overnight.git.plumbing import UPDATE_REF, Batch, call, require
from overnight.git.process import words
from overnight.git.repository import Repository


def write_bundle(repository: Repository, file: Path, patterns: Sequence[str]) -> None:
    """Write the commit that is checked out, and those of refs by their patterns, with their histories.

    Raises:
        GitError: git cannot write it.
    """
    require(repository.git_dir, "bundle", "create", "--quiet", str(file), "HEAD", *(f"--glob={each}" for each in patterns))


def read_bundle(repository: Repository, file: Path, ours: Callable[[str], bool]) -> None:
    """Take the objects of a bundle in, then set those of its refs that are ours; others stay as they are.

    Raises:
        RepositoryError: it is not whole.
    """
    done = call(repository.git_dir, "bundle", "unbundle", str(file))
    if done.returncode:
        raise RepositoryError(f"the commits of the backup cannot be read: {words(done.stderr)}", fix="take another backup")
    lines = (line.split(" ", 1) for line in done.stdout.decode("utf-8", "replace").splitlines())
    _set_refs(repository, {ref: oid for oid, ref in lines if ours(ref)})


def _set_refs(repository: Repository, refs: Mapping[str, str]) -> None:
    if not refs:
        return
    updates = "".join(f"update {ref} {oid}\n" for ref, oid in sorted(refs.items()))

    def exchange(pipe: Pipe) -> None:
        pipe.say(f"start\n{updates}prepare\ncommit\n".encode())
        for _ in ("start: ok", "prepare: ok", "commit: ok"):
            pipe.line()

    batch = Batch(repository.git_dir, *UPDATE_REF, "overnight", "--stdin")
    try:
        batch.ask(exchange)
    finally:
        batch.close()
