"""What a person should know at the start of a campaign: what is not committed, what fails for that, what starts over."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from overnight.errors import UserError
from overnight.git.repository import Repository
from overnight.git.uncommitted import uncommitted, why_absent
from overnight.jail.job import FOLDER
from overnight.machines.share import search_path
from overnight.program.program import Program
from overnight.program.scope import matches
from overnight.research.setup.interpreter import own_environment
from overnight.words.foreign import printable
from overnight.words.quantities import listed

NAMED = 3  # files in a message
NAME = 80  # characters of a path
WORDS = 64  # of a command or a reason that may be paths

_BETWEEN = re.compile(r"""[\s;&|<>()"'`=:,]+""")
_EXIT = re.compile(r"exit code \d+")
_MODULE = re.compile(r"No module named '?([\w.]+)")


def left_out(repository: Repository, program: Program) -> tuple[str, ...]:
    """A line about uncommitted changes of tracked files, editable ones first; `program.md` itself is read uncommitted."""
    changed = [path for path in uncommitted(repository) if path != program.path]
    if not changed:
        return ()
    changed.sort(key=lambda path: not matches(path, program.editable))
    names = listed((printable(path, NAME) for path in changed), NAMED, noun="file")
    return (f"trials run what is committed: your uncommitted changes to {names} are left out",)


def started_over(folder: Path) -> tuple[str, ...]:
    """A line about the newest record of an earlier try of this campaign, in which no trial had a value."""
    found = sorted(folder.glob("ledger-*.db"))
    lines = (f"no trial had a value before, so the campaign starts over; the old record is {path.name}" for path in found)
    return tuple(lines)[-1:]


def fix_of(repository: Repository, program: Program, reason: str, excerpt: Sequence[str] = ()) -> str:
    """The fix of a failure that is due to what is not committed, or to the `python` that ran; else empty.

    Args:
        repository: its checkout may have what the commit lacks.
        program: its commands failed.
        reason: why they failed, as the trial or the check says.
        excerpt: lines of the output that say more.
    """
    reason = "\n".join([reason, *excerpt])
    text = _EXIT.sub("", reason)
    if absent := next(_absent(repository, program, [*_modules(text), *paths_in(text)]), ""):
        return absent
    if _MODULE.search(reason) and (ours := own_environment(repository.toplevel)):
        return ours
    written = {*program.artifacts, *program.inputs, program.metric.result}
    named = [path for command in _commands(program) for path in paths_in(command) if path not in written]
    return next(_absent(repository, program, named), "")


@contextmanager
def fixing(repository: Repository, program: Program) -> Iterator[None]:
    """Give an error about what is committed the fix that fits it, if one is known."""
    try:
        yield
    except UserError as error:
        error.fix = fix_of(repository, program, str(error.args[0]), error.excerpt) or error.fix
        raise


def paths_in(text: str) -> list[str]:
    """The words of a command or a failure that may be paths of the tree, relative to its top if written as a job saw them."""
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
    """How trials can use it anyway; an environment is found by its `python` on PATH."""
    environment = next((folder for folder in path.parents if (toplevel / folder / "pyvenv.cfg").exists()), None)
    if environment is None:
        return "commit it, or name it by its absolute path and list that under `readable`"
    name = printable(path.name, NAME)
    instead = "leave that out of the command" if name == "activate" else f"write `{name}` in the command"
    return f"run `. {printable(str(environment), NAME)}/bin/activate` before you call `overnight`, and {instead}"
