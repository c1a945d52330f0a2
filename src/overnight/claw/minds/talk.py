"""What was said of late with one person, newest kept longest, within a limit; what may hold foreign words is not in it."""

from collections.abc import Iterator

from overnight.claw.events import Answered, Event, Fired, Received
from overnight.claw.record.record import ClawRecord
from overnight.claw.taint import is_tainted
from overnight.jobs.schedule_words import time_words
from overnight.ledger.port import Recorded
from overnight.words.foreign import cut_middle

LOOKED_AT = 40  # events, of which the talk is made
LONGEST = 600  # characters of one message in it
HIDDEN = "[foreign: an answer that quotes others]"


def recent_talk(record: ClawRecord, person: str, before: int, zone: str, most: int) -> str:
    """Lines of the talk before a turn, oldest first, of at most so many characters."""
    lines: list[str] = []
    for line in _lines(record, person, before, zone):
        most -= len(line) + 1
        if most < 0:
            break
        lines.append(line)
    return "\n".join(reversed(lines))


def _lines(record: ClawRecord, person: str, before: int, zone: str) -> Iterator[str]:
    for entry in record.newest_of(["received", "answered"], LOOKED_AT):
        if entry.seq >= before:
            continue
        event = entry.event
        if isinstance(event, Received) and event.person == person:
            yield _line(entry, zone, person, HIDDEN if is_tainted(event.origin) else record.text(event.text))
        elif isinstance(event, Answered) and (said := (*event.sends, *event.held)) and _person_of(record, event.turn) == person:
            yield _line(entry, zone, "you", HIDDEN if is_tainted(event.origin) else record.text(said[0].text))


def _line(entry: Recorded[Event], zone: str, who: str, text: str) -> str:
    return f"{time_words(entry.at, zone)} {who}: {cut_middle(text, LONGEST)}"


def _person_of(record: ClawRecord, turn: int) -> str:
    cause = record.event(turn)
    return cause.event.person if cause and isinstance(cause.event, Received | Fired) else ""
