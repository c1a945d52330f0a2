"""Why a session ended."""

from dataclasses import dataclass
from enum import StrEnum

from overnight.agents.hindrance import Hindrance


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


TO_FIX = frozenset({EndReason.MODELS, EndReason.SETUP})  # by a person, before anything can come of another session


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A reason for programs, and its details for people."""

    reason: EndReason
    detail: str
    by: str = ""  # who ordered it; empty: nobody did


def reason_of(hindrance: Hindrance | None) -> EndReason:
    """Why a campaign ends whose researchers were kept from working, or came to nothing."""
    if hindrance is None:
        return EndReason.NO_IDEAS
    return EndReason.MODELS if hindrance is Hindrance.MODELS else EndReason.SETUP


def more_telling(first: Ending | None, second: Ending) -> Ending:
    """Of two researchers' endings, in order, the one that says why the campaign ended.

    That nobody could work, a person can fix; else the last had ideas for longest.
    """
    return (
        second if first is None or (first.reason is EndReason.NO_IDEAS and second.reason in {*TO_FIX, first.reason}) else first
    )


TARGET = Ending(reason=EndReason.TARGET, detail="the head is verified to be beyond the target")
NO_IDEAS = Ending(reason=EndReason.NO_IDEAS, detail="no researcher has anything left to try")
FAILED = Ending(reason=EndReason.ERROR, detail="the session failed")
