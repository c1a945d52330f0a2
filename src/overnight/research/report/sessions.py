"""What agents said and did, as the page shows it: of each kept change, and of the newest others; bounded in size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.research.experiment import SessionTranscript
from overnight.research.places.transcripts import newest_sessions, sessions_of
from overnight.research.story.story import Story
from overnight.words.foreign import cut_middle

KEEPS = 40  # newest ones whose sessions are shown
OF_KEEP = 4  # sessions of one: its author, and critics
OTHERS = 20
LINES = 400  # of a session
_CHARACTERS = 16_000  # of a session of a kept change; half of it of another


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One session, cut to a readable length."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSessions:
    """All that the page shows."""

    of_keeps: Mapping[int, tuple[SessionView, ...]] = field(default_factory=dict)  # by experiment
    others: tuple[SessionView, ...] = ()  # the newest first


NO_SESSIONS = ShownSessions()


def choose_sessions(story: Story, folder: Path | None) -> ShownSessions:
    """What to show of the transcripts in a folder; nothing without one."""
    if folder is None:
        return NO_SESSIONS
    keeps = [keep for keep in story.keeps[-KEEPS:] if keep.assignment]
    of_keeps = {
        keep.number: tuple(
            _view(session, keep.number, _CHARACTERS) for session in sessions_of(folder, keep.assignment, keep.role)[:OF_KEEP]
        )
        for keep in keeps
    }
    shown = {keep.assignment for keep in keeps}
    return ShownSessions(of_keeps=of_keeps, others=_others(story, newest_sessions(folder, OTHERS), shown))


def _others(story: Story, newest: Sequence[SessionTranscript], shown: set[int]) -> tuple[SessionView, ...]:
    return tuple(
        _view(session, story.answered.get(session.number, 0), _CHARACTERS // 2)
        for session in newest
        if session.number not in shown
    )


def _view(session: SessionTranscript, experiment: int, most: int) -> SessionView:
    came = f"experiment #{experiment}" if experiment else "no experiment came of it"
    title = f"{session.role}, assignment {session.number}, {came}"
    return SessionView(title=title, lines=_few(cut_middle(session.text, most).splitlines()))


def _few(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines, with the middle ones left out if they are too many."""
    missing = len(lines) - LINES
    if missing <= 0:
        return tuple(lines)
    return (*lines[: LINES // 2], f"[... {missing} lines left out ...]", *lines[-LINES // 2 :])
