"""What happens to a claw, as events: its record keeps them, and tables of it say what waits.

A *cause* is what a turn is about: a message, or something that fell due. Texts of people, models and tools are no part of an
event, which has a reference alone, so that they can be forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from overnight.ledger.json_text import dump, load
from overnight.ledger.sealed import TextRef
from overnight.operations.principal import Address, Kind, Origin

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class CallEnd(StrEnum):
    """What became of a call."""

    DONE = "done"
    FAILED = "failed"  # it had no effect, as far as it says
    ASKED = "asked"  # the owner was asked to approve it; it is called again when they did
    REFUSED = "refused"  # nobody may do it, or the owner said no
    UNKNOWN = "unknown"  # it was under way at a kill: it may have taken effect


class SendState(StrEnum):
    """How far a message to a person is."""

    SENDING = "sending"  # it may have been sent: a kill came before we knew
    SENT = "sent"
    WAITS = "waits"  # it failed, and is tried again
    GIVEN_UP = "given up"


class ScheduleKind(StrEnum):
    """What happens when a schedule is due."""

    REMIND = "remind"  # its words are said
    ASK = "ask"  # its words are a message of who set it, for the claw to act on


class ScheduleState(StrEnum):
    """Whether a schedule still counts."""

    LIVE = "live"
    PAUSED = "paused"  # by a person, or because it failed again and again
    OVER = "over"  # its last time has come


class WatchState(StrEnum):
    """What a watch found at last."""

    UNKNOWN = "unknown"  # it has not looked yet
    NO = "no"
    YES = "yes"
    FAILING = "failing"  # it cannot find out, and said so


class TrustKind(StrEnum):
    """What the owner can trust as it is."""

    SKILL = "skill"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message came in. It is a cause, once for each id that its channel gave it."""

    kind: Literal["received"] = "received"
    channel: str
    id: str  # in its channel
    sender: str  # as the channel itself knows them
    person: str  # who that is; empty: nobody that it knows
    role: Kind
    origin: Origin
    text: TextRef
    written: float  # Unix time, by the channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A schedule or watch fell due. It is a cause."""

    kind: Literal["fired"] = "fired"
    schedule: int
    due: int  # Unix time; the key of this run beside the schedule's number
    missed: int = 0  # runs before it for which the machine was off
    text: TextRef  # what it is about, such as the words of a reminder
    to: Address
    person: str
    role: Kind
    origin: Origin
    what: ScheduleKind
    next: int | None = None  # when it is due again, Unix time; None: never
    run: int = 0  # counts the runs of this schedule; 0: not known
    unasked: bool = False  # it comes at a time that nobody chose: quiet hours and the cap of a day hold for it
    urgent: bool = False  # but not for this one
    watch: bool = False  # what a watch looks for is so
    item: int = 0  # the number of what is new in what a watch looks at; 0: none
    picture: str = ""  # of it, a file in the state folder
    answers: Sequence[tuple[str, str]] = ()  # that a person can give by a touch: labels, and what they say


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Something that it began has ended. It is a cause."""

    kind: Literal["finished"] = "finished"
    task: str  # its name, for `task show`
    text: TextRef  # what came of it, as a person reads it
    to: Address
    person: str
    role: Kind
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Something that a turn waited for is there, such as an approval. It is a cause."""

    kind: Literal["resumed"] = "resumed"
    key: str  # once for each
    turn: int  # that waited
    call: int  # of that turn
    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnBegun:
    """A cause is looked at; a turn that has no end after this was cut off, and goes on from its steps."""

    kind: Literal["turn_begun"] = "turn_begun"
    turn: int  # seq of its cause
    recalled: Sequence[int] = ()  # seqs of the events whose texts were recalled for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """What a mind said next, before any of it takes effect."""

    kind: Literal["thought"] = "thought"
    turn: int
    step: int
    mind: str
    text: TextRef  # JSON: what is to be called, or what is to be said
    origin: Origin  # the lowest of all that it has read
    tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBegun:
    """An operation is called."""

    kind: Literal["call_begun"] = "call_begun"
    turn: int
    call: int  # counts in its turn
    operation: str
    given: TextRef  # JSON of its input
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """What became of it."""

    kind: Literal["call_ended"] = "call_ended"
    turn: int
    call: int
    end: CallEnd
    text: TextRef  # what it answered, as a person reads it
    origin: Origin  # of that text
    approval: int = 0  # number of the question to the owner
    task: str = ""  # a process of its own carries it out; its end is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A message that is to go out."""

    key: str  # the same for each attempt
    to: Address
    text: TextRef
    approval: int = 0  # a question that is answered by its buttons; 0: none
    urgent: bool = False  # it waits for no quiet hours to end
    picture: str = ""  # a file in the state folder that goes with it while it is kept
    answers: Sequence[tuple[str, str]] = ()  # labels of its buttons, and what they say


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A turn is over; what it says goes out with it, in the same moment."""

    kind: Literal["answered"] = "answered"
    turn: int
    sends: Sequence[Send] = ()
    origin: Origin = Origin.CLAW  # the lowest of what is in them
    held: Sequence[Send] = ()  # what nobody asked for: said when it may be, see `Released`
    failed: bool = False  # nothing of what it was about was done


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A turn waits until its model can be asked, and goes on then from its steps; others come before it meanwhile."""

    kind: Literal["parked"] = "parked"
    turn: int
    until: float  # Unix time
    why: str
    sends: Sequence[Send] = ()  # that says so, the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """It says something without a turn, such as that a channel is deaf."""

    kind: Literal["noticed"] = "noticed"
    sends: Sequence[Send] = ()
    held: Sequence[Send] = ()  # as in an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What was held goes out, all that waited for one person in one message."""

    kind: Literal["released"] = "released"
    keys: Sequence[str]  # of what was held
    sends: Sequence[Send]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendChanged:
    """How far a message that goes out is."""

    kind: Literal["send_changed"] = "send_changed"
    key: str
    state: SendState
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSet:
    """Something is known from now on; its number is this event's."""

    kind: Literal["fact_set"] = "fact_set"
    text: TextRef
    origin: Origin
    person: str
    turn: int = 0  # in which it was learnt
    supersedes: Sequence[int] = ()  # facts that it corrects
    private: bool = False  # its words never leave this machine for a model


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Texts were deleted."""

    kind: Literal["forgotten"] = "forgotten"
    texts: Sequence[str]  # ids
    events: Sequence[int]  # that had them
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSet:
    """Something is due at times; its number is this event's."""

    kind: Literal["schedule_set"] = "schedule_set"
    when: str  # as `jobs.schedule_words` reads it
    zone: str
    written: int  # Unix time from which it counts
    what: ScheduleKind
    text: TextRef
    to: Address
    person: str
    role: Kind
    origin: Origin
    next: int | None = None  # when it is due first, Unix time; None: not known yet
    check: TextRef | None = None  # JSON: a watch, which looks at these times and fires when what it looks for is so
    turn: int = 0  # in which it was set; 0: in none
    urgent: bool = False  # what it says waits for no quiet hours to end


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChanged:
    """What holds for it from now on."""

    kind: Literal["schedule_changed"] = "schedule_changed"
    schedule: int
    state: ScheduleState
    when: str
    zone: str
    written: int
    handled: float  # Unix time up to which all of it is done
    next: int | None
    by: str  # empty: itself
    why: str = ""
    anew: bool = False  # its times are others, so that its runs count from none


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSeen:
    """What a watch looks for has become so, or is so no more, or cannot be found out."""

    kind: Literal["watch_seen"] = "watch_seen"
    schedule: int
    state: WatchState


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDropped:
    """It is due no more."""

    kind: Literal["schedule_dropped"] = "schedule_dropped"
    schedule: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingOpened:
    """Whoever sends a code before a time is this person from then on; its number is this event's."""

    kind: Literal["pairing_opened"] = "pairing_opened"
    salt: str
    code: str  # SHA-256 of salt and code, hex
    until: int  # Unix time
    person: str
    role: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingTried:
    """A stranger sent a code that was wrong."""

    kind: Literal["pairing_tried"] = "pairing_tried"
    pairing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingAsked:
    """The right code came, and the owner has to agree with a code of their own."""

    kind: Literal["pairing_asked"] = "pairing_asked"
    pairing: int
    address: Address  # that sent it
    salt: str
    code: str  # as in `PairingOpened`


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """An address belongs to a person from now on."""

    kind: Literal["paired"] = "paired"
    address: Address
    person: str
    role: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaired:
    """It does not any more."""

    kind: Literal["unpaired"] = "unpaired"
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelChanged:
    """A channel is deaf, or hears again."""

    kind: Literal["channel_changed"] = "channel_changed"
    channel: str
    deaf: str  # why; empty: it hears


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """STOP: what it does is cut off, and nothing of its own begins until it may go on."""

    kind: Literal["stopped"] = "stopped"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOn:
    """It may go on."""

    kind: Literal["went_on"] = "went_on"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """All of it was written to a file; what is forgotten later is still in that."""

    kind: Literal["backed_up"] = "backed_up"
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """It was made from a backup, and does nothing until its owner says that it is the one to live."""

    kind: Literal["restored"] = "restored"
    made: float  # when the backup was, Unix time


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """It is the one to live."""

    kind: Literal["adopted"] = "adopted"
    by: str
    given_up: Sequence[str] = ()  # keys of messages that do not go out, as the original may have sent them


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """The owner trusts a skill or a tool server as it is now; with another digest it is another one."""

    kind: Literal["trusted"] = "trusted"
    what: TrustKind
    name: str
    digest: str  # of all that it is, hex; empty: it is trusted no more
    text: TextRef  # what it was, as JSON, to show what changed
    by: str


Cause = Received | Fired | Finished | Resumed
Event = (
    Received
    | Fired
    | Finished
    | Resumed
    | TurnBegun
    | Thought
    | CallBegun
    | CallEnded
    | Answered
    | Parked
    | Noticed
    | Released
    | SendChanged
    | FactSet
    | Forgotten
    | ScheduleSet
    | ScheduleChanged
    | ScheduleDropped
    | WatchSeen
    | PairingOpened
    | PairingTried
    | PairingAsked
    | Paired
    | Unpaired
    | ChannelChanged
    | Stopped
    | WentOn
    | BackedUp
    | Restored
    | Adopted
    | Trusted
)


def subject_of(event: Event) -> int | None:
    """The turn that an event is about; a cause is the subject of its own number, which no event knows."""
    return getattr(event, "turn", None) or None


def encode(event: Event) -> bytes:
    """The event as JSON."""
    return dump(_adapter(), event)


def decode(body: str) -> Event:
    """The event of such a text; ValueError if it is none."""
    return load(_adapter(), body)


@cache
def _adapter() -> "TypeAdapter[Event]":
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Event, Field(discriminator="kind")])
