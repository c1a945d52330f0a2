"""Turns of a claw as values: one in full, and many in a line each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.claw.events import (
    Answered,
    CallBegun,
    CallEnded,
    Event,
    Fired,
    Noticed,
    Received,
    Resumed,
    ScheduleKind,
    Send,
    SendChanged,
    Thought,
    TurnBegun,
)
from overnight.claw.record.record import ClawRecord, json_of, refs_of
from overnight.claw.record.schedules import SAID
from overnight.ledger.port import Recorded
from overnight.operations.principal import Origin

if TYPE_CHECKING:
    from overnight.claw.record.record import Person  # noqa: F401

CHANGES = 500  # of messages, among which it is looked up why one was not sent
ASKED_LATER = 200  # turns, among which those are looked up that went on with one


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """What a turn is about."""

    kind: str  # received, fired or resumed
    about: str  # who wrote over which channel, or what fell due
    person: str  # empty: nobody
    origin: Origin  # whose words the text is
    text: str  # empty if a turn goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledView:
    """A text that was looked up for a turn."""

    number: int  # of the event that has it
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """What a mind said."""

    step: int
    mind: str
    wants: Sequence[str]  # operations that are to be called
    say: str
    origin: Origin  # the lowest of all that it had read
    tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call of an operation."""

    call: int  # counts in its turn
    operation: str
    given: Mapping[str, object]
    repo: str  # name of the repository that it is about; empty: none
    by_person: bool  # a person said exactly this; else it is the claw's own idea
    origin: Origin  # whose words it follows
    end: str  # done, failed, asked, refused or unknown; empty: it is under way
    approval: int  # number of the question to the owner; 0: none
    text: str  # what it answered
    began_at: float  # Unix time
    ended_at: float | None  # Unix time; null: not yet


@dataclass(frozen=True, slots=True, kw_only=True)
class SendView:
    """A message that goes out."""

    key: str
    channel: str
    to: str  # who that is on it
    text: str
    approval: int  # that its buttons answer; 0: none
    state: str  # open, sending, sent, waits, given up
    why: str  # it is not sent; empty: nothing is known to be wrong
    picture: str  # the file that goes with it; empty: none, or it is not kept any more


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """All of a turn, as `claw show --json` prints it."""

    number: int
    at: float  # Unix time
    cause: CauseView
    recalled: Sequence[RecalledView]
    steps: Sequence[StepView]
    calls: Sequence[CallView]
    sends: Sequence[SendView]
    answered_at: float | None  # Unix time; null: not yet
    tokens: int
    cost_usd: float
    goes_on: Sequence[int]  # turns that went on with it, such as after an approval


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLine:
    """A turn in a line."""

    number: int
    at: float  # Unix time
    about: str  # who wrote, or what fell due
    text: str
    calls: Sequence[str]  # operations, each with what became of it
    answer: str  # empty: none yet
    waits: bool  # it is not over
    tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnList:
    """What `claw log --json` prints."""

    claw: str
    total: int
    offset: int
    turns: Sequence[TurnLine]  # newest first


def list_turns(record: ClawRecord, claw: str, *, limit: int, offset: int) -> TurnList:
    """A page of the newest turns."""
    with record.store.reading() as db:
        total = db.execute("SELECT COUNT(*) FROM causes").fetchone()[0]
        rows = db.execute("SELECT seq FROM causes ORDER BY seq DESC LIMIT ? OFFSET ?", (limit, offset)).fetchall()
    return TurnList(claw=claw, total=total, offset=offset, turns=[_line(record, seq) for (seq,) in rows])


def view_turn(record: ClawRecord, number: int) -> TurnView | None:
    """One turn in full; None if there is none with this number."""
    entries = record.turn(number)
    if not entries:
        return None
    texts = _texts(record, entries)
    begun = next((e.event for e in entries if isinstance(e.event, TurnBegun)), None)
    thoughts = [e.event for e in entries if isinstance(e.event, Thought)]
    answered = next((e for e in entries if isinstance(e.event, Answered)), None)
    return TurnView(
        number=number,
        at=entries[0].at,
        cause=_cause(entries[0].event, texts),
        recalled=list(_recalled(record, begun.recalled if begun else ())),
        steps=[_step(each, texts) for each in thoughts],
        calls=list(_calls(entries, texts)),
        sends=view_sends(record, _said(answered.event), texts) if answered and isinstance(answered.event, Answered) else (),
        answered_at=answered.at if answered else None,
        tokens=sum(each.tokens for each in thoughts),
        cost_usd=sum(each.cost_usd for each in thoughts),
        goes_on=[e.seq for e in record.newest_of(["resumed"], ASKED_LATER) if getattr(e.event, "turn", 0) == number][::-1],
    )


