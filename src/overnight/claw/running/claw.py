"""The process that keeps looping: it hears the chats, lets what is due fall due, runs one turn after another, and sends.

Nothing is asked of a model, and nothing is written, unless something happened.
"""

from collections.abc import Awaitable, Callable, Mapping

from anyio import CancelScope, Event, create_task_group, move_on_after

from overnight.claw.agenda.keeper import Timekeeper
from overnight.claw.channels.hearing import Hearing
from overnight.claw.charter import Charter, is_stop
from overnight.claw.events import Event as ClawEvent
from overnight.claw.events import Finished, Received, Resumed, ScheduleKind
from overnight.claw.port import Chat
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.reception import Busy, Reception
from overnight.claw.running.sender import Sender
from overnight.claw.running.upkeep import Upkeep
from overnight.claw.turns.turn import TurnRunner
from overnight.ledger.port import Recorded
from overnight.notices.port import Deaf, Message
from overnight.operations.record import open_record
from overnight.operations.views import ApprovalState, state_of
from overnight.words.foreign import one_line

LOOK_S = 1.0  # between looks for what other processes recorded, which cost some microseconds each
WHY = 300
UNDONE = "I am stopped, so nothing was done about this. Say `go on`, then say it again."
STOPPED = "Stopped. Nothing of mine begins until you say `go on`."


class ClawRunner:
    """One claw at work; the caller holds its record's lock."""

    def __init__(
        self,
        record: ClawRecord,
        turns: TurnRunner,
        chats: Mapping[str, Chat],
        *,
        say: Callable[[str], None],
        clean: Callable[[str], str] = str,
        charter: Callable[[], Charter] = Charter,
        environment: Mapping[str, str] | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`charter`: what `claw.yaml` says now; `environment`: what watches see; `close` lets go of what turns have opened."""
        self.record, self._turns, self._chats, self._say = record, turns, chats, say
        self._close, self._charter = close, charter
        self.reception = Reception(record, news=self.wake, stop=self._cut, clean=clean)
        self._senders = [Sender(record, name, chat) for name, chat in chats.items()]
        self.timekeeper = Timekeeper(record, charter, environment=environment)
        self._upkeep = Upkeep(record, charter, say, channels=chats)
        self._news = Event()
        self._turn: CancelScope | None = None

    def wake(self) -> None:
        """Look now whether there is something to do, or to be stopped."""
        if self.record.is_stopped:
            self._cut()
        self._news.set()
        self._news = Event()

    async def run(self, *, until_idle: bool = False) -> None:
        """Loop until cancelled; `until_idle`: end once nothing waits."""
        try:
            async with create_task_group() as tasks:
                for name, chat in self._chats.items():
                    tasks.start_soon(self._hear, name, chat)
                if not until_idle:
                    tasks.start_soon(self.timekeeper.run, self._tell, self._say)
                    for sender in self._senders:
                        tasks.start_soon(self._post, sender)
                    tasks.start_soon(self._upkeep.run, self.wake)
                await self._work(until_idle=until_idle)
                tasks.cancel_scope.cancel()
        finally:
            if self._close is not None:
                with CancelScope(shield=True):
                    await self._close()

    async def _work(self, *, until_idle: bool) -> None:
        while True:
            seen = self._seen()
            stopped = self.record.is_stopped
            if until_idle and not stopped:
                await self.timekeeper.look()
            while cause := self._next_cause():
                await self._run_turn(cause.seq)
                self.wake()
            if until_idle:
                if not stopped:
                    self.timekeeper.courier.release()
                for sender in self._senders:
                    await sender.send_all()
                return
            parked = next((until for _, until in self.record.parked()), None)
            await self._wait(seen, [] if parked is None else [parked])

    def _next_cause(self) -> Recorded[ClawEvent] | None:
        self._resume()
        return self.record.next_cause()

    async def _post(self, sender: Sender) -> None:
        """Send what has to go out over one channel, for ever; a slow one keeps no turn and no other channel waiting."""
        while True:
            seen = self._seen()
            next_send = await sender.send_all()
            await self._wait(seen, [next_send] if next_send is not None else [])

    def _tell(self) -> None:
        """Answer what fell due and needs no mind, also while a turn is under way."""
        for cause in self.record.open_causes(["fired", "finished"]):
            if self.record.is_stopped:
                break
            if isinstance(cause.event, Finished) or getattr(cause.event, "what", None) is ScheduleKind.REMIND:
                self._turns.tell(cause)
        self.wake()

    async def _run_turn(self, seq: int) -> None:
        cause = self.record.event(seq)
        if cause is None:
            return
        if self._is_stopped():
            self._turns.cut(seq, UNDONE if self._is_news(cause) else STOPPED, ran=False)
            return
        minutes = self._charter().turn_minutes
        why = f"This took more than {minutes:g} minutes, so I ended it."
        try:
            with move_on_after(60 * minutes) as self._turn:
                await self._turns.run(cause)
        except Exception as error:  # noqa: BLE001  # the outermost loop: a fault of ours ends one turn
            why = f"A fault of mine ended this: {type(error).__name__}: {one_line(str(error), WHY)}"
            self._say(f"turn {seq}: {why}")
        finally:
            self._turn = None
        if not self.record.is_answered(seq) and not self.record.is_parked(seq):
            self._turns.cut(seq, STOPPED if self.record.is_stopped else why)

    def _is_news(self, cause: Recorded[ClawEvent]) -> bool:
        """Whether it is a message that nothing was done about, and not the STOP itself."""
        event = cause.event
        is_said = isinstance(event, Received) and not is_stop(self.record.text(event.text))
        return is_said and len(self.record.turn(cause.seq)) == 1

    def _is_stopped(self) -> bool:
        return self.record.is_stopped

    def _cut(self) -> None:
        if self._turn is not None:
            self._turn.cancel()

    def _resume(self) -> None:
        """Open a cause for each approval that was answered."""
        asked = self.record.asked()
        if not asked:
            return
        with open_record() as operations:
            for turn, call, number in asked:
                approval = operations.by_number(number)
                state = ApprovalState.EXPIRED if approval is None else state_of(approval, operations.now)
                if state is not ApprovalState.PENDING:
                    granted = state is ApprovalState.GRANTED
                    self.record.open_cause(
                        Resumed(key=f"approval {number} {turn} {call}", turn=turn, call=call, granted=granted)
                    )

    def _seen(self) -> tuple[Event, int]:
        """What tells whether something happens from now on, here or in another process; of each who waits its own."""
        return self._news, self.record.store.version()

    async def _wait(self, seen: tuple[Event, int], times: list[float]) -> None:
        """Until something happened since, or the next of these times."""
        (news, version), began = seen, self.record.clock()
        while not news.is_set():
            rest = min([LOOK_S, *(at - self.record.clock() for at in times)])
            with move_on_after(max(rest, 0.0)):
                await news.wait()
            now = self.record.clock()
            if now < began or any(at <= now for at in times):  # also if the clock was set back
                return
            if self.record.store.version() != version or self.record.asked():
                return

    async def _hear(self, name: str, chat: Chat) -> None:
        await Hearing(self.record, name, chat, say=self._say).run(lambda message: self._take(name, message))

    def _take(self, name: str, message: Message) -> None:
        try:
            self.reception.take(name, message)
        except Busy as busy:
            raise Deaf(str(busy), again=True) from None
