"""What a loop is, the process that runs it, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar

from overnight.jobs.identity import Identity
from overnight.words.foreign import printable

NAME = 60  # characters of a folder's name or of a part in a loop's name
KEY_DIGITS = 16
SHORT_KEY = 6  # digits that tell loops of the same name apart
STRICT: dict[str, object] = {"extra": "forbid", "allow_inf_nan": False, "str_max_length": 10_000}  # for pydantic
SUPERVISOR = "supervisor"  # the system of the process that starts loops; no other one has this name

_EARLIEST, _LATEST = -60_000_000_000, 250_000_000_000  # Unix times; as far as dates go


def check_times(*times: float) -> None:
    """Check that Unix times can be shown as dates; a record with another one is none of ours.

    Raises:
        ValueError: one cannot.
    """
    if not all(_EARLIEST <= time <= _LATEST for time in times):
        raise ValueError("a time in it is no date")


class Outcome(StrEnum):
    """How a run of a loop ended."""

    DONE = "done"  # nothing is left to do
    OVER = "over"  # its share of time or work is used up, or it had no idea left
    STOPPED = "stopped"  # by a person
    SIGNAL = "signal"  # a signal that ends processes
    MISTAKE = "mistake"  # a person has to fix something first
    CRASHED = "crashed"
    RESTARTED = "restarted"  # the machine was, while it ran


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One loop: the system that it is of, its folder, and which one of those in this folder."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    system: str
    folder: str
    part: str = ""

    @property
    def key(self) -> str:
        """The name of its folder in the registry, which nothing in its own name can lead elsewhere."""
        text = "\0".join((self.system, self.folder, self.part))
        return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:KEY_DIGITS]

    @property
    def name(self) -> str:
        """What people call it; two loops may share one, see `names_of`."""
        folder = printable(self.folder.rstrip("/").rpartition("/")[2] or "/", NAME)
        return f"{folder}:{printable(self.part, NAME)}" if self.part else folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The process that runs a loop, as it wrote itself down."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    loop: Loop
    process: Identity
    host: str
    user: int
    since: float  # Unix time
    began: float  # the same by the monotonic clock of the boot, s
    beat: float  # its newest heartbeat, by that clock
    doing: str  # foreign
    stop_signal: str  # that ends it in good order

    def __post_init__(self) -> None:
        check_times(self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a loop's newest run."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    at: float  # Unix time
    lasted_s: float
    outcome: Outcome
    reason: str  # foreign

    def __post_init__(self) -> None:
        check_times(self.at)


def names_of(loops: list[Loop]) -> dict[str, str]:
    """A name for each key that no other loop here has: the plain one, with some digits of the key if several share it."""
    shared = [loop.name for loop in loops]
    return {loop.key: loop.name if shared.count(loop.name) == 1 else f"{loop.name}~{loop.key[:SHORT_KEY]}" for loop in loops}
