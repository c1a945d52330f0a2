"""Why a session ended."""

from dataclasses import dataclass
from enum import StrEnum


class SessionKind(StrEnum):
    """What a session was for."""

    CAMPAIGN = "campaign"
    AUDIT = "audit"


class EndReason(StrEnum):
    """Why nothing more was started."""

    TARGET = "target"  # the head is verified to be beyond it
    BUDGET = "budget"  # of the program
    SESSION = "session"  # what this session was given: `--hours`, `--experiments`
    NO_IDEAS = "no ideas"
    MODELS = "models"  # none is available until a person acts
    INTERRUPT = "interrupt"  # Ctrl-C
    SIGNAL = "signal"  # any other signal that ends processes
    STOP = "stop"  # `overnight stop`
    ERROR = "error"
    AUDITED = "audited"  # an audit is finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A reason for programs, and its details for people."""

    reason: EndReason
    detail: str


TARGET = Ending(reason=EndReason.TARGET, detail="the head is verified to be beyond the target")
NO_IDEAS = Ending(reason=EndReason.NO_IDEAS, detail="no researcher has anything left to try")
FAILED = Ending(reason=EndReason.ERROR, detail="the session failed")
