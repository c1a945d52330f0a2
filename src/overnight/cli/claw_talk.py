"""One talk at a terminal: what is typed is recorded, what is said to the terminal is shown, and somebody runs the claw.

What is shown is marked as sent after it is printed: a talk that is killed shows it once more the next time, and loses nothing.
"""

import asyncio
import re
import secrets
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import anyio
from anyio import to_thread

from overnight.claw.charter import TERMINAL
from overnight.claw.events import Received, Send, SendChanged, SendState
from overnight.claw.pictures import is_picture
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.claw import ClawRunner
from overnight.claw.running.process import call_claw, claw_process
from overnight.claw.running.reception import Busy, Reception
from overnight.claw.running.sender import question
from overnight.claw.views.looking import look
from overnight.claw.views.spoken import Spoken, SpokenKind
from overnight.claw.wiring import make_chats, make_runner
from overnight.cli.caller import context_here
from overnight.cli.claw_screen import Screen
from overnight.errors import LedgerBusy, OvernightError
from overnight.ledger.lock import WAKE
from overnight.ledger.pending import Item
from overnight.notices.port import Message
from overnight.operations.perform import perform
from overnight.operations.registry import find
from overnight.secrets.broker import user_broker
from overnight.words.foreign import one_line
from overnight.words.moments import moment
from overnight.words.quantities import counted

LOOK_S = 0.1  # between looks whether something was recorded, which cost some microseconds each
PATIENCE_S = 5.0  # for another talk to show the answer that it waits for
FREE_S = 1.0  # between looks whether somebody runs the claw
HISTORY = 100  # messages that the arrow keys find
ANSWER = re.compile(r"(?P<word>approve|refuse) #?(?P<number>\d{1,9})", re.IGNORECASE)
ON_A_PIPE = "A pipe approves nothing: type it in a terminal, or use `overnight approve N`."
INTERRUPTED = 130


