"""That a loop is to run, how, and what is remembered about that."""

from dataclasses import dataclass, field
from typing import ClassVar

from overnight.jobs.loop import STRICT, Loop, check_times


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """When a loop is to run: what a person wrote, their zone, and the moment at which they wrote it."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    text: str
    zone: str
    written: float

    def __post_init__(self) -> None:
        check_times(self.written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """That a loop is to run, and how."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    loop: Loop
    wanted: bool
    options: dict[str, str] = field(default_factory=dict)  # of its system, which alone makes a command of them
    search_path: str = ""  # PATH of the person who set it up
    timed: Timed | None = None  # None: always, until it is done
    hours: float | None = None  # of one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the supervisor remembers of a loop."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    crashes: int = 0  # one soon after the other
    counted: float = 0.0  # the end of the newest run that is counted as a crash
    not_before: float = 0.0  # Unix time of the next start
    handled: float = 0.0  # the time up to which its schedule is dealt with
    missed: int = 0  # runs of its schedule whose time passed without one, since it was put up
    newest_missed: float = 0.0
    began: float = 0.0  # Unix time at which the run began that may be started again after a crash

    def __post_init__(self) -> None:
        check_times(self.not_before, self.newest_missed)
