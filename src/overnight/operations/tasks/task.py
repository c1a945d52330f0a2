"""A task: an operation that a process of its own carries out, as it is written down and as others see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from overnight.jobs.loop import STRICT, check_times

ADDRESS = "/tasks/{name}"  # of its page


class TaskState(StrEnum):
    """How far a task is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # by `task stop`, `stop` or a signal
    LOST = "ended unexpectedly"  # its process is gone and did not say why: killed, or the machine was restarted


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCall:
    """What is carried out, for whom; as it is written down."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    operation: str
    call: str  # as the command line would have it, without secrets
    digest: str  # of operation, input and folder: the same call again has the same one
    where: str  # the folder that it is about
    principal: str  # who asked, as KIND:NAME
    channel: str  # that the call came by; empty: this machine
    began_at: float  # Unix time, s

    def __post_init__(self) -> None:
        check_times(self.began_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOrder:
    """What the process of a task is given, and nobody writes down: its input may hold a secret."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}
    name: str  # of the task
    operation: str
    args: str  # canonical JSON of its input
    where: str
    principal: str
    origin: str
    channel: str = ""
    id: str = ""  # of the principal on the channel
    key: str = ""
    state: str = ""  # digest of the state that the call was allowed in; empty: it is bound to none
    repositories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnd:
    """How it ended."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    state: TaskState
    at: float  # Unix time, s
    error: str = ""
    fix: str = ""
    bug: bool = False  # the error is ours
    holds: bool | None = None  # of a check: whether what it checks holds

    def __post_init__(self) -> None:
        check_times(self.at)
