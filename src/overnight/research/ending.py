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
    MODELS = "models"  # none is available until a person acts, or they refuse what is asked of them
    SETUP = "setup"  # the program of a researcher is missing or fails
    INTERRUPT = "interrupt"  # Ctrl-C
    SIGNAL = "signal"  # any other signal that ends processes
    STOP = "stop"  # `overnight stop`
    ERROR = "error"
    AUDITED = "audited"  # an audit is finished


class Hindrance(StrEnum):
    """What keeps a researcher from working, as against one that works and comes to nothing."""

    MODELS = "models"  # a provider refuses its requests, or breaks its answers off
    MISSING = "missing"  # its program is not there, or cannot be run
    PROGRAM = "program"  # its program fails or hangs

    @property
    def ends(self) -> EndReason:
        """Why a campaign ends of which nothing else is left."""
        return EndReason.MODELS if self is Hindrance.MODELS else EndReason.SETUP


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A reason for programs, and its details for people."""

    reason: EndReason
    detail: str


TARGET = Ending(reason=EndReason.TARGET, detail="the head is verified to be beyond the target")
NO_IDEAS = Ending(reason=EndReason.NO_IDEAS, detail="no researcher has anything left to try")
FAILED = Ending(reason=EndReason.ERROR, detail="the session failed")
