"""Something to know no more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from overnight.claw.events import CallBegun, CallEnded, Thought
from overnight.claw.hands.left_words import copies_with, files_with
from overnight.claw.hands.own_folder import OwnFolder
from overnight.claw.keeping.backup import backups
from overnight.claw.memory.forgetting import (
    Doomed,
    doomed,
    forget,
    holds_texts,
    holds_words,
    seqs_of_person,
    texts_before,
    texts_of_events,
    texts_with,
)
from overnight.claw.memory.reader import asking_turn
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.operations.claw_backups import line_words
from overnight.claw.record.record import ClawRecord
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError
from overnight.files.local_zone import find_zone
from overnight.operations.operation import Context, Operation, Option, Settled, Tier
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import counted

HOW = "--really does it, in a chat `forget ... for good` with the same words"
SHOWN = 100  # characters of each
MOST_SHOWN = 50
MOST_LEFT = 10  # files that are named
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
    steps: bool  # it is of what was thought or called, and nothing that was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What `claw forget --json` prints."""

    done: bool  # else it is what would go
    texts: int
    shown: Sequence[Going]  # the first of them, before they went
    copies: int  # of the claw's own folder, for `undo`, which have it, too, and go with it
    files: Sequence[str]  # of the claw's folder that have it, and are the owner's to change
    backups: Sequence[str]  # that were made since, and may have it, each with its time


def run(context: Context, given: ForgetInput) -> Forgetting:
    """Show what would go, or forget it."""
    with opened(given.claw) as (folder, record):
        found = _doomed(folder, record, given)
        if not given.really:  # the very words that ask for it go with the rest, and are nothing to be told of
            asking = {entry.seq for entry in record.turn(asking_turn(context, folder))}
            found = [each for each in found if each.event not in asking]
        steps = _steps(record, {each.event for each in found})
        found_first = sorted(found, key=lambda each: each.event in steps)
        shown = [
            Going(number=each.event, text=one_line(each.text, SHOWN), repeats=each.repeats, steps=each.event in steps)
            for each in found_first[:MOST_SHOWN]
        ]
        holds = _holds(record, given)
        copies, files = copies_with(folder, holds), files_with(folder, holds)
        kept = _backups(record, found, read_charter(folder).zone)
        if given.really and copies:
            OwnFolder(folder).drop(copies)
        if given.really and found:
            forget(record, found, by=str(context.principal))
    return Forgetting(done=given.really, texts=len(found), shown=shown, copies=len(copies), files=files, backups=kept)


def _holds(record: ClawRecord, given: ForgetInput) -> Callable[[str], bool]:
    """Whether a file has what is meant; by its day nothing is."""
    if given.words:
        return holds_words(given.words)
    if given.everything or given.before:
        return lambda _: given.everything
    meant = [given.number] if given.number else seqs_of_person(record, given.person)
    return holds_texts(record, texts_of_events(record, meant))


def _backups(record: ClawRecord, found: Sequence[Doomed], zone: str) -> Sequence[str]:
    """Those that were made after the first of it."""
    first = min((each.event for each in found), default=0)
    return [line_words(each, zone) for each in backups(record) if found and each.number > first]


def _doomed(folder: Path, record: ClawRecord, given: ForgetInput) -> Sequence[Doomed]:
    """All that goes; what was said before a day is meant by its time, whatever repeats it since."""
    return doomed(record, _meant(record, given, read_charter(folder).zone), repeats=not given.before)


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


def _steps(record: ClawRecord, events: set[int]) -> set[int]:
    """Those of the events that say what was thought or called; their texts are ours, with words of others in them."""
    entries = [(each, record.event(each)) for each in events if each]
    return {each for each, entry in entries if entry and isinstance(entry.event, Thought | CallBegun | CallEnded)}


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
        return " ".join(each.id for each in _doomed(folder, record, given))


def read_back(_context: Context, given: ForgetInput, _found: Forgetting | None) -> Settled:
    """Whether any of it is still there."""
    with opened(given.claw) as (folder, record):
        left = _doomed(folder, record, given)
    return Settled.NOT_DONE if left else Settled.DONE


def render(found: Forgetting) -> str:
    """A line for each, and what to do next."""
    left = [f"{each} still has it: edit it yourself" for each in found.files[:MOST_LEFT]]
    left += [f"and {counted(len(found.files) - MOST_LEFT, 'file')} more"] if len(found.files) > MOST_LEFT else []
    left += [f"this backup may still have it: {each}" for each in found.backups]
    copies = f" and {counted(found.copies, 'earlier state')} of its files, kept for `undo`" if found.copies else ""
    if found.done:
        return "\n".join([f"forgot {counted(found.texts, 'text')}{copies}", *left])
    said = [each for each in found.shown if not each.steps]
    lines = [f"#{each.number} {each.text}{' (repeats it)' if each.repeats else ''}" for each in said]
    if rest := found.texts - len(said):
        lines.append(f"and {counted(rest, 'text')} more, such as what was thought and called about it")
    if not lines and not copies:
        return "\n".join(["nothing to forget", *left])
    return "\n".join([*lines, *left, f"{counted(found.texts, 'text')}{copies} would go for good: {HOW}"])


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
