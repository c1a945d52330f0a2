"""Whether a program's metric, checks and editable files are connected, as `check` and `init` found by breaking them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.words.foreign import printable
from overnight.words.quantities import counted, listed

LISTED = 6  # names in a line
NAME = 80  # characters of one


class Outcome(StrEnum):
    """What a trial shows of a file that was broken on purpose."""

    FAILS = "fails"  # it has no value
    MOVES = "moves"  # it has another value
    STAYS = "stays"  # it has the same value
    NOT_READ = "not read"  # no trial was needed: the command does not open the file
    NOT_TRIED = "not tried"  # it would have taken too long


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFile:
    """An editable file, and what breaking it does to the measured value."""

    path: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What was found."""

    reads: tuple[str, ...]  # committed files that a trial opens
    reads_complete: bool  # whether no other can have been opened
    editable: tuple[BrokenFile, ...]
    idle_checks: tuple[str, ...]  # that pass though every editable file is broken
    notes: tuple[str, ...] = ()

    def with_outcome(self, *outcomes: Outcome) -> list[str]:
        """The editable files with one of these outcomes."""
        return [file.path for file in self.editable if file.outcome in outcomes]


@dataclass(frozen=True, slots=True)
class Life:
    """Which values that the tuner can move change the metric if they are moved; the others are dead. By name."""

    live: tuple[str, ...]
    dead: tuple[str, ...]  # the metric stays the same to the last digit
    unknown: tuple[str, ...]  # finding out would have taken too many trials


@dataclass(frozen=True, slots=True, kw_only=True)
class MutatorReadiness:
    """Whether the mutator will propose anything."""

    refuses: str = ""  # why not; empty if nothing speaks against it
    fix: str = ""  # what to add then


def connection_lines(found: Connection) -> Iterator[str]:
    """The finding for people."""
    measured = found.with_outcome(Outcome.FAILS, Outcome.MOVES)
    yield f"the command reads {counted(len(found.reads), 'committed file')}: {names(found.reads)}"
    yield f"broken on purpose, {counted(len(measured), 'editable file')} changed or ended the trial: {names(measured)}"
    if idle := found.with_outcome(Outcome.STAYS):
        yield f"broken on purpose, these changed nothing: {names(idle)}"
    if unread := found.with_outcome(Outcome.NOT_READ):
        yield f"editable, but not read by the command: {names(unread)}"
    if untried := found.with_outcome(Outcome.NOT_TRIED):
        yield f"not broken, to save time: {names(untried)}"
    for check in found.idle_checks:
        yield f"the check `{printable(check, NAME)}` passes though every editable file is broken: it checks none of them"


def names(paths: Sequence[str]) -> str:
    """Some of the paths, as a list for people."""
    return listed((printable(path, NAME) for path in paths), LISTED) or "none"
