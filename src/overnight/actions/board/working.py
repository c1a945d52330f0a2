"""The process that runs the board: it holds the record, is listed by `overnight ps`, and ends in good order when asked to."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

import anyio
from anyio.abc import TaskGroup, TaskStatus

from overnight.actions.board.board import BoardRunner
from overnight.actions.board.notifying import notifying
from overnight.actions.board.schedule import could_begin
from overnight.actions.board.service import board_loop
from overnight.actions.state import FLOWING, Stage
from overnight.errors import LedgerBusy, UserError
from overnight.jobs.loop import Outcome
from overnight.jobs.presence import keep_beating, present
from overnight.jobs.records import loops_folder
from overnight.ledger.lock import WAKE
from overnight.research.ending import Ending, EndReason
from overnight.research.loop.stop import Stop
from overnight.secrets.broker import user_broker
from overnight.words.quantities import counted

ENDING = "ending when the steps under way have ended, within {:g} s"
AT_ONCE = "ending at once; what is under way is kept"
OUT_OF_WORK = Ending(reason=EndReason.SESSION, detail="nothing is left to do")
IDLE_S = 600.0  # after which a board that was started in the background ends by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """How the board is run."""

    say: Callable[[str], None]  # one line, for whoever started it
    idle_s: float | None = None  # it ends after so long without work; None: it waits for more
    until_idle: bool = False  # it ends once nothing can go on without a person


async def work(board: BoardRunner, session: Session) -> None:
    """Run the board until it is asked to end.

    Raises:
        LedgerBusy: another process runs it.
    """
    await _work(board, session)
    with suppress(LedgerBusy):  # then another one has begun
        while board.stop.ending is OUT_OF_WORK and has_work(board):  # that was asked for while it ended
            await _work(board, session)


async def _work(board: BoardRunner, session: Session) -> None:
    with ExitStack() as held:
        try:
            held.enter_context(board.record.store.lock())
        except LedgerBusy as busy:
            fix = "`overnight board` shows what it does"
            raise LedgerBusy(f"process {busy.process or '?'} runs the board already", process=busy.process, fix=fix) from busy
        stop = Stop()
        async with anyio.create_task_group() as tasks:
            await tasks.start(_listen, stop, board.grace_s, session.say)
            with _in_registry(tasks, board, stop, session.say):
                if session.idle_s is not None:
                    tasks.start_soon(_end_if_idle, board, stop, session.idle_s)
                notices = notifying(board.record, user_broker().environment, most_waiting=board.most_waiting)
                async with notices as dispatcher:
                    await board.run(stop=stop, until_idle=session.until_idle)
                held.close()  # before it leaves the registry, where another one may be started then

                for problem in dispatcher.problems:
                    session.say(problem)
            tasks.cancel_scope.cancel()


async def _listen(stop: Stop, grace_s: float, say: Callable[[str], None], *, task_status: TaskStatus[None]) -> None:
    """Pass signals on: the first one ends the board in good order, a second one at once; one wakes it."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, WAKE) as signals:
        task_status.started()
        async for received in signals:
            if received != WAKE:
                reason = EndReason.INTERRUPT if received == signal.SIGINT else EndReason.SIGNAL
                stop.interrupt(Ending(reason=reason, detail=f"stopped by {received.name}"))
                say(AT_ONCE if stop.at_once.cancel_called else ENDING.format(grace_s))
            stop.wake()


async def _end_if_idle(board: BoardRunner, stop: Stop, idle_s: float) -> None:
    """End a board that has had nothing to do for a while: it is started again when there is."""
    until = anyio.current_time() + idle_s
    while True:
        await anyio.sleep_until(until)
        if board.idle and not has_work(board):
            stop.request(OUT_OF_WORK)
            stop.wake()
            return
        until = anyio.current_time() + idle_s


def has_work(board: BoardRunner) -> bool:
    """Whether there is anything that could go on without a person."""
    now = board.record.board()
    if now.in_stage(*FLOWING):
        return True
    return len(now.in_stage(Stage.WAITING)) < board.most_waiting and could_begin(now)


@contextmanager
def _in_registry(tasks: TaskGroup, board: BoardRunner, stop: Stop, say: Callable[[str], None]) -> Iterator[None]:
    """Be listed while the context lasts; a registry that cannot be written keeps no board from running."""
    with ExitStack() as stack:
        try:
            presence = stack.enter_context(present(loops_folder(), board_loop(board.record.folder)))
        except (OSError, UserError) as error:
            say(f"`overnight ps` does not show the board: {error}")
            yield
            return
        tasks.start_soon(keep_beating, presence, lambda: words_of(board))
        yield
        ending = stop.ending
        by_hand = ending is not None and ending.reason is EndReason.INTERRUPT
        by_signal = ending is not None and ending.reason is EndReason.SIGNAL
        outcome = Outcome.STOPPED if by_hand else Outcome.SIGNAL if by_signal else Outcome.DONE
        presence.ends(outcome, ending.detail if ending else "")


def words_of(board: BoardRunner) -> str:
    """What the board does, one line."""
    now = board.record.board()
    working, results = len(board.now.running) if board.now else 0, len(now.in_stage(Stage.WAITING))
    queued = len(now.in_stage(Stage.QUEUED))
    return f"{counted(working, 'action')} at work, {queued} queued, {counted(results, 'result')} to be judged"
