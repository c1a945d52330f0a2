"""What a person should know at the start of a campaign: what is not committed, what starts over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.errors import UserError
from overnight.git.repository import Repository
from overnight.git.uncommitted import uncommitted
from overnight.program.program import Program
from overnight.program.scope import matches
from overnight.words.foreign import printable
from overnight.words.quantities import listed

NAMED = 3  # files in a message
NAME = 80  # characters of a path


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


@contextmanager
def fixing(repository: Repository, program: Program) -> Iterator[None]:
    """Give an error about what is committed the fix that fits it, if one is known."""
    try:
        yield
    except UserError as error:
        from overnight.research.setup.causes.table import fix_of, words_of

        error.fix = words_of(fix_of(repository, program, str(error.args[0]), error.excerpt)) or error.fix
        raise
