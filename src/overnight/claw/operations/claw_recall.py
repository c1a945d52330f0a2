"""What the claw remembers about something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from overnight.claw.events import Answered, CallBegun, Received, Thought
from overnight.claw.memory.reader import asking_turn, reader_of
from overnight.claw.memory.search import search
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.port import LITERAL
from overnight.claw.record.record import ClawRecord
from overnight.claw.taint import joined
from overnight.jobs.schedule_words import time_words
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.operations.registry import find
from overnight.words.foreign import printable

SHOWN = 400  # characters of each
LEAST = 0.6  # of the best score: what is shown to people; what has less was mostly said nearby
WIDER = 3  # times as many are looked at as are shown
NOTED, SAID = "fact_set", "received"  # kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallInput:
    """About what."""

    words: Annotated[str, Argument(about="What to look for.")]
    limit: Annotated[int, Option(about="At most so many.", metavar="N"), Interval(ge=1, le=50)] = 10
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Something that was said or noted."""

    number: int  # of its event; of a fact, the fact's
    text: str
    origin: Origin  # whose words they are
    kind: str  # of the event, such as fact_set or received
    person: str  # who said it; empty: the claw
    at: float  # Unix time


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What `claw recall --json` prints."""

    facts: Sequence[Memory]  # facts and what was said, best first


def run(context: Context, given: RecallInput) -> Recalled:
    """What answers it best; nothing that was corrected, nothing that is another person's own."""
    with opened(given.claw) as (folder, record), record.store.reading() as db:
        reader = reader_of(context, folder, record)
        found = search(db, given.words, reader=reader, limit=WIDER * given.limit, but=asking_turn(context, folder))
        found = [each for each in found if not _is_echo(record, each.seq)]
        said = [each for each in found if each.kind != SAID or not each.text.rstrip().endswith("?")]
        found = (said or found)[: given.limit]  # what was only asked is no answer, unless there is no other
        found = [each for each in found if each.score >= LEAST * found[0].score]
        noted = {_turn_of(record, each.seq) for each in found if each.kind == NOTED} - {0}
        found = [each for each in found if each.kind == NOTED or _turn_of(record, each.seq) not in noted]
    return Recalled(
        facts=[
            Memory(number=each.seq, text=each.text, origin=each.origin, kind=each.kind, person=each.person, at=each.at)
            for each in found
        ]
    )


def _is_echo(record: ClawRecord, seq: int) -> bool:
    """Whether it says nothing but what was said or noted elsewhere: an answer in fixed words, or a sentence that only looks."""
    entry = record.event(seq)
    if entry is None or not isinstance(entry.event, Answered | Received):
        return False
    events = [each.event for each in record.turn(_turn_of(record, seq))]
    is_fixed = any(isinstance(each, Thought) and each.mind == LITERAL for each in events)
    if isinstance(entry.event, Answered):
        return is_fixed or entry.event.failed
    if any(isinstance(each, Answered) and each.failed for each in events):
        return False  # it was not understood, and may be worth knowing
    called = [find(each.operation) for each in events if isinstance(each, CallBegun)]
    return is_fixed and all(each is not None and each.tier is Tier.READ for each in called)


def _turn_of(record: ClawRecord, seq: int) -> int:
    """The turn in which something was said or noted: a fact is shown without the talk that it was noted in."""
    entry = record.event(seq)
    return seq if entry and isinstance(entry.event, Received) else getattr(entry.event, "turn", 0) if entry else 0


def render(found: Recalled) -> str:
    """A line for each."""
    lines = [
        f"#{each.number} {printable(each.text, SHOWN)}"
        if each.kind == NOTED
        else f"#{each.number} {each.person or 'claw'}, {time_words(each.at, 'UTC')}: {printable(each.text, SHOWN)}"
        for each in found.facts
    ]
    return "\n".join(lines) or "I know nothing about that"


OPERATION = Operation(
    name="claw recall",
    about="Show what the claw remembers about something.",
    input=RecallInput,
    output=Recalled,
    tier=Tier.READ,
    of_machine=True,
    words=lambda found: joined(each.origin for each in found.facts),
    run=run,
    render=render,
)
