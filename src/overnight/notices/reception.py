"""Hears one channel for one session: what its owners write is kept, handed to the session that it is for, and answered.

Of the sessions that listen on a channel, the one that holds it reads it and sends the answers; each carries out its own
messages. No failure here reaches a session: a channel that cannot be heard is reported once, and tried again.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

import anyio
from anyio.lowlevel import checkpoint

from overnight.errors import leaf_errors
from overnight.files.own import NotOurs
from overnight.notices.answers import Answers, Reply
from overnight.notices.inbox import Inbox, OpenMessage
from overnight.notices.listeners import Listener, ListenerFolder
from overnight.notices.notice import NotifySpec
from overnight.notices.port import Channel, Deaf, Message
from overnight.words.foreign import printable

LONGEST = 2000  # characters of a message that are kept, and one more if it had more
DEAF_AFTER = 3  # failures in a row
STEADY_S = 60.0  # a receiver that runs for so long works
LAST_S = 20.0  # how long the end of a session waits for the last answers
WHY = 200  # characters of a foreign error
LONGEST_ID = 200  # characters
OTHERS, GROUP, ODD = "from others", "from a group", "without a usable id"  # why messages are not kept


class Desk(Protocol):
    """What a session does with messages."""

    def route(self, message: Message, present: Sequence[Listener]) -> Listener | Reply | None:
        """The session that a message is for, or what to answer at once; None: nothing, such as to a message of our own."""
        ...

    async def carry_out(self, message: Message) -> Reply:
        """Do what a message for this session says; is not cancelled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """How often is looked, in seconds."""

    look_s: float = 2.0  # for messages that another session received
    hold_s: float = 10.0  # whether the channel is free
    first_s: float = 1.0  # before a receiver that ended is started again; twice as long each time it fails
    longest_s: float = 60.0
    again_s: float = 30.0  # before an answer that failed is sent again


