"""The repositories of inner campaigns: made of a lab or of a target's pinned commit, with the program of an organisation.

A target that is a repository is copied once, with all of its objects, so that nothing that happens there afterwards changes
what organisations are tried on. Nothing is written into it. What its program names in `readable` lies in its checkout, where
jobs of an inner campaign find it as those of a usual campaign there do, and see as little else of it.
"""

import hashlib
import math
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import remove_tree
from overnight.files.own import close_folder, make_folder, read_unlinked
from overnight.git import process
from overnight.git.repository import Repository, open_repository
from overnight.machines.share import search_path
from overnight.meta.charter import Target
from overnight.meta.task import InnerTask
from overnight.program.program import PROGRAM, Program
from overnight.research.places.orders import LARGEST
from overnight.words.foreign import printable

FOLDER = "meta-targets"  # in our folder of the repository that has the meta.md
CHECKOUT = "checkout"  # in a copy: the path of the user's own
MAKING = ".making-"  # before the process that makes a copy, and its name
IDENTITY = ("-c", "user.name=overnight", "-c", "user.email=overnight@localhost")
SHOWN = 300  # characters of what git says


def pinned(source: Repository, commit: str, folder: Path) -> Path:
    """A copy of a target's objects, made once for each commit; a kill leaves none that is half made.

    Raises:
        UserError: it cannot be copied.
    """
    name = hashlib.sha256(f"{source.toplevel}\n{commit}".encode()).hexdigest()[:24]
    copies = folder / FOLDER
    make_folder(copies)
    copy, made = copies / name, copies / f"{MAKING}{os.getpid()}-{name}"
    _sweep(copies)
    with suppress(FileNotFoundError):
        close_folder(copy)
        return copy
    try:
        git("-c", "safe.directory=*", "clone", "-q", "--bare", str(source.toplevel), str(made), at=folder)
        if git("cat-file", "-t", commit, at=made).strip() != "commit":
            raise UserError(
                f"{commit} of the target {source.toplevel} is no commit", fix="start a new meta-campaign with --tag"
            )
        write_atomically(made / CHECKOUT, str(source.toplevel).encode())
        made.replace(copy)
    finally:
        remove_tree(made)
    return copy


def _sweep(copies: Path) -> None:
    """Delete what processes that are gone left half made."""
    for left in copies.glob(f"{MAKING}*"):
        owner = left.name.removeprefix(MAKING).partition("-")[0]
        if not (owner.isdecimal() and Path("/proc", owner).exists()):
            remove_tree(left)


def checkout_behind(task: InnerTask) -> Repository | None:
    """The user's checkout that a target was copied from; None for a lab, and if it is not there any more."""
    path = Path(task.source) / CHECKOUT
    if not task.source or not path.is_file():
        return None
    top = Path(path.read_text(encoding="utf-8"))
    return open_repository(top) if (top / ".git").exists() else None


def make_target(task: InnerTask, folder: Path) -> None:
    """Make the repository of an inner campaign, without its program's final text.

    Raises:
        UserError: the target is not there.
    """
    if task.lab:
        from overnight.research.setup.labs import copy_lab

        copy_lab(task.lab, folder, instance=task.instance)
        return
    objects = Path(task.source) / "objects"
    if not objects.is_dir():
        raise UserError(f"the copy of a target in {task.source} is gone", fix="run `overnight meta run` again, which makes it")
    git("init", "-q", "-b", "target", str(folder), at=folder.parent)
    (folder / ".git/objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")
    git("reset", "-q", "--hard", task.commit, at=folder)


def own_program(folder: Path) -> str:
    """The program that a target has in its commit.

    Raises:
        UserError: it is no plain text file; a link could name any file of this machine, which would be written then.
    """
    try:
        return read_unlinked(folder / PROGRAM, LARGEST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{PROGRAM} in the target's commit cannot be read: {error}", fix="commit a plain text file") from error


def commit_program(folder: Path, text: str) -> None:
    """Write the program of an inner campaign and commit it, unless that was done."""
    path = folder / PROGRAM
    if own_program(folder) != text:
        write_atomically(path, text.encode(), mode=0o644)
        git("commit", "-q", "-a", "-m", "Take an organisation", at=folder)


def git(*arguments: str, at: Path) -> str:
    """Run git without the user's settings, which must not affect a repository of ours; its output.

    Raises:
        UserError: it fails.
        GitTooSlow: it does not answer.
    """
    environment = {"PATH": search_path(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    done = process.run([*IDENTITY, *arguments], folder=at, environment=environment)
    if done.returncode:
        said = printable(done.stderr.decode(errors="replace").strip(), SHOWN)
        raise UserError(
            f"git {arguments[0]} fails in {at}: {said}", fix="make room on the disk, and see `git fsck` in the target"
        )
    return done.stdout.decode(errors="replace")


def most_slots(programs: Iterable[Program], *, cores: int, memory_bytes: int) -> int:
    """How many inner campaigns may run at once: one if any target measures time or needs a GPU, else as many as fit."""
    fits = math.inf
    for program in programs:
        limits = program.limits
        if program.measures_time or limits.gpus:
            return 1
        fits = min(fits, cores // limits.cpus, memory_bytes // limits.memory_bytes)
    return max(1, int(min(fits, cores)))


def target_text(target: Target, source: tuple[str, str]) -> str:
    """The program of a target as it is written; `source` is the copy of one that is no lab, and its commit.

    Raises:
        UserError: it has none.
    """
    if target.lab:
        from importlib import resources

        return (resources.files("overnight") / "labs" / target.lab / PROGRAM).read_text(encoding="utf-8")
    copy, commit = source
    try:
        return git("show", f"{commit}:{PROGRAM}", at=Path(copy))
    except UserError as error:
        what = f"the target {target.name} has no {PROGRAM} in its commit {commit[:12]}"
        raise UserError(what, fix="write one there with `overnight init`, and commit it") from error
