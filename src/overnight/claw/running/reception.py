"""Takes what comes in over a chat: on disk before it is acknowledged, and STOP before anything else.

What nobody wrote whom the claw knows is counted, and not kept.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from overnight.claw.channels.pairing import Pairing
from overnight.claw.charter import GO_ON, OWN_CHANNELS, STOP
from overnight.claw.events import Event, Received, Stopped, WentOn
from overnight.claw.record.record import MOST_WAITING, NOBODY, ClawRecord, Person
from overnight.ledger.sealed import seal
from overnight.notices.port import Message
from overnight.operations.principal import Kind, Origin
from overnight.words.foreign import printable_lines

LONGEST = 8000  # characters of a message that are kept
ORIGINS = {Kind.OWNER: Origin.OWNER, Kind.MEMBER: Origin.MEMBER}


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

    def _says(self, channel: str, message: Message, person: Person) -> Sequence[Event]:
        """What a message says at once, before any mind."""
        word, by = message.text.strip().lower(), f"{channel} {message.sender}"
        if word in STOP:
            return [Stopped(by=by)]
        if word in GO_ON and person.role is Kind.OWNER and not message.forwarded:
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
