"""What a model reads in a turn: who it is and works for, what is known, what was said of late, and what the turn is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.claw.charter import SOUL, USER, Charter
from overnight.claw.memory.reader import member_of
from overnight.claw.minds.prompt import OWN_WORDS, RULES
from overnight.claw.minds.standing import skills_of, standing
from overnight.claw.minds.talk import recent_talk
from overnight.claw.port import CallResult, Turn
from overnight.claw.record.record import ClawRecord
from overnight.jobs.schedule_words import time_words
from overnight.operations.principal import Kind
from overnight.words.foreign import printable_lines

KNOWN = 2000  # characters of facts
TALK = 3000  # characters of recent talk
RESULT = 3000  # characters of one result of a call
LEAST = 0.25  # to which all of these are cut if a model has no room for more

Remembered = Callable[[Turn], Sequence[str]]  # what is relevant for a turn, best first, a line each


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextBuilder:
    """Makes it from the claw's folder and record, anew for each turn."""

    folder: Path
    record: ClawRecord
    charter: Callable[[], Charter]
    remembered: Remembered

    def system(self, turn: Turn) -> str:
        """The part that is the same for many turns, so that a provider can keep it; a member's lacks the owner's own."""
        soul = _own_words(self.folder / SOUL)
        user = _own_words(self.folder / USER) if member_of(self.record, turn.person, turn.role) is None else ""
        is_guest = turn.role is Kind.GUEST
        repos = "" if is_guest else ", ".join(self.charter().repos)
        skills = "" if is_guest else skills_of(self.record)
        parts = [
            RULES.strip(),
            soul,
            user,
            f"Repositories: {repos}" if repos else "",
            f"Skills, to be read with `claw skill` before you do what they are for:\n{skills}" if skills else "",
        ]
        return "\n\n".join(filter(None, parts))

    def first(self, turn: Turn, room: float = 1.0) -> str:
        """What the turn is about, and what is relevant for it; `room`: a share of the usual limits."""
        known = _lines_within(self.remembered(turn), int(KNOWN * room))
        talk = recent_talk(self.record, turn.person, turn.number, turn.zone, int(TALK * room))
        parts = [
            f"It is {time_words(turn.at, turn.zone)} ({turn.zone}).",
            standing(self.record, turn.person, turn.zone, alone=turn.role is Kind.GUEST),
            f"Known:\n{known}" if known else "",
            f"Said before:\n{talk}" if talk else "",
            _about(turn),
        ]
        return "\n\n".join(filter(None, parts))

    def shown(self, number: int, result: CallResult, room: float = 1.0) -> str:
        """The result of a call as the model sees it: of a long one the beginning, and how to read on."""
        most, text = int(RESULT * room), result.text
        if len(text) > most:
            text = f"{text[:most]}\n(cut at {most:,} of {len(text):,} characters; `claw more` with call {number} reads on)"
        return f"{result.end}. {text}"


def _about(turn: Turn) -> str:
    if turn.silent:
        return f"This fell due; nobody waits at the moment. {turn.person} asked for it:\n{turn.text}"
    return f"{turn.person} ({turn.role}) writes:\n{turn.text}"


def _own_words(path: Path) -> str:
    """A file that the owner wrote, as it is now; empty if it is not there."""
    try:
        with path.open("rb") as file:
            content = file.read(4 * OWN_WORDS)
    except OSError:
        return ""
    return printable_lines(content.decode("utf-8", "replace"), OWN_WORDS).strip()


def _lines_within(lines: Sequence[str], most: int) -> str:
    kept: list[str] = []
    for line in lines:
        most -= len(line) + 1
        if most < 0:
            break
        kept.append(line)
    return "\n".join(kept)
