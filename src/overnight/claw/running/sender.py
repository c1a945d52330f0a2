"""Sends what has to go out: each message at least once, and never again once it is known to be sent.

A message is marked before it is sent, and after. One that is marked as being sent by a process that is gone may have been sent:
the channel is asked for its key, and if it cannot tell, the message is sent again with a mark that says so.

What could not go out in time, as this or the channel was off, is never sent as if it were new: it says from when it is, and of
more than a few there is one message that says how many.
"""

from collections.abc import Mapping
from dataclasses import replace

from overnight.claw.events import Noticed, Send, SendChanged, SendState
from overnight.claw.port import Button, Chat, Outgoing
from overnight.claw.record.record import ClawRecord
from overnight.jobs.schedule_words import time_words
from overnight.ledger.pending import Item
from overnight.ledger.sealed import seal
from overnight.notices.port import NotSent
from overnight.operations.principal import Address
from overnight.operations.record import open_record
from overnight.operations.views import describe_approval, entry_of
from overnight.words.foreign import one_line

WHY = 300
LATE_S = 3600.0  # a message that could not be sent for so long says so
MOST_LATE = 3  # messages to one address that still go out late; of more there is a summary
SUMMARY = "late "  # begins the key of one, which is never late itself
AGAIN = "(this may be the second time) "


class Sender:
    """Sends over the chats that this process has."""

    def __init__(self, record: ClawRecord, chats: Mapping[str, Chat]) -> None:
        self._record, self._chats = record, chats
        self._pauses: dict[str, tuple[float, float]] = {}  # by key: since when not to try, and until when
        self._tries: dict[str, int] = {}

    async def send_all(self) -> float | None:
        """Try each message whose time it is; when to try again, Unix time, None: nothing waits."""
        soonest: float | None = None
        for name, chat in self._chats.items():
            self._sum_up(name)
            for item, send in self._record.unsent_over(name):
                since, at = self._pauses.get(send.key, (0.0, 0.0))
                if not since <= self._record.clock() < at:  # also after the clock was set back
                    at = await self._send(item, send, chat)
                if at:
                    soonest = min(soonest or at, at)
        return soonest

    async def _send(self, item: Item, send: Send, chat: Chat) -> float:
        """Try one; when to try it again, 0: never."""
        message = self._outgoing(send)
        if self._is_late(item):
            message = replace(message, text=f"(late: of {time_words(item.at, 'UTC')}) {message.text}")
        try:
            if item.state == SendState.SENDING.value:
                found = await chat.find(message)
                if found:
                    self._change(send, SendState.SENT)
                    return 0.0
                if found is None:
                    message = replace(message, text=AGAIN + message.text)
            else:
                self._change(send, SendState.SENDING)
            await chat.send(message)
        except NotSent as failed:
            return self._failed(send, failed)
        self._change(send, SendState.SENT)
        return 0.0

    def _is_late(self, item: Item) -> bool:
        return self._record.clock() - item.at > LATE_S and not item.key.startswith(SUMMARY)

    def _sum_up(self, channel: str) -> None:
        """Put one message in the place of many that are late, by address."""
        late: dict[Address, list[Send]] = {}
        for item, send in self._record.unsent_over(channel, limit=-1):
            if self._is_late(item):
                late.setdefault(send.to, []).append(send)
        for to, sends in late.items():
            if len(sends) > MOST_LATE:
                text = seal(
                    f"While I could not write to you, {len(sends)} messages were not sent; `overnight claw log` has them."
                )
                summary = Send(key=f"{SUMMARY}{sends[-1].key}", to=to, text=text.ref)
                given_up = [SendChanged(key=send.key, state=SendState.GIVEN_UP, why="it was late") for send in sends]
                self._record.append(*given_up, Noticed(sends=(summary,)), texts=[text])

    def _failed(self, send: Send, failed: NotSent) -> float:
        why = one_line(str(failed), WHY)
        if not failed.again:
            self._change(send, SendState.GIVEN_UP, why)
            return 0.0
        self._change(send, SendState.WAITS, why)
        tries = self._tries[send.key] = self._tries.get(send.key, 0) + 1
        now = self._record.clock()
        at = now + max(failed.wait_s, min(2.0**tries, 300.0))
        self._pauses[send.key] = now, at
        return at

    def _change(self, send: Send, state: SendState, why: str = "") -> None:
        self._record.append(SendChanged(key=send.key, state=state, why=why))

    def _outgoing(self, send: Send) -> Outgoing:
        text, buttons = question(send.approval) if send.approval else (self._record.text(send.text), ())
        return Outgoing(key=send.key, to=send.to, text=text, buttons=buttons)


def question(number: int) -> tuple[str, tuple[Button, ...]]:
    """A question to the owner by our own words, with the buttons that answer it."""
    with open_record() as record:
        approval = record.by_number(number)
        if approval is None or not approval.is_open(record.now):
            return f"approval {number} does not wait any more", ()
        text = f"May I? {describe_approval(entry_of(approval, record.now)).strip()}"
        yes, no = f"approve {approval.nonce}", f"refuse {approval.nonce}"
    return text, (Button(label="Approve", data=yes), Button(label="Refuse", data=no))
