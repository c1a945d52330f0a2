"""What of a repository no job may see, and the paths of `readable` that would show it after all."""

import os
from collections.abc import Iterator
from pathlib import Path

from overnight.errors import RepositoryError, SandboxError
from overnight.git.repository import FOLDER_NAME, Repository, open_repository
from overnight.git.uncommitted import is_committed
from overnight.git.worktrees import worktrees
from overnight.jail.checkout import NO_CHECKOUT, Checkout, real_path
from overnight.jail.planted import SearchFailed, find_secrets
from overnight.jail.reach import check_readable
from overnight.machines.share import make_executor
from overnight.program.parser import error_at
from overnight.program.program import Program
from overnight.program.scope import matches
from overnight.words.foreign import printable

PATH_SHOWN = 80  # characters of a path in a message


def checkout_of(repository: Repository, *, seen_from: Repository | None = None) -> Checkout:
    """The checkouts as the jail knows them.

    Args:
        repository: that jobs work on.
        seen_from: that it is a copy of, if it is one: what `readable` names lies in its checkout, and no more of it is shown.
    """
    if seen_from is not None:
        theirs, ours_too = checkout_of(seen_from), checkout_of(repository)
        return Checkout(
            toplevels=(*theirs.toplevels, *ours_too.toplevels),
            private=(*theirs.private, *ours_too.private),
            is_committed=lambda path: theirs.is_committed(path) or ours_too.is_committed(path),
        )
    others = worktrees(repository.git_dir, repository.common_dir)
    toplevel = real_path(repository.toplevel)
    toplevels = dict.fromkeys((toplevel, *(real_path(other.folder) for other in others)))
    ours = [path / FOLDER_NAME for path in toplevels]
    ours += [around for path in toplevels for around in path.parents if around.name == FOLDER_NAME]  # a meta-campaign's
    private = dict.fromkeys(real_path(path) for path in (*ours, repository.git_dir, repository.common_dir))
    elsewhere = (other.commit for other in others if real_path(other.folder) != toplevel and other.commit.strip("0"))
    commits = dict.fromkeys(("HEAD", *elsewhere))

    def is_in_one(path: str) -> bool:
        return any(is_committed(repository, path, commit) for commit in commits)

    return Checkout(toplevels=tuple(toplevels), private=tuple(private), is_committed=is_in_one)


def checkout_around(folder: Path) -> Checkout:
    """The checkout that a folder is in, if it is in one; also one that no campaign can work on, as far as it can be found."""
    try:
        return checkout_of(open_repository(folder))
    except RepositoryError:
        top = next((path for path in (real_path(folder), *real_path(folder).parents) if (path / ".git").exists()), None)
        return Checkout(toplevels=(top,), private=(top / ".git", top / FOLDER_NAME)) if top else NO_CHECKOUT


async def check_secluded(program: Program, repository: Repository) -> str:
    """Have a job look for the repository, before one that knows what to look for does; why that was not possible, if so.

    Raises:
        SandboxError: it finds some of it.
    """
    checkout = checkout_of(repository)
    try:
        found = await find_secrets(make_executor("jail", others=1, checkout=checkout), checkout, shown_paths(program, checkout))
    except SearchFailed as failed:
        return f"cannot tell whether jobs see the repository: {failed}"
    if found:
        fix = "take the folder around that off PATH and out of `readable`"
        raise SandboxError(f"a job sees the repository at {', '.join(found)}", fix=fix)
    return ""


def check_readable_paths(program: Program, checkout: Checkout) -> None:
    """Check that what jobs may read exists, and shows nothing that is hidden.

    Raises:
        ProgramError: a path of `readable` does not exist, would expose the host or a hidden file, or is relative and
            committed; with its line.
    """
    for index, (written, path) in enumerate(zip(program.readable, readable_paths(program, checkout), strict=True)):
        try:
            check_readable(path, checkout)
        except SandboxError as error:
            fix = error.fix or "create it, or fix the path"
            raise error_at(program, ("readable", index), str(error.args[0]), fix=fix) from error
        inside = checkout.inside(path)
        relative = written if written != path else None
        if relative is not None and any(map(checkout.is_committed, filter(None, (relative, inside)))):
            fix = "delete it: a trial's folder has what is committed; or name what in it is not"
            raise error_at(program, ("readable", index), f"{printable(relative, PATH_SHOWN)} is committed", fix=fix)
        for name in dict.fromkeys(filter(None, (relative, inside))) if program.hidden else ():
            for file in _files(Path(path), name):
                if matches(file, program.hidden):
                    what = f"it would show jobs a hidden file, {printable(file, PATH_SHOWN)}"
                    raise error_at(program, ("readable", index), what, fix="name a folder that holds none")


def readable_paths(program: Program, checkout: Checkout) -> tuple[str, ...]:
    """The paths of `readable` on this machine."""
    top = next(iter(checkout.toplevels), Path("/"))
    return tuple(path if path.startswith("/") else str(top / path) for path in program.readable)


def shown_paths(program: Program, checkout: Checkout) -> tuple[str, ...]:
    """What jobs may read: the paths of `readable`, without those in the checkout that hold committed `editable` files.

    A job would run the checkout's copy instead of the candidate's. Without it, the path leads to the job's own folder.
    """
    return tuple(path for path in readable_paths(program, checkout) if not _holds_editable(path, program, checkout))


def not_shown_notes(program: Program, checkout: Checkout) -> tuple[str, ...]:
    """A line about each path of `readable` that jobs are not shown."""
    paths = zip(program.readable, readable_paths(program, checkout), strict=True)
    left_out = (written for written, path in paths if _holds_editable(path, program, checkout))
    return tuple(
        f"jobs are not shown {printable(path, PATH_SHOWN)} of `readable`, which holds committed editable files: there, and "
        "at their relative places, they find the files of the trial"
        for path in left_out
    )


def _holds_editable(path: str, program: Program, checkout: Checkout) -> bool:
    inside = checkout.inside(path)
    if inside is None or not checkout.is_committed(inside):
        return False
    return any(matches(name, program.editable) and checkout.is_committed(name) for name in _files(Path(path), inside))


def _files(path: Path, inside: str) -> Iterator[str]:
    """The files at or below a path, relative to the top of the checkout; `inside` is the path's own relative name."""
    if path.is_file():
        yield inside
    for folder, _, names in os.walk(path):
        for name in names:
            yield os.path.normpath(Path(inside, Path(folder).relative_to(path), name))
