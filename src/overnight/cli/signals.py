"""Ctrl-C, SIGTERM and `overnight stop` as requests to stop, each acknowledged at once."""

import signal
from collections.abc import Callable

import anyio
from anyio.abc import TaskStatus

from overnight.research.loop.stop import Stop

STOP = signal.SIGUSR1  # what `overnight stop` sends, so that it is told from a SIGTERM of the machine
ENDING = "ending when the running trials are recorded"
AGAIN = "Ctrl-C again ends at once"


async def listen(stop: Stop, acknowledge: Callable[[str], None], *, task_status: TaskStatus[None]) -> None:
    """Pass SIGINT, SIGTERM and `overnight stop` on to `stop`, and say what follows from it, until cancelled."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, STOP) as signals:
        task_status.started()
        async for received in signals:
            if received == STOP:
                stop.request("stop: stopped by `overnight stop`")
                acknowledge(f"`overnight stop`: {ENDING}; Ctrl-C ends at once")
                continue
            stop.interrupt(f"signal: {received.name} was received")
            name = "Ctrl-C" if received == signal.SIGINT else received.name
            acknowledge("ending at once" if stop.at_once.cancel_called else f"{name}: {ENDING}; {AGAIN}")
