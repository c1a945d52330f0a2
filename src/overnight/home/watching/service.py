"""The process that watches the home: there is one, it is listed by `overnight ps`, and it ends when it is asked to."""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from overnight.errors import LedgerBusy, UserError
from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.watching.watcher import Watcher
from overnight.jobs.loop import Loop
from overnight.jobs.presence import keep_beating, present
from overnight.jobs.records import loops_folder
from overnight.ledger.lock import hold, holder

SYSTEM = "home"  # of its loop


def home_loop() -> Loop:
    """The watch as a loop of this machine."""
    return Loop(system=SYSTEM, folder=str(home_folder()))


def watch_process(folder: Path) -> int | None:
    """The process that watches; None if none does."""
    return holder(folder)


def run_watch(record: HomeRecord, *, every_s: float, say: Callable[[str], None]) -> None:
    """Watch until a signal.

    Raises:
        LedgerBusy: another process does.
    """
    import anyio

    with ExitStack() as held:
        try:
            held.enter_context(hold(record.folder))
        except LedgerBusy as busy:
            fix = "`overnight ps` shows it, `overnight down home` ends it"
            raise LedgerBusy(f"process {busy.process or '?'} watches the home already", process=busy.process, fix=fix) from busy
        say(f"watching {sum(bool(each.alias) for each in record.devices())} devices; Ctrl-C ends it, and loses nothing")
        anyio.run(_run, record, every_s, say)


async def _run(record: HomeRecord, every_s: float, say: Callable[[str], None]) -> None:
    import anyio

    from overnight.home.watching.cameras import CameraWatch  # loads what looks at pictures
    from overnight.home.watching.interlocks import InterlockWatch

    watcher, cameras = Watcher(record, say=say, every_s=every_s), CameraWatch(record, say=say)
    interlocks = InterlockWatch(record, say=say)
    with ExitStack() as held, anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as tasks:
            try:
                presence = held.enter_context(present(loops_folder(), home_loop()))
            except (OSError, UserError) as error:
                say(f"`overnight ps` does not show it: {error}")
            else:
                tasks.start_soon(keep_beating, presence, lambda: watcher.doing() + cameras.doing())
            tasks.start_soon(watcher.run)
            tasks.start_soon(cameras.run)
            tasks.start_soon(interlocks.run)
            async for _ in signals:
                break
            tasks.cancel_scope.cancel()
