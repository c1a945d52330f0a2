"""What is said when something fell due."""

from overnight.claw.events import Event, Finished, Fired
from overnight.jobs.schedule import MOST_COUNTED
from overnight.jobs.schedule_words import time_words
from overnight.words.quantities import counted

REMINDER, WATCH = "⏰", "🔔"


def said_of(fired: Fired, text: str, zone: str) -> str:
    """The words of a schedule or watch, and what was missed of it."""
    return f"{WATCH if fired.watch else REMINDER} {text}{_missed(fired, zone)}"


def is_unasked(cause: Event | None) -> bool:
    """Whether it comes at a time that nobody chose, so that quiet hours and the cap of a day hold for what is said about it."""
    return isinstance(cause, Finished) or (isinstance(cause, Fired) and cause.unasked)


def heading(fired: Fired, text: str) -> str:
    """What stands before an answer that somebody asked for long ago."""
    return f"{WATCH if fired.watch else REMINDER} #{fired.schedule} {text}"


def _missed(fired: Fired, zone: str) -> str:
    if not fired.missed:
        return ""
    due = time_words(fired.due, zone)
    if fired.missed == 1:
        return f"\n(late: it was due {due}, while I was off)"
    least = "at least " if fired.missed >= MOST_COUNTED else ""
    return f"\n(late: I was off, and missed {least}{counted(fired.missed, 'run')}, the newest due {due}; this is said once)"
