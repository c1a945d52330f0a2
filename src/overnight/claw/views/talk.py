"""The newest of the talk with a claw, beside how it is, what is due and what it knows: its page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.claw.events import Answered, Event, Noticed, Received, Released
from overnight.claw.record.record import ClawRecord, refs_of
from overnight.claw.views.status import ClawStatus
from overnight.claw.views.turns import about_cause, view_sends
from overnight.ledger.port import Recorded

KINDS = ("received", "answered", "noticed", "released")


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkLine:
    """One message, in either direction."""

    turn: int  # for `claw show`; 0: it was said without one
    at: float  # Unix time
    by_claw: bool
    who: str  # who wrote it over which channel; of the claw's, to whom it went
    text: str
    state: str  # of the claw's, how far it is sent; empty if it is sent
    why: str  # it is not sent
    approval: int  # a question to the owner; 0: it is none
    key: str = ""  # of the claw's, what tells it from all others
    picture: str = ""  # the file that goes with it; empty: none, or it is not kept any more


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """A fact."""

    number: int
    text: str
    origin: str  # whose words


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """A schedule."""

    number: int
    when: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPage:
    """What `claw talk --json` prints."""

    claw: str  # empty: there is none yet
    others: Sequence[str]  # names of the other claws of this machine
    status: ClawStatus | None  # null: there is none yet
    lines: Sequence[TalkLine]  # oldest first
    waiting: Sequence[int]  # turns that are not over
    due: Sequence[DueLine]  # schedules that are set
    known: Sequence[KnownLine]  # facts that stand, newest first


def talk_lines(record: ClawRecord, limit: int) -> Sequence[TalkLine]:
    """The newest messages in both directions, oldest first."""
    entries = record.newest_of(KINDS, limit)[::-1]
    refs = [ref for entry in entries for ref in refs_of(entry.event)]
    texts = {ref.id: text for ref, text in zip(refs, record.texts(refs), strict=True)}
    return [line for entry in entries for line in _lines(record, entry, texts)][-limit:]


def _lines(record: ClawRecord, entry: Recorded[Event], texts: Mapping[str, str]) -> Iterator[TalkLine]:
    event = entry.event
    if isinstance(event, Received):
        text = texts.get(event.text.id, "")
        who = about_cause(event)
        yield TalkLine(turn=entry.seq, at=entry.at, by_claw=False, who=who, text=text, state="", why="", approval=0)
    elif isinstance(event, Answered | Noticed | Released):
        for send in view_sends(record, event.sends, texts):
            yield TalkLine(
                turn=event.turn if isinstance(event, Answered) else 0,
                at=entry.at,
                by_claw=True,
                who=send.channel,
                text=send.text,
                state="" if send.state == "sent" else send.state,
                why=send.why,
                approval=send.approval,
                key=send.key,
                picture=send.picture,
            )
