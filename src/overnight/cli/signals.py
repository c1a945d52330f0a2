"""Ctrl-C and SIGTERM as requests to stop."""

import signal

import anyio
from anyio.abc import TaskStatus

from overnight.loop.stop import Stop


async def listen(stop: Stop, *, task_status: TaskStatus[None]) -> None:
    """Pass SIGINT and SIGTERM on to `stop`, until cancelled."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for received in signals:
            stop.interrupt(f"signal: {received.name} was received")
