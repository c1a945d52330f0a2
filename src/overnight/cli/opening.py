"""What a person should know of the start of a campaign: what of the checkout is left out, and that it starts over."""

from pathlib import Path

from overnight.backends.git.repository import Repository
from overnight.backends.git.uncommitted import uncommitted
from overnight.core.scope import matches
from overnight.core.text import printable
from overnight.core.words import counted
from overnight.records.program import Program

NAMED = 3
NAME = 80  # characters of a path


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
