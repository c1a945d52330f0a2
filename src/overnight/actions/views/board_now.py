"""What the board does now, as its process writes it down for others: a file, true while that process holds the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from overnight.jobs.records import BadRecord, read_record, write_soon
from overnight.ledger.lock import holder

NAME = "now.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """An action that is worked on."""

    action: int
    since: float  # Unix time, s, as all here


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """An action that is not worked on although it needs no word of a person's."""

    action: int
    wait: str  # for what, of `schedule.Wait`
    words: str  # one line
    until: float | None = None  # when it goes on by itself; None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardNow:
    """The board at work."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}
    process: int
    since: float
    at: float  # when this was written
    at_once: int
    most_waiting: int
    running: Sequence[AtWork] = ()
    held: Sequence[HeldBack] = ()
    slots: Mapping[str, float] = field(default_factory=dict)  # shares of the slots' time in the last hour, by `schedule.Wait`
    ending: bool = False  # nothing more begins


def write_now(folder: Path, now: BoardNow) -> None:
    """Write down what the board does; by its process alone."""
    write_soon(folder / NAME, now)


def read_now(folder: Path) -> BoardNow | None:
    """What the board does; None if none runs, or it has not said yet."""
    process = holder(folder) if folder.is_dir() else None
    if process is None:
        return None
    try:
        now = read_record(folder / NAME, BoardNow)
    except BadRecord:
        return None
    return now if now is not None and now.process == process else None
