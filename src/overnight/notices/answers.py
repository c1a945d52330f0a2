"""What is answered over a channel: on disk before it is sent, at least once, and not without end."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from overnight.notices.notice import Notice, Occasion
from overnight.notices.outbox import Delivery, Outbox
from overnight.notices.port import Channel, Message, NotSent

ANSWERS_A_MINUTE = 10  # of one session; what is asked beyond them is carried out without an answer
UNKNOWN_IN_A_ROW = 3  # messages without a known word that are answered: two programs that answer each other fall silent
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered."""

    lines: tuple[str, ...]  # printable, of bounded length
    known: bool = True  # the message was understood


@dataclass(slots=True, kw_only=True)
class Answers:
    """The answers of one channel; every session posts its own, and the one that holds the channel sends them.

    Raises of all methods:
        sqlite3.Error: they cannot be read or written.
    """

    name: str  # of the channel
    channel: Channel
    folder: Path  # the channel's
    clean: Callable[[Notice], Notice]  # takes secrets out
    clock: Callable[[], float]
    again_s: float  # before an answer that failed is sent again
    unsent: str = ""  # why the newest answer that failed was not sent
    _posted: deque[float] = field(default_factory=deque)  # when, on the monotonic clock
    _unknown: int = 0  # in a row
    _failed: dict[str, float] = field(default_factory=dict)  # when an answer failed, by its key

    def post(self, message: Message, reply: Reply, *, part: int = 0) -> None:
        """Answer a message, soon, unless there were too many; each part of an answer is sent once."""
        self._unknown = 0 if reply.known else self._unknown + 1
        if self._unknown > UNKNOWN_IN_A_ROW or not self._has_room():
            return
        notice = Notice(
            key=f"{part} {message.id}",
            occasion=Occasion.ANSWER,
            title=reply.lines[0],
            lines=reply.lines[1:],
            facts={"occasion": Occasion.ANSWER.value, "to": message.sender, "message": message.id},
        )
        self._outbox().post(self.clean(notice), [self.name])

    def _has_room(self) -> bool:
        now = time.monotonic()
        while self._posted and self._posted[0] < now - _MINUTE_S:
            self._posted.popleft()
        if len(self._posted) >= ANSWERS_A_MINUTE:
            return False
        self._posted.append(now)
        return True

    async def send(self, *, last: bool) -> None:
        """Try to send what waits; those that failed recently only if this is the last time."""
        outbox, ripe = self._outbox(), time.monotonic() - self.again_s
        for delivery in outbox.pending():
            key = delivery.notice.key
            if delivery.channel != self.name or (not last and self._failed.get(key, ripe) > ripe):
                continue
            if why := await self._try(outbox, delivery):
                self._failed[key], self.unsent = time.monotonic(), why
                outbox.tried(delivery, why)

    async def _try(self, outbox: Outbox, delivery: Delivery) -> str:
        """Send an answer once; why it failed, empty if it did not."""
        outbox.tried(delivery, "")
        try:
            await self.channel.send(delivery.notice)
        except NotSent as failure:
            return str(failure)
        except Exception as error:  # noqa: BLE001  # a bug in a channel, perhaps a third party's
            return f"a bug in the channel: {type(error).__name__}"
        outbox.sent(delivery)
        return ""

    def _outbox(self) -> Outbox:
        return Outbox(self.folder, clock=self.clock)
