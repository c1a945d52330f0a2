"""Hears one chat for ever; one that is deaf is reported once, where the owner can still be reached, and when it is back.

A channel is not taken to hear because it is connected: it has to answer, again and again. When it did last is the time of an
empty file, so that hours in which nothing is said leave no event.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio

from overnight.claw.channels.health import Sounded
from overnight.claw.charter import TERMINAL
from overnight.claw.events import ChannelChanged, Noticed, Send
from overnight.claw.port import Chat
from overnight.claw.record.record import ClawRecord
from overnight.ledger.sealed import seal
from overnight.notices.port import Deaf, Message
from overnight.operations.principal import Address, Kind
from overnight.words.foreign import one_line
from overnight.words.moments import moment

LONGEST_S = 60.0  # before a channel that is deaf is tried again
PATIENCE_S = 120.0  # of a failure that may pass by itself, before the owner hears of it
TRIES = 3  # of one that does not
SILENT_S = 300.0  # without an answer of its server: connected, but deaf; polls last less than a minute
WHY = 200


class Hearing:
    """One chat of a claw that runs."""

    def __init__(
        self,
        record: ClawRecord,
        name: str,
        chat: Chat,
        *,
        say: Callable[[str], None],
        first_s: float = 1.0,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`say`: to who looks at the process; `first_s`: before the second try, and then twice as long each time."""
        self._record, self._name, self._chat, self._say = record, name, chat, say
        self._first_s, self._patience_s = first_s, patience_s
        self._failures, self._since = 0, 0.0
        self._reported = bool(deaf_since(record, name))
        self._sounded = isinstance(chat, Sounded)
        if isinstance(chat, Sounded):
            chat.health.heard = self._answered

    async def run(self, take: Callable[[Message], None]) -> None:
        """Pass on what comes, until cancelled."""
        while True:
            began = anyio.current_time()
            try:
                await self._chat.receive(take)
                why = Deaf("it ended", again=True)
            except Deaf as deaf:
                why = deaf
            except (sqlite3.Error, OSError) as error:
                why = Deaf(one_line(str(error), WHY), again=True)
            if not self._sounded and anyio.current_time() - began > LONGEST_S:
                self._answered()  # a chat that cannot be asked heard for so long
            self._failed(why)
            await anyio.sleep(min(LONGEST_S, self._first_s * 2.0 ** min(self._failures - 1, 16)))

    def _failed(self, why: Deaf) -> None:
        now = anyio.current_time()
        self._failures += 1
        if self._failures == 1:
            self._since = now
            self._say(f"`{self._name}` cannot be heard: {one_line(str(why), WHY)}; it is tried again")
        lasts = now - self._since >= self._patience_s if why.again else self._failures >= TRIES
        if lasts and not self._reported:
            self._report(one_line(str(why), WHY))

    def _report(self, why: str) -> None:
        """Say it where the owner can be reached: on another channel, and at the terminal if there is none."""
        others = [Address(channel, id_) for channel, id_ in self._owner_s if channel != self._name]
        text = f"I cannot hear you on {self._name}: {why}. Write to me here meanwhile; I say when it is back."
        self._note(why, others[0] if others else Address(TERMINAL, "owner"), text)

    def _answered(self) -> None:
        """Its server answered."""
        _touch(heard_file(self._record, self._name))
        self._failures = 0
        if self._reported:
            since = moment(deaf_since(self._record, self._name))
            mine = [id_ for channel, id_ in self._owner_s if channel == self._name]
            to = Address(self._name, mine[0]) if mine else Address(TERMINAL, "owner")
            text = f"I hear you on {self._name} again; I could not since {since}. What you wrote comes in now."
            self._note("", to, text)

    @property
    def _owner_s(self) -> list[tuple[str, str]]:
        return [(channel, id_) for channel, id_, person in self._record.addresses() if person.role is Kind.OWNER]

    def _note(self, deaf: str, to: Address, said: str) -> None:
        text = seal(said)
        key = f"channel {self._name} {self._record.store.newest() + 1}"
        changed = ChannelChanged(channel=self._name, deaf=deaf)
        try:
            self._record.append(changed, Noticed(sends=(Send(key=key, to=to, text=text.ref),)), texts=[text])
        except (sqlite3.Error, OSError) as error:  # such as a full disk
            self._say(f"that `{self._name}` changed cannot be recorded: {error}")
            return
        self._reported = bool(deaf)


def deaf_since(record: ClawRecord, name: str) -> float:
    """Since when a channel is reported as deaf, Unix time; 0: it is not."""
    newest = _newest(record, name)
    return newest[1] if newest and newest[0] else 0.0


def trouble_of(record: ClawRecord, name: str, *, now: float) -> str:
    """Why the process that runs a claw does not hear a channel; empty if nothing is known to be wrong."""
    newest = _newest(record, name)
    if newest and newest[0]:
        return f"deaf since {moment(newest[1])}: {newest[0]}"
    at = heard_at(record, name)
    if at and now - at > SILENT_S:
        return f"connected, but deaf: its server answered last at {moment(at)}"
    return ""


def heard_at(record: ClawRecord, name: str) -> float:
    """When the server of a channel last answered, Unix time; 0: it never did."""
    try:
        return heard_file(record, name).stat().st_mtime
    except OSError:
        return 0.0


def heard_file(record: ClawRecord, name: str) -> Path:
    """Its time is when the server answered."""
    return record.folder / f"heard-{name}"


def _newest(record: ClawRecord, name: str) -> tuple[str, float] | None:
    for entry in record.newest_of(["channel_changed"], 50):
        if isinstance(entry.event, ChannelChanged) and entry.event.channel == name:
            return entry.event.deaf, entry.at
    return None


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except FileNotFoundError:
        path.touch(mode=0o600)
    except OSError:
        pass  # a full disk is found by whoever has something to write
