"""Takes what nobody wrote for just now another way, if it did not get through for long: a person is to learn of it.

An answer stays where it was asked, and so does a question, which counts at its own address alone.
"""

from collections.abc import Collection

from overnight.claw.channels.hearing import trouble_of
from overnight.claw.charter import OWN_CHANNELS, TERMINAL
from overnight.claw.events import Answered, Fired, Noticed, Released, Send, SendChanged, SendState
from overnight.claw.record.reaching import addresses_of, person_of
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.sender import AGAIN
from overnight.jobs.schedule_words import time_words
from overnight.ledger.pending import Item
from overnight.ledger.sealed import seal
from overnight.operations.principal import Address

LONG_S = 1800.0  # that its channel fails, or that nobody opens the terminal
TAKEN = "detour "  # begins the key of one that was taken another way, which is done once
LOOKED_AT = 1000  # events in which failures are looked for


class Detour:
    """Looks at what waits to go out."""

    def __init__(self, record: ClawRecord, channels: Collection[str]) -> None:
        """`channels`: those that this process has."""
        self._record, self._channels = record, [each for each in channels if each not in OWN_CHANNELS]

    def look(self, zone: str) -> bool:
        """Take another way what has waited for so long; whether there was any."""
        if not self._channels:
            return False
        now = self._record.clock()
        old = [(item, send) for item, send in self._record.unsent() if now - item.at >= LONG_S and self._is_news(item, send)]
        failing = self._failing(now) if any(send.to.channel != TERMINAL for _, send in old) else set()
        taken = [self._take(item, send, zone) for item, send in old if send.to.channel == TERMINAL or send.key in failing]
        return any(taken)

    def _is_news(self, item: Item, send: Send) -> bool:
        """Whether it is no answer to a message, and no question."""
        if send.approval or send.key.startswith(TAKEN):
            return False
        entry = self._record.event(item.seq)
        if entry is not None and isinstance(entry.event, Answered):
            about = self._record.event(entry.event.turn)
            return about is not None and isinstance(about.event, Fired)
        return entry is not None and isinstance(entry.event, Released)

    def _failing(self, now: float) -> set[str]:
        """The keys of what was tried in vain so long ago."""
        changes = self._record.newest_of(["send_changed"], LOOKED_AT)
        return {
            entry.event.key
            for entry in changes
            if isinstance(entry.event, SendChanged) and entry.event.why and now - entry.at >= LONG_S
        }

    def _take(self, item: Item, send: Send, zone: str) -> bool:
        others = addresses_of(self._record, person_of(self._record, send.to), self._channels)
        to = next((each for each in others if each.channel != send.to.channel and not self._trouble(each)), None)
        if to is None or self._record.is_sent(f"{TAKEN}{send.key}"):
            return False
        text = seal(f"{AGAIN}(of {time_words(item.at, zone)}, for {send.to.channel}) {self._record.text(send.text)}")
        again = Noticed(sends=(Send(key=f"{TAKEN}{send.key}", to=to, text=text.ref),))
        if send.to.channel == TERMINAL:  # where it is shown all the same, once somebody opens it
            self._record.append(again, texts=[text])
        else:
            gone = SendChanged(key=send.key, state=SendState.GIVEN_UP, why=f"it goes over {to.channel}")
            self._record.append(gone, again, texts=[text])
        return True

    def _trouble(self, to: Address) -> str:
        return "" if to.channel == TERMINAL else trouble_of(self._record, to.channel, now=self._record.clock())
