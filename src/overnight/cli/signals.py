"""Ctrl-C, SIGTERM and `overnight stop` as requests to stop, each acknowledged at once."""

import signal
from collections.abc import Callable

import anyio
from anyio.abc import TaskStatus

from overnight.ledger.lock import WAKE
from overnight.research.ending import Ending, EndReason
from overnight.research.loop.stop import Stop

ENDING = "ending when the running trials are recorded"
AGAIN = "Ctrl-C again ends at once"


async def listen(stop: Stop, acknowledge: Callable[[str], None], *, task_status: TaskStatus[None]) -> None:
    """Pass SIGINT and SIGTERM on to `stop`, and acknowledge these and `overnight stop`, until cancelled."""
    stop.heard = lambda ending: acknowledge(f"{ending.detail}: {ENDING}; Ctrl-C ends at once")
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, WAKE) as signals:
        task_status.started()
        async for received in signals:
            if received == WAKE:
                stop.wake()
                continue
            by_hand = received == signal.SIGINT
            reason = EndReason.INTERRUPT if by_hand else EndReason.SIGNAL
            name = "Ctrl-C" if by_hand else received.name
            stop.interrupt(Ending(reason=reason, detail=f"stopped by {name}"))
            acknowledge("ending at once" if stop.at_once.cancel_called else f"{name}: {ENDING}; {AGAIN}")