def about_cause(event: Event) -> str:
    """Who wrote over which channel, or what fell due."""
    match event:
        case Received(person=person, channel=channel):
            return f"{person} ({channel})"
        case Fired(what=ScheduleKind.REMIND, schedule=number):
            return f"reminder #{number}"
        case Fired(schedule=number):
            return f"schedule #{number}"
        case Resumed(turn=turn, granted=granted):
            return f"turn {turn} goes on: {'approved' if granted else 'not approved'}"
        case Noticed():
            return "notice"
        case _:
            return event.kind


def view_sends(record: ClawRecord, sends: Sequence[Send], texts: Mapping[str, str]) -> Sequence[SendView]:
    """Messages that go out, with how far each is."""
    with record.store.reading() as db:
        query = "SELECT state FROM sends WHERE key=?1 UNION ALL SELECT replace(state, 'open', 'held') FROM held WHERE key=?1"
        found = [db.execute(query, (send.key,)).fetchone() for send in sends]
    states = [row[0] if row else "open" for row in found]
    failed = any(state not in ("open", "sent", "held", SAID) for state in states)
    changes = record.newest_of(["send_changed"], CHANGES) if failed else ()
    why = {e.event.key: e.event.why for e in reversed(changes) if isinstance(e.event, SendChanged)}
    return [
        SendView(
            key=send.key,
            channel=send.to.channel,
            to=send.to.id,
            text=texts.get(send.text.id, ""),
            approval=send.approval,
            state=state,
            why=why.get(send.key, ""),
            picture=send.picture if send.picture and Path(send.picture).is_file() else "",
        )
        for send, state in zip(sends, states, strict=True)
    ]


def _said(answered: Answered) -> Sequence[Send]:
    """What a turn said, also what is held until it may go out."""
    return (*answered.sends, *answered.held)


def _texts(record: ClawRecord, entries: Sequence[Recorded[Event]]) -> Mapping[str, str]:
    refs = [ref for entry in entries for ref in refs_of(entry.event)]
    return {ref.id: text for ref, text in zip(refs, record.texts(refs), strict=True)}


def _cause(event: Event, texts: Mapping[str, str]) -> CauseView:
    text = getattr(event, "text", None)
    return CauseView(
        kind=event.kind,
        about=about_cause(event),
        person=getattr(event, "person", ""),
        origin=getattr(event, "origin", Origin.CLAW),
        text=texts.get(text.id, "") if text else "",
    )


def _recalled(record: ClawRecord, numbers: Sequence[int]) -> Iterator[RecalledView]:
    for number in numbers:
        entry = record.event(number)
        if entry is not None:
            yield RecalledView(number=number, text="\n".join(record.texts(list(refs_of(entry.event)))))


def _step(thought: Thought, texts: Mapping[str, str]) -> StepView:
    said = json_of(texts.get(thought.text.id, ""))
    calls = said.get("calls")
    return StepView(
        step=thought.step,
        mind=thought.mind,
        wants=[str(each.get("operation", "")) for each in calls if isinstance(each, dict)] if isinstance(calls, list) else (),
        say=str(said.get("say", "")),
        origin=thought.origin,
        tokens=thought.tokens,
        cost_usd=thought.cost_usd,
    )


def _calls(entries: Sequence[Recorded[Event]], texts: Mapping[str, str]) -> Iterator[CallView]:
    ended = {e.event.call: e for e in entries if isinstance(e.event, CallEnded)}  # the newest end of each
    for entry in entries:
        begun = entry.event
        if not isinstance(begun, CallBegun):
            continue
        said = json_of(texts.get(begun.given.id, ""))
        given, last = said.get("given"), ended.get(begun.call)
        end = last.event if last and isinstance(last.event, CallEnded) else None
        approvals = [e.event.approval for e in entries if isinstance(e.event, CallEnded) and e.event.call == begun.call]
        yield CallView(
            call=begun.call,
            operation=begun.operation,
            given=given if isinstance(given, dict) else {},
            repo=str(said.get("repo", "")),
            by_person=bool(said.get("direct")),
            origin=begun.origin,
            end=end.end.value if end else "",
            approval=max(approvals, default=0),
            text=texts.get(end.text.id, "") if end else "",
            began_at=entry.at,
            ended_at=last.at if last else None,
        )


def _line(record: ClawRecord, number: int) -> TurnLine:
    entries = record.turn(number)
    texts = _texts(record, entries)
    cause = _cause(entries[0].event, texts)
    answered = next((e.event for e in entries if isinstance(e.event, Answered)), None)
    thoughts = [e.event for e in entries if isinstance(e.event, Thought)]
    return TurnLine(
        number=number,
        at=entries[0].at,
        about=cause.about,
        text=cause.text,
        calls=[f"{each.operation}: {each.end or 'under way'}" for each in _calls(entries, texts)],
        answer=next((texts.get(send.text.id, "") for send in _said(answered)), "") if answered else "",
        waits=answered is None,
        tokens=sum(each.tokens for each in thoughts),
        cost_usd=sum(each.cost_usd for each in thoughts),
    )
