"""Sends what has to go out: each message at least once, and never again once it is known to be sent.

A message is marked before it is sent, and after. One that a process was sending that is gone, or whose channel did not answer,
may have been sent: the channel is asked for its key, and if it cannot tell, the message is sent again with a mark that says so.

What could not go out in time, as this or the channel was off, is never sent as if it were new: it says from when it is, and of
more than a few there is one message that says how many.
"""

from dataclasses import dataclass, replace

from overnight.claw.charter import OWN_CHANNELS
from overnight.claw.events import Noticed, Send, SendChanged, SendState
from overnight.claw.port import Button, Chat, Outgoing
from overnight.claw.record.record import NOBODY, ClawRecord
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
LONGEST_S = 300.0  # between tries, unless the channel asks for more
SUMMARY = "late "  # begins the key of one, which is never late itself
AGAIN = "(this may be the second time) "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    """Between tries of one message."""

    tries: int
    since: float  # Unix time
    until: float


class Sender:
    """Sends over one chat; each has its own, so that a slow one keeps no other waiting."""

    def __init__(self, record: ClawRecord, name: str, chat: Chat) -> None:
        self._record, self._name, self._chat = record, name, chat
        self._pauses: dict[str, _Pause] = {}  # by key, of what waits and failed

    async def send_all(self) -> float | None:
        """Try each message whose time it is; when to try again, Unix time, None: nothing waits."""
        self._sum_up()
        pauses: dict[str, _Pause] = {}
        for item, send in self._record.unsent_over(self._name):
            pause: _Pause | None = self._pauses.get(send.key)
            if pause is None or not pause.since <= self._record.clock() < pause.until:  # also after the clock was set back
                pause = await self._send(item, send, pause.tries + 1 if pause else 1)
            if pause is not None:
                pauses[send.key] = pause
        self._pauses = pauses
        return min((pause.until for pause in pauses.values()), default=None)

    async def _send(self, item: Item, send: Send, tries: int) -> "_Pause | None":
        """Try one; when to try it again, None: never. Who was unpaired meanwhile gets nothing more."""
        if send.to.channel not in OWN_CHANNELS and self._record.person_at(send.to.channel, send.to.id) is NOBODY:
            self._change(send, SendState.GIVEN_UP, "nobody is paired there any more")
            return None
        message = self._outgoing(send)
        mark = f"(late: of {time_words(item.at, 'UTC')}) " if self._is_late(item) else ""
        unsure = item.state == SendState.SENDING.value
        try:
            if unsure:
                found = await self._chat.find(message)
                if found:
                    self._change(send, SendState.SENT)
                    return None
                unsure = found is None
            else:
                self._change(send, SendState.SENDING)
            mark = AGAIN + mark if unsure else mark
            await self._chat.send(replace(message, text=mark + message.text, mark=mark))
        except NotSent as failed:
            return self._failed(send, failed, tries, unsure=unsure or failed.unsure)
        self._change(send, SendState.SENT)
        return None

    def _is_late(self, item: Item) -> bool:
        return self._record.clock() - item.at > LATE_S and not item.key.startswith(SUMMARY)

    def _sum_up(self) -> None:
        """Put one message in the place of many that are late, by address."""
        late: dict[Address, list[Send]] = {}
        for item, send in self._record.unsent_over(self._name, limit=-1):
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

    def _failed(self, send: Send, failed: NotSent, tries: int, *, unsure: bool) -> "_Pause | None":
        why = one_line(str(failed), WHY)
        if not failed.again:
            self._change(send, SendState.GIVEN_UP, why)
            return None
        self._change(send, SendState.SENDING if unsure else SendState.WAITS, why)
        now = self._record.clock()
        return _Pause(tries=tries, since=now, until=now + max(failed.wait_s, min(2.0 ** min(tries, 16), LONGEST_S)))

    def _change(self, send: Send, state: SendState, why: str = "") -> None:
        self._record.append(SendChanged(key=send.key, state=state, why=why))

    def _outgoing(self, send: Send) -> Outgoing:
        own = tuple(Button(label=label, data=said) for label, said in send.answers)
        text, buttons = question(send.approval) if send.approval else (self._record.text(send.text), own)
        return Outgoing(key=send.key, to=send.to, text=text, buttons=buttons, picture=send.picture)


def question(number: int) -> tuple[str, tuple[Button, ...]]:
    """A question to the owner by our own words, with the buttons that answer it."""
    with open_record() as record:
        approval = record.by_number(number)
        if approval is None or not approval.is_open(record.now):
            return f"approval {number} does not wait any more", ()
        text = f"May I? {describe_approval(entry_of(approval, record.now)).strip()}"
        yes, no = f"approve {approval.nonce}", f"refuse {approval.nonce}"
    return text, (Button(label="Approve", data=yes), Button(label="Refuse", data=no))
