"""Takes what comes in over a chat: on disk before it is acknowledged, and STOP before anything else.

What nobody wrote whom the claw knows is counted, and not kept; so is what somebody else than the owner writes while much of
theirs waits.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from overnight.claw.channels.pairing import Pairing
from overnight.claw.charter import OWN_CHANNELS, is_go_on, is_stop
from overnight.claw.events import Event, Noticed, Received, Send, Stopped, WentOn
from overnight.claw.record.record import MOST_WAITING, NOBODY, ClawRecord, Person
from overnight.ledger.sealed import seal
from overnight.notices.port import Message
from overnight.operations.principal import Address, Kind, Origin
from overnight.words.foreign import printable_lines

LONGEST = 8000  # characters of a message that are kept
MOST_OF_OTHERS = 20  # messages that wait, of each who is not the owner: nobody waits behind the flood of another one
ORIGINS = {Kind.OWNER: Origin.OWNER, Kind.MEMBER: Origin.MEMBER, Kind.GUEST: Origin.MEMBER}


class Busy(Exception):  # noqa: N818  # an outcome: the message is not acknowledged, and comes again
    """Too much waits to take one more message."""


class Reception:
    """What all chats pass their messages to."""

    def __init__(
        self,
        record: ClawRecord,
        *,
        news: Callable[[], None],
        stop: Callable[[], None],
        clean: Callable[[str], str] = str,
    ) -> None:
        """`news` wakes whoever works; `stop` cuts off what is at work."""
        self._record, self._news, self._stop, self._clean = record, news, stop, clean
        self._pairing = Pairing(record)
        self.refused: Counter[str] = Counter()
        self._told: dict[Address, int] = {}  # who was told that too much waits, by the oldest of it

    def take(self, channel: str, message: Message) -> None:
        """Keep one message; on return it is on disk, or was refused."""
        person = self._person(channel, message)
        if self._pairing.take(channel, message, person or NOBODY):
            self._news()
            return
        if person is None:
            self.refused[channel] += 1
            return
        says = self._says(channel, message, person)
        stops = any(isinstance(event, Stopped) for event in says)
        if person.role is not Kind.OWNER and not stops and self._floods(channel, message):
            return
        try:
            is_new = self._keep(channel, message, person, says)
        except Busy:
            if not stops:
                raise
            self._record.append(*says)  # STOP comes before all that waits
            is_new = True
        if is_new and stops:
            self._stop()
        self._news()

    def _floods(self, channel: str, message: Message) -> bool:
        """Whether so much waits of who is not the owner that this is not kept; they are told so once."""
        sender = Address(channel, message.sender)
        waiting, oldest = self._record.waiting_of(sender)
        if waiting < MOST_OF_OTHERS:
            return False
        self.refused[channel] += 1
        if self._told.get(sender) != oldest:
            self._told[sender] = oldest
            text = seal(f"{waiting} messages of yours wait, so I take no more for now: write again when I have answered these.")
            self._record.append(Noticed(sends=(Send(key=f"full {oldest}", to=sender, text=text.ref),)), texts=[text])
            self._news()
        return True

    def _says(self, channel: str, message: Message, person: Person) -> Sequence[Event]:
        """What a message says at once, before any mind."""
        by = f"{channel} {message.sender}"
        if is_stop(message.text) and person.role is not Kind.GUEST:
            return [Stopped(by=by)]
        if is_go_on(message.text) and person.role is Kind.OWNER and not message.forwarded:
            return [WentOn(by=by)]
        return []

    def _person(self, channel: str, message: Message) -> Person | None:
        if message.group or not message.id or not message.text.strip():
            return None
        if channel in OWN_CHANNELS:
            return Person(name="owner", role=Kind.OWNER)
        person = self._record.person_at(channel, message.sender)
        return None if person.role is Kind.STRANGER else person

    def _keep(self, channel: str, message: Message, person: Person, says: Sequence[Event]) -> bool:
        text = seal(printable_lines(self._clean(message.text), LONGEST))
        received = Received(
            channel=channel,
            id=message.id,
            sender=message.sender,
            person=person.name,
            role=person.role,
            origin=Origin.FOREIGN if message.forwarded else ORIGINS.get(person.role, Origin.FOREIGN),
            text=text.ref,
            written=message.at,
        )
        if self._record.open_cause(received, text, also=says) is not None:
            return True
        if not self._record.knows(received):
            raise Busy(f"more than {MOST_WAITING:,} messages wait")
        return False
