"""What a person should know of the start of a campaign: what of the checkout is left out, what fails
without it, and that it starts over.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.errors import SandboxError, UserError
from overnight.git.absent import why_absent
from overnight.git.repository import Repository
from overnight.git.uncommitted import uncommitted
from overnight.jail.bubblewrap import FOLDER
from overnight.jail.reach import check_readable
from overnight.machines.share import search_path
from overnight.program.parser import error_at
from overnight.program.program import Program
from overnight.program.scope import matches
from overnight.research.setup.interpreter import own_environment
from overnight.words.foreign import printable
from overnight.words.quantities import counted

NAMED = 3
NAME = 80  # characters of a path
WORDS = 64  # of a command or a reason that may be paths

_BETWEEN = re.compile(r"""[\s;&|<>()"'`=:,]+""")
_EXIT = re.compile(r"exit code \d+")
_MODULE = re.compile(r"No module named '?([\w.]+)")


def left_out(repository: Repository, program: Program) -> tuple[str, ...]:
    """A line for uncommitted changes of tracked files, editable ones named first; `program.md` itself is read as it stands."""
    changed = [path for path in uncommitted(repository) if path != program.path]
    if not changed:
        return ()
    changed.sort(key=lambda path: not matches(path, program.editable))
    more = f" and {counted(len(changed) - NAMED, 'more file')}" if len(changed) > NAMED else ""
    names = ", ".join(printable(path, NAME) for path in changed[:NAMED])
    return (f"trials run what is committed: your uncommitted changes of {names}{more} are left out",)


def started_over(folder: Path) -> tuple[str, ...]:
    """A line for the records of earlier tries of a new campaign, which came to no value."""
    found = sorted(folder.glob("ledger-*.db"))
    told = (f"no trial had a value before, so the campaign starts over; {path.name} is the record of that" for path in found)
    return tuple(told)[-1:]


def check_readable_paths(program: Program) -> None:
    """Check that what jobs are to read is there.

    Raises:
        ProgramError: a path of `readable` is not, or would open the host; with its line.
    """
    for index, path in enumerate(program.readable):
        try:
            check_readable(path)
        except SandboxError as error:
            fix = "" if error.fix else "make it, or fix the path"
            raise error_at(program, ("readable", index), str(error), fix=fix) from error


def fix_of(repository: Repository, program: Program, reason: str) -> str:
    """What fixes a failure of what is committed where that lies in what is not, or in the `python` that ran; empty else.

    Args:
        repository: whose checkout may have what the commit lacks.
        program: whose commands failed.
        reason: why they did, as the trial or the check says it.
    """
    said = _EXIT.sub("", reason)
    if told := next(_absent(repository, program, [*_modules(said), *paths_in(said)]), ""):
        return told
    if _MODULE.search(reason) and (ours := own_environment(repository.toplevel)):
        return ours
    written = {*program.artifacts, *program.inputs, program.metric.result}
    named = [path for command in _commands(program) for path in paths_in(command) if path not in written]
    return next(_absent(repository, program, named), "")


@contextmanager
def fixing(repository: Repository, program: Program) -> Iterator[None]:
    """Give an error that comes of what is committed the fix that fits it, where that can be told."""
    try:
        yield
    except UserError as error:
        error.fix = fix_of(repository, program, str(error.args[0])) or error.fix
        raise


def paths_in(text: str) -> list[str]:
    """The words of a command or of a failure that may be paths of the tree, relative to its top where a job saw it whole."""
    words = (word.removeprefix(f"{FOLDER}/").removeprefix("./").rstrip("/.") for word in _BETWEEN.split(text)[:WORDS])
    return [word for word in dict.fromkeys(words) if word and not word.startswith("-") and ".." not in word.split("/")]


def _commands(program: Program) -> list[str]:
    alone = (program.measure, program.produce, program.score, program.prepare, program.holdout, program.audit)
    return [*filter(None, alone), *program.checks]


def _modules(reason: str) -> list[str]:
    """The files that a missing module may be."""
    found = _MODULE.search(reason)
    path = found[1].replace(".", "/") if found else ""
    return [f"{path}.py", path, path.partition("/")[0]] if path else []


def _absent(repository: Repository, program: Program, paths: list[str]) -> Iterator[str]:
    on_path = search_path().split(":")
    for path in paths:
        inside = Path(path)
        if inside.is_absolute():
            shown = any(inside.is_relative_to(folder) for folder in program.readable) or str(inside.parent) in on_path
            if shown or not inside.is_relative_to(repository.toplevel):
                continue
            inside = inside.relative_to(repository.toplevel)
        if why := why_absent(repository, inside.as_posix()):
            yield f"`{printable(path, NAME)}` is {why}, so it is not in a trial's tree: {_way_in(repository.toplevel, inside)}"


def _way_in(toplevel: Path, path: Path) -> str:
    """How trials can have it all the same; an environment is found by its `python` on PATH."""
    environment = next((folder for folder in path.parents if (toplevel / folder / "pyvenv.cfg").exists()), None)
    if environment is None:
        return "commit it, or name it by its absolute path and list that under `readable`"
    name = printable(path.name, NAME)
    instead = "leave that out of the command" if name == "activate" else f"write `{name}` in the command"
    return f". {printable(str(environment), NAME)}/bin/activate before you call `overnight`, and {instead}"
