"""The process that runs a claw: it holds the record, is listed by `overnight ps`, and ends in good order when asked to."""

import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import anyio

from overnight.claw.port import Chat
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.claw import ClawRunner
from overnight.claw.running.process import claw_loop
from overnight.claw.running.trouble import run_on
from overnight.errors import InternalError, LedgerBusy, UserError
from overnight.jobs.presence import BEAT_S, Presence, present
from overnight.jobs.records import loops_folder
from overnight.ledger.lock import WAKE

FREE_S = 2.0  # between tries to run what another process runs
Made = Callable[[Path, ClawRecord, Mapping[str, Chat], Callable[[str], None]], ClawRunner]


def run_claw(
    folder: Path, chats: Mapping[str, Chat], make: Made, *, say: Callable[[str], None], when_free: bool = False
) -> None:
    """Run a claw until a signal; `when_free`: if another process does, once it ends.

    Raises:
        LedgerBusy: another process runs it.
    """
    with ClawRecord(folder) as record, ExitStack() as held:
        _hold(record, held, say, when_free=when_free)
        say(f"{folder.name} runs; Ctrl-C ends it, and loses nothing")
        runner = make(folder, record, chats, say)
        presence: Presence | None = None
        try:
            presence = held.enter_context(present(loops_folder(), claw_loop(folder)))
        except (OSError, UserError) as error:
            say(f"`overnight ps` does not show it: {error}")
        anyio.run(partial(_run, runner, presence, say))


def _hold(record: ClawRecord, held: ExitStack, say: Callable[[str], None], *, when_free: bool) -> None:
    said = False
    while True:
        try:
            held.enter_context(record.store.lock())
        except LedgerBusy as busy:
            what = f"process {busy.process or '?'} runs it already"
            if not when_free:
                fix = "`overnight claw chat` talks to it; `overnight ps` shows what runs"
                raise LedgerBusy(what, process=busy.process, fix=fix) from busy
            if not said:
                say(f"{what}: this one begins when it ends")
                said = True
            time.sleep(FREE_S)
        else:
            return


async def _run(runner: ClawRunner, presence: Presence | None, say: Callable[[str], None]) -> None:
    async with anyio.create_task_group() as tasks:
        if presence is not None:
            tasks.start_soon(_beat, presence, runner)
        tasks.start_soon(run_on, runner, say)
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, WAKE) as signals:
            async for received in signals:
                if received != WAKE:
                    break
                runner.wake()
        tasks.cancel_scope.cancel()


async def _beat(presence: Presence, runner: ClawRunner) -> None:
    """Say that it works as long as it keeps time; without that, `overnight ps` shows it as stuck."""
    while True:
        if runner.timekeeper.stands:
            raise InternalError("the schedule stands still, so the claw ends; `overnight up` starts it again")
        if not runner.timekeeper.is_late:
            presence.beat(runner.timekeeper.doing())
        await anyio.sleep(BEAT_S)
