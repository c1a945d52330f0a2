"""The ports of a claw: chats that persons reach it over, and minds that say what it does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from overnight.notices.port import Message
from overnight.operations.principal import Address, Kind, Origin

LITERAL = "grammar"  # the mind that passes on what a person said word for word; of any other a call is the claw's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An answer that a person gives by a touch."""

    label: str
    data: str  # what comes back as a message of who touched it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to a person."""

    key: str  # the same each time it is tried
    to: Address
    text: str
    buttons: Sequence[Button] = ()
    picture: str = ""  # the file of one that goes with it, if the channel takes pictures and it is still kept
    mark: str = ""  # what the text begins with this time, such as that it may be the second one


class Chat(Protocol):
    """One channel, both ways."""

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Pass on each message until cancelled, as `notices.port.Receiver`: on disk before it is acknowledged.

        Raises:
            Deaf: it cannot receive now.
        """
        ...

    async def send(self, message: Outgoing) -> None:
        """Try to send it once.

        Raises:
            NotSent: it did not get through, or it is unknown whether it did.
        """
        ...

    async def find(self, message: Outgoing) -> bool | None:
        """Whether a message with this key was sent; None if the channel cannot tell.

        Raises:
            NotSent: it cannot be asked now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An operation that a mind wants called."""

    operation: str
    given: Mapping[str, object] = field(default_factory=dict)  # its input, as JSON
    repo: str = ""  # the name of the repository that it is about, by `claw.yaml`
    direct: bool = False  # a person said exactly this, so it is their call and not the claw's idea


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """What came of a call."""

    wanted: Wanted
    end: str  # a value of `CallEnd`
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a mind says next: calls, or if it has none its answer."""

    calls: Sequence[Wanted] = ()
    say: str = ""
    origin: Origin = Origin.CLAW  # the lowest of all that it has read
    tokens: int = 0
    cost_usd: float = 0.0
    failed: bool = False  # it cannot do anything about the cause now
    dialogue: str = ""  # what its mind needs to go on from here, in a form of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a mind is given."""

    number: int
    text: str  # what was written, or what fell due
    person: str
    role: Kind
    origin: Origin  # of the text
    to: Address  # where the answer goes
    at: float  # Unix time now
    zone: str
    silent: bool = False  # it fell due: nobody wrote just now
    results: Sequence[CallResult] = ()  # of the calls so far, in order
    steps: Sequence[Step] = ()  # its own so far


class Mind(Protocol):
    """Says what a claw does about a cause."""

    @property
    def name(self) -> str:
        """For the record."""
        ...

    async def think(self, turn: Turn) -> Step | None:
        """The next step; None if it does not understand, so that the next mind is asked.

        Raises:
            ModelsParked, RequestRefused: its model cannot be asked now.
        """
        ...
