"""What of a repository no job may see, and the paths of `readable` that would show it after all."""

import os
from collections.abc import Iterator
from pathlib import Path

from overnight.errors import RepositoryError, SandboxError
from overnight.git.plumbing import require
from overnight.git.repository import Repository, open_repository
from overnight.git.worktrees import worktrees
from overnight.jail.checkout import NO_CHECKOUT, Checkout
from overnight.jail.planted import SearchFailed, find_secrets
from overnight.jail.reach import check_readable
from overnight.machines.share import make_executor
from overnight.program.parser import error_at
from overnight.program.program import Program
from overnight.program.scope import matches
from overnight.words.foreign import printable

PATH_SHOWN = 80  # characters of a path in a message


def checkout_of(repository: Repository) -> Checkout:
    """The checkout as the jail knows it."""
    toplevel = repository.toplevel.resolve()
    others = (tree.folder for tree in worktrees(repository.git_dir, repository.common_dir))
    folders = (path.resolve() for path in (repository.overnight, repository.git_dir, repository.common_dir, *others))
    private = tuple(path for path in dict.fromkeys(folders) if not toplevel.is_relative_to(path))

    def is_committed(path: str) -> bool:
        return bool(require(repository.git_dir, "ls-tree", "--full-tree", "-z", "--name-only", "HEAD", "--", path))

    return Checkout(toplevel=toplevel, private=private, is_committed=is_committed)


def checkout_around(folder: Path) -> Checkout:
    """The checkout that a folder is in, if it is in one."""
    try:
        return checkout_of(open_repository(folder))
    except RepositoryError:
        return NO_CHECKOUT


async def check_secluded(program: Program, repository: Repository) -> None:
    """Have a job look for the repository, before one that knows what to look for does.

    Raises:
        SandboxError: it finds some of it.
    """
    checkout = checkout_of(repository)
    try:
        found = await find_secrets(make_executor("jail", others=1, checkout=checkout), checkout, program.readable)
    except SearchFailed as failed:
        raise SandboxError(f"it could not be tried whether jobs see the repository: {failed}") from failed
    if found:
        fix = "take the folder around that off PATH and out of `readable`"
        raise SandboxError(f"a job sees the repository at {', '.join(found)}", fix=fix)


def check_readable_paths(program: Program, checkout: Checkout) -> None:
    """Check that what jobs may read exists, and shows nothing that is hidden.

    Raises:
        ProgramError: a path of `readable` does not exist, or would expose the host or a hidden file; with its line.
    """
    for index, path in enumerate(program.readable):
        try:
            check_readable(path, checkout)
        except SandboxError as error:
            fix = error.fix or "create it, or fix the path"
            raise error_at(program, ("readable", index), str(error.args[0]), fix=fix) from error
        inside = checkout.inside(path)
        if inside is not None and program.hidden:
            for name in _files(Path(path), inside):
                if matches(name, program.hidden):
                    what = f"it would show jobs a hidden file, {printable(name, PATH_SHOWN)}"
                    raise error_at(program, ("readable", index), what, fix="name a folder that holds none")


def _files(path: Path, inside: str) -> Iterator[str]:
    """The files at or below a path, relative to the top of the checkout; `inside` is the path's own relative name."""
    if path.is_file():
        yield inside
    for folder, _, names in os.walk(path):
        for name in names:
            yield os.path.normpath(Path(inside, Path(folder).relative_to(path), name))
