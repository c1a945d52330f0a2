"""Why the claw said something: what fell due or was asked, who set it, and when."""

from dataclasses import dataclass
from typing import Annotated

from overnight.claw.events import Event, Finished, Fired, Noticed, Received, Resumed, ScheduleSet
from overnight.claw.memory.reader import about_turn, reader_of
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.record.record import ClawRecord
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError
from overnight.jobs.schedule_words import time_words
from overnight.ledger.port import Recorded
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.words.foreign import one_line

WORDS = 200
LOOKED_AT = 200  # events, for a member's newest
FEW = 20  # for the owner's
DEEPEST = 4  # causes of causes


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyInput:
    """What is asked about."""

    turn: Annotated[int, Argument(about="The number of a turn; by default the newest that nobody asked for.", metavar="N")] = 0
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What `claw why --json` prints."""

    turn: int
    reasons: tuple[str, ...]  # the nearest first, each the reason of the one before


def run(context: Context, given: WhyInput) -> Why:
    """Follow the causes; a member's own, as far as they are theirs."""
    with opened(given.claw) as (folder, record):
        reader = reader_of(context, folder, record)
        turn, zone = given.turn or _newest(record, reader), read_charter(folder).zone
        reasons: list[str] = []
        follow = turn
        while follow and len(reasons) < DEEPEST:
            cause = record.event(follow)
            if cause is None or (reader is not None and getattr(about_turn(record, follow), "person", "") != reader):
                break
            found, follow = _reason(record, cause, zone)
            reasons += found
        if not reasons:
            raise UserError(
                f"there is no turn {turn}" if turn else "I said nothing unasked yet", fix="`claw log` lists the turns"
            )
        return Why(turn=turn, reasons=tuple(reasons))


def _newest(record: ClawRecord, reader: str | None) -> int:
    """The newest turn that said something that nobody wrote for."""
    for entry in record.newest_of(["fired", "finished", "noticed"], FEW if reader is None else LOOKED_AT):
        if isinstance(entry.event, Noticed):
            if reader is None and entry.event.held:
                return entry.seq
        elif reader in (None, getattr(entry.event, "person", "")):
            return entry.seq
    return 0


def _reason(record: ClawRecord, cause: Recorded[Event], zone: str) -> tuple[list[str], int]:
    """Why there was this cause, and the turn in which the reason for that was made; 0: none."""
    at = time_words(cause.at, zone)
    match cause.event:
        case Received(channel=channel, person=person, text=text):
            return [f"{at}: {person or 'somebody'} wrote over {channel}: {one_line(record.text(text), WORDS)}"], 0
        case Fired(schedule=number, watch=watch):
            plan = record.schedule(number)
            entry = record.event(number)
            new = entry.event if entry else None
            kind = f"the watch #{number} saw that it is so" if watch else f"the schedule #{number} was due"
            if entry is None or not isinstance(new, ScheduleSet):
                return [f"{at}: {kind}"], 0
            words = one_line(record.text(new.text), WORDS)
            when = f"{plan.set.when}" if plan else f"{new.when}; it was dropped since"
            said = f"{time_words(entry.at, zone)}: {new.person} set #{number}: {words} ({when}), by the words of: {new.origin}"
            return [f"{at}: {kind}", said], new.turn
        case Finished(task=task):
            begun = record.begun_by(task)
            return [f"{at}: the task {task} ended, which I had begun"], begun
        case Noticed(held=held, sends=sends):
            said = one_line(record.text((*held, *sends)[0].text), WORDS) if (*held, *sends) else ""
            return [f"{at}: nobody asked for it and nothing was due; I noticed by myself: {said}"], 0
        case Resumed(turn=turn):
            return [f"{at}: an approval that turn {turn} waited for was answered, or expired"], turn
        case _:
            return [], int(getattr(cause.event, "turn", 0) or 0)


OPERATION = Operation(
    name="claw why",
    about="Show why the claw said something: what fell due, who set it, and when.",
    input=WhyInput,
    output=Why,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=lambda found: "\n".join([f"turn {found.turn}, because", *(f"  {each}" for each in found.reasons)]),
)