@dataclass(slots=True, kw_only=True)
class Reception:
    """One channel, for one session."""

    spec: NotifySpec
    channel: Channel
    folder: ListenerFolder
    me: Listener
    desk: Desk
    report_deaf: Callable[[str], None]  # why it cannot be heard; at most once
    clean: Callable[[str], str] = str  # takes secrets out of what is kept and answered
    clock: Callable[[], float] = time.time
    paces: Paces = Paces()
    refused: Counter[str] = field(default_factory=Counter)  # messages that were not kept, by the reason; in this session
    _counted: Counter[str] = field(default_factory=Counter)  # of these, those that are on disk
    _news: anyio.Event = field(default_factory=anyio.Event)
    _at_work: anyio.Lock = field(default_factory=anyio.Lock)  # held while a message is carried out
    _over: bool = False
    _held: bool = False
    _reported: bool = False
    _failures: int = 0
    _since: float | None = None  # when the receiver was started, on the monotonic clock
    _answers: Answers = field(init=False)

    def __post_init__(self) -> None:
        self._answers = Answers(
            name=self.spec.name,
            channel=self.channel,
            folder=self.folder.folder,
            clean=lambda notice: notice.scrubbed(self.clean),
            clock=self.clock,
            again_s=self.paces.again_s,
        )

    @property
    def unsent(self) -> str:
        """Why the newest answer that failed was not sent; empty if none failed."""
        return self._answers.unsent

    async def run(self) -> None:
        """Listen until `end` is called, then send the last answers."""
        try:
            with closing(Inbox(self.folder.folder)) as inbox, self.folder.present(self.me):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._keep_working, inbox)
                    await self._keep_hearing(inbox)
                    tasks.cancel_scope.cancel()
                self._count(inbox)
        except Exception as error:  # noqa: BLE001  # such as a full disk: no failure of a channel reaches the session
            first = leaf_errors(error)[0]
            self._deaf(f"its messages cannot be kept: {printable(str(first) or type(first).__name__, WHY)}")

    async def settle(self) -> None:
        """Wait until the message that is being carried out is done and answered."""
        async with self._at_work:
            pass

    def end(self) -> None:
        """Hear no more."""
        self._over = True
        self._wake()

    def answer(self, message: Message, reply: Reply, *, part: int = 0) -> None:
        """Answer a message, soon; each part of an answer is sent once."""
        try:
            self._answers.post(message, reply, part=part)
        except sqlite3.Error as error:
            self._deaf(f"its answers cannot be kept: {printable(str(error), WHY)}")
        self._wake()

    # --- What was written ---

    async def _keep_working(self, inbox: Inbox) -> None:
        """Hand on and carry out what was written, whoever received it."""
        while True:
            news = self._news
            await self._work(inbox)
            with anyio.move_on_after(self.paces.look_s):
                await news.wait()

    async def _work(self, inbox: Inbox) -> None:
        self._count(inbox)
        if self._since is not None and time.monotonic() - self._since > STEADY_S:
            self._hears()
        present = self.folder.listeners() if self._held else ()
        alive = {each.session for each in present}
        for entry in inbox.open():
            session = entry.session
            if self._held and entry.session not in alive:
                session = self._hand_on(inbox, entry, present)
            if session == self.me.session and inbox.start(entry, session):
                await self._carry_out(inbox, entry.message)
            await checkpoint()  # each message is written to disk several times

    def _count(self, inbox: Inbox) -> None:
        """Keep how many were refused since the last time: one write for all, as strangers may flood us."""
        if new := self.refused - self._counted:
            inbox.refuse(new)
            self._counted += new

    def _hand_on(self, inbox: Inbox, entry: OpenMessage, present: Sequence[Listener]) -> str:
        """Give a message that nobody has, or whose session is gone, to the session that it is for; empty: it is done."""
        found = self._cannot_know(entry) if entry.started else self.desk.route(entry.message, present)
        if isinstance(found, Listener):
            if found.session != self.me.session:
                inbox.assign(entry.message.id, found.session)
            return found.session
        if found is not None:
            self.answer(entry.message, found)
        inbox.finish(entry.message.id)
        return ""

    def _cannot_know(self, entry: OpenMessage) -> Reply:
        said = printable(entry.message.text, 80)
        return Reply(lines=(f"overnight: a session ended while it read “{said}”: it is not known whether that was done",))

    async def _carry_out(self, inbox: Inbox, message: Message) -> None:
        async with self._at_work:
            with anyio.CancelScope(shield=True):
                try:
                    reply = await self.desk.carry_out(message)
                except Exception as error:  # noqa: BLE001  # whatever a message makes fail, the session goes on
                    reply = Reply(lines=(f"{self.me.name}: this failed: {printable(str(error) or type(error).__name__, WHY)}",))
                self.answer(message, reply)
                inbox.finish(message.id)

    # --- The channel ---

    async def _keep_hearing(self, inbox: Inbox) -> None:
        """Hold the channel as soon as it is free."""
        while not self._over:
            with self.folder.holding() as held:
                if held:
                    self._held = True
                    self._hears()
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(self._hear, inbox)
                        await self._keep_sending()
                        tasks.cancel_scope.cancel()
                    self._held = False
                    return
            await self._wait(self.paces.hold_s)

    async def _hear(self, inbox: Inbox) -> None:
        """Run the receiver, again and again."""
        if self.channel.receiver is None:
            return
        while True:
            self._since, why = time.monotonic(), Deaf("it ended", again=True)
            try:
                await self.channel.receiver.receive(lambda message: self._take(inbox, message))
            except Deaf as deaf:
                why = deaf
            except (OSError, sqlite3.Error) as error:
                why = Deaf(f"its messages cannot be kept: {printable(str(error), WHY)}", again=True)
            except Exception as error:  # noqa: BLE001  # a bug in a channel, perhaps a third party's, stops no session
                why = Deaf(f"a bug in the channel: {type(error).__name__}", again=False)
            self._since = None
            self._failures += 1
            if not why.again or self._failures >= DEAF_AFTER:
                self._deaf(str(why))
            doubled_s = self.paces.first_s * 2.0 ** min(self._failures - 1, 16)
            await anyio.sleep(min(self.paces.longest_s, doubled_s) if why.again else self.paces.longest_s)

    def _take(self, inbox: Inbox, message: Message) -> None:
        """Keep a message of an owner; of others only how many there were."""
        self._hears()
        if message.group or message.sender not in self.spec.owners:
            self.refused[GROUP if message.group else OTHERS] += 1
            return
        if not (0 < len(message.id) <= LONGEST_ID and message.id.isprintable()):
            self.refused[ODD] += 1
            return
        text = message.text[: LONGEST + 1].encode(errors="replace").decode()  # a lone surrogate cannot be stored
        if inbox.store(replace(message, text=self.clean(text))):
            self._wake()

    def _deaf(self, why: str) -> None:
        with suppress(OSError, NotOurs):
            self.folder.mark_deaf(why)
        if not self._reported:
            self._reported = True
            self.report_deaf(why)

    def _hears(self) -> None:
        self._failures = 0
        with suppress(OSError):
            self.folder.mark_deaf("")

    async def _keep_sending(self) -> None:
        """Send answers until the session is over, and then the last ones."""
        while True:
            over = self._over
            with anyio.move_on_after(LAST_S if over else None):
                await self._answers.send(last=over)
            if over:
                return
            await self._wait(self.paces.look_s)

    # --- Waiting ---

    def _wake(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def _wait(self, seconds: float) -> None:
        if not self._over:
            with anyio.move_on_after(seconds):
                await self._news.wait()
