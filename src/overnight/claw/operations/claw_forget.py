"""Something to know no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from annotated_types import Ge

from overnight.claw.memory.forgetting import (
    Doomed,
    doomed,
    forget,
    seqs_of_person,
    texts_before,
    texts_of_events,
    texts_with,
)
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.record.record import ClawRecord
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError
from overnight.files.local_zone import find_zone
from overnight.operations.operation import Context, Operation, Option, Settled, Tier
from overnight.words.foreign import one_line, printable

SHOWN = 100  # characters of each
MOST_SHOWN = 50
ASKED = "a number, --words, --before, --person or --everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetInput:
    """What to forget."""

    number: Annotated[int, Ge(0), Option(about="Of a fact, a message or a turn.", metavar="N")] = 0
    words: Annotated[str, Option(about="All texts that have these words in a row.")] = ""
    before: Annotated[str, Option(about="What was said before a day; facts that stand are kept.", metavar="DATE")] = ""
    person: Annotated[str, Option(about="All that somebody said, and what was answered.")] = ""
    everything: Annotated[bool, Option(about="All texts there are.")] = False
    really: Annotated[bool, Option(about="Do it; else show what would go.", raises=True)] = False
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A text that goes."""

    number: int  # of its event
    text: str
    repeats: bool  # it only repeats, word for word, what is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What `claw forget --json` prints."""

    done: bool  # else it is what would go
    texts: int
    shown: Sequence[Going]  # the first of them, before they went


def run(context: Context, given: ForgetInput) -> Forgetting:
    """Show what would go, or forget it."""
    with opened(given.claw) as (folder, record):
        found = doomed(record, _meant(record, given, read_charter(folder).zone))
        shown = [Going(number=each.event, text=one_line(each.text, SHOWN), repeats=each.repeats) for each in found[:MOST_SHOWN]]
        if given.really and found:
            forget(record, found, by=str(context.principal))
    return Forgetting(done=given.really, texts=len(found), shown=shown)


def _meant(record: ClawRecord, given: ForgetInput, zone: str) -> Sequence[str]:
    chosen = [given.number, given.words, given.before, given.person, given.everything]
    if sum(map(bool, chosen)) != 1:
        raise UserError("it is not clear what to forget", fix=f"give one of {ASKED}")
    if given.number:
        return texts_of_events(record, [given.number])
    if given.words:
        return texts_with(record, given.words)
    if given.person:
        return texts_of_events(record, seqs_of_person(record, given.person))
    return texts_before(record, _midnight(given.before, zone)) if given.before else _all(record)


def _all(record: ClawRecord) -> Sequence[str]:
    with record.store.reading() as db:
        return [row[0] for row in db.execute("SELECT id FROM texts")]


def _midnight(day: str, zone: str) -> float:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise UserError(f"`{printable(day, 20)}` is no day", fix="write it as 2026-12-02") from None
    return datetime(found.year, found.month, found.day, tzinfo=find_zone(zone)).timestamp()


def state_of(_context: Context, given: ForgetInput) -> str:
    """Which texts go."""
    with opened(given.claw) as (folder, record):
        return " ".join(each.id for each in doomed(record, _meant(record, given, read_charter(folder).zone)))


def read_back(_context: Context, given: ForgetInput, _found: Forgetting | None) -> Settled:
    """Whether any of it is still there."""
    with opened(given.claw) as (folder, record):
        left: Sequence[Doomed] = doomed(record, _meant(record, given, read_charter(folder).zone))
    return Settled.NOT_DONE if left else Settled.DONE


def render(found: Forgetting) -> str:
    """A line for each, and what to do next."""
    lines = [f"#{each.number} {each.text}{' (repeats it)' if each.repeats else ''}" for each in found.shown]
    if found.texts > len(found.shown):
        lines.append(f"... and {found.texts - len(found.shown):,} more")
    if found.done:
        return f"forgot {found.texts:,} texts; backups of before still have them"
    return "\n".join([*lines, f"{found.texts:,} texts would go for good; --really does it" if lines else "nothing to forget"])


OPERATION = Operation(
    name="claw forget",
    about="Forget something for good; without --really, show what would go.",
    details="Texts go with all that repeats them word for word. The record keeps that something was there, and when.",
    input=ForgetInput,
    output=Forgetting,
    tier=Tier.READ,
    raised=lambda _, given: Tier.IRREVERSIBLE if given.really else Tier.READ,
    owner_only=True,
    private=True,
    state=state_of,
    of_machine=True,
    run=run,
    render=render,
    read_back=read_back,
)