class Conversation:
    """A talk with one claw."""

    def __init__(self, folder: Path, screen: Screen, *, wait_s: float) -> None:
        self._folder, self._screen, self._wait_s = folder, screen, wait_s
        self._runner: ClawRunner | None = None
        self._waiting: list[int] = []  # turns of this talk that are not over
        self._changed = anyio.Event()
        self._code = 0

    async def run(self) -> int:
        """Talk until the lines end or a signal comes; the exit code."""
        with ClawRecord(self._folder) as record:
            self._greet(record)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._signals, tasks.cancel_scope)
                tasks.start_soon(self._keep_running)
                tasks.start_soon(self._show_all, record)
                await self._read_all(record)
                tasks.cancel_scope.cancel()
        if self._waiting:
            self._screen.say(f"{counted(len(self._waiting), 'message')} not answered yet: overnight claw log")
        return self._code or (1 if self._waiting and not self._screen.asks else 0)

    # --- What is typed ---

    async def _read_all(self, record: ClawRecord) -> None:
        lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._screen.read(lines, _history(record))
        while (line := await lines.get()) is not None:
            if found := ANSWER.fullmatch(line.strip()):
                await self._answer(found["word"].lower(), found["number"])
            elif line.strip():
                self._say(record, line.strip())
        if not self._screen.asks:
            with anyio.move_on_after(self._wait_s):
                while self._waiting:
                    await self._changed.wait()

    def _say(self, record: ClawRecord, line: str) -> None:
        """Record a message, and let who runs the claw look at it."""
        message = Message(id=secrets.token_hex(8), sender="owner", text=line, at=record.clock())
        clean = user_broker().scrubber().text
        try:
            Reception(record, news=lambda: None, stop=lambda: None, clean=clean).take(TERMINAL, message)
        except (Busy, OvernightError) as error:
            self._screen.say(f"not taken: {error}")
            self._code = 1
            return
        turn = record.cause_of(TERMINAL, message.id)
        if turn is not None:
            self._waiting.append(turn)
            self._screen.show(Spoken(kind=SpokenKind.SAID, turn=turn, text=line, key="", approval=None))
        self._wake()

    async def _answer(self, word: str, number: str) -> None:
        """Answer a question as who sits at this terminal: the nonce is looked up here, and never typed."""
        operation = find(word)
        if not self._screen.asks or operation is None:
            self._screen.say(ON_A_PIPE)
            self._code = 1
            return
        try:
            found = await to_thread.run_sync(perform, operation, context_here(), operation.input(which=number))
        except OvernightError as error:
            self._screen.say(str(error))
            return
        self._screen.say(operation.render(found))
        self._wake()

    # --- What is said ---

    async def _show_all(self, record: ClawRecord) -> None:
        """Print what is sent to the terminal, as it comes."""
        again = True
        while True:
            if record.store.changed() or again:
                again = False
                for item, send in list(record.unsent_over(TERMINAL)):
                    if self._is_of_another(record, item):
                        again = self._screen.asks
                        continue
                    self._show(send, record.text(send.text))
                    record.append(SendChanged(key=send.key, state=SendState.SENT))
                self._waiting = [turn for turn in self._waiting if not (record.is_answered(turn) or record.is_parked(turn))]
                self._changed.set()
                self._changed = anyio.Event()
            await anyio.sleep(LOOK_S)

    def _is_of_another(self, record: ClawRecord, item: Item) -> bool:
        """Whether another talk waits for this answer, which shows it by itself unless it is gone."""
        turn = _turn_of(item.key)
        cause = None if turn is None or turn in self._waiting else record.event(turn)
        if self._screen.asks:
            said = cause is not None and isinstance(cause.event, Received)
            return said and record.clock() - item.at < PATIENCE_S
        return turn not in self._waiting  # a pipe has its own answers alone

    def _show(self, send: Send, text: str) -> None:
        if send.approval:
            text, buttons = question(send.approval)
            text += f"\n  approve {send.approval} · refuse {send.approval}" if buttons else ""
        if send.picture and is_picture(Path(send.picture)):
            text += f"\n  {send.picture}"
        if send.answers:
            text += "\n  " + " · ".join(f"{label}: {said}" for label, said in send.answers)
        spoken = Spoken(
            kind=SpokenKind.MESSAGE, turn=_turn_of(send.key), text=text, key=send.key, approval=send.approval or None
        )
        self._screen.show(spoken)

    def _greet(self, record: ClawRecord) -> None:
        """The first screen: who listens, what waited, what comes next."""
        if not self._screen.asks:
            return
        found = look(self._folder, record)
        minds = f"thinks with {one_line(found.model, 100)}" if found.model else "has no model: `help` lists what it understands"
        self._screen.say(f"{found.claw} {minds}. Ctrl-D ends the talk, not the claw.")
        for trouble in found.troubles:
            self._screen.say(f"TROUBLE: {one_line(trouble, 200)}")
        if found.stopped:
            self._screen.say("It is stopped: `go on` lets it continue.")
        if found.process is None:
            self._screen.say("It runs while this talk is open; `overnight up --claw` keeps it running.")
        if found.next:
            self._screen.say(f"next: {moment(found.next.at)} {one_line(found.next.what, 100)}")
        waited = len(record.unsent_over(TERMINAL))
        if waited:
            self._screen.say(f"{counted(waited, 'message')} since you were here:")

    # --- Who runs it ---

    async def _keep_running(self) -> None:
        """Run the claw whenever nobody else does."""
        while True:
            if claw_process(self._folder) is None:
                with suppress(LedgerBusy), ClawRecord(self._folder) as record, record.store.lock():
                    self._runner = make_runner(self._folder, record, make_chats(self._folder), say=self._screen.say)
                    try:
                        await self._runner.run()
                    finally:
                        self._runner = None
            await anyio.sleep(FREE_S)

    def _wake(self) -> None:
        if self._runner is not None:
            self._runner.wake()
        else:
            call_claw(self._folder)

    async def _signals(self, scope: anyio.CancelScope) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, WAKE) as signals:
            async for received in signals:
                if received == WAKE:
                    self._wake()
                    continue
                self._code = INTERRUPTED
                scope.cancel()
                return


def _turn_of(key: str) -> int | None:
    """The turn that a message is from; None if it was said without one."""
    number = key.partition(".")[0]
    return int(number) if number.isdigit() else None


def _history(record: ClawRecord) -> Sequence[str]:
    """What was typed before, oldest first; it is read from the record, so that what is forgotten is not found here either."""
    entries = record.newest_of(["received"], HISTORY)[::-1]
    refs = [e.event.text for e in entries if isinstance(e.event, Received) and e.event.channel == TERMINAL]
    return record.texts(refs)
