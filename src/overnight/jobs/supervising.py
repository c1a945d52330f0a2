"""The process of the supervisor, one for each user and machine: it looks, waits, and ends its loops when it is told to end.

It looks every few seconds, and at once if a loop that it started ends or `overnight up` calls. Killed at any moment, it leaves
all loops running.
"""

import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from overnight.jobs.loop import SUPERVISOR, Loop, Outcome
from overnight.jobs.presence import BEAT_S, Presence, present
from overnight.jobs.supervisor import Supervisor
from overnight.words.quantities import counted

LOOK_S = 2.0  # between two looks at the registry
CALL = signal.SIGHUP  # look at once
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_SIGNALS = (*_ENDING, CALL, signal.SIGCHLD)


def supervise(supervisor: Supervisor, ready: Callable[[], None], alive: Callable[[], None]) -> None:
    """Be the supervisor until a signal ends it; then end all loops in good order.

    A second signal leaves those that still run to themselves.

    Raises:
        LoopBusy: another process is.
    """
    loop = Loop(system=SUPERVISOR, folder=str(supervisor.loops))
    with _received() as received, present(supervisor.loops, loop) as presence:  # a call may come as soon as others see us
        beat = _Beat(presence=presence, alive=alive)
        supervisor.look()
        ready()
        while not _ENDING & set(received(LOOK_S)):
            running = sum(entry.runs for entry in supervisor.look().entries)
            beat(f"{counted(running, 'loop')} running")
        supervisor.say("ending all loops")
        while left := supervisor.end_all():
            beat(f"waiting for {', '.join(left)}")
            if _ENDING & set(received(LOOK_S)):
                supervisor.say(f"leaving {', '.join(left)} to end by itself")
                break
        presence.ends(Outcome.STOPPED)


@dataclass(slots=True, kw_only=True)
class _Beat:
    """A heartbeat that is not written more often than it is worth."""

    presence: Presence
    alive: Callable[[], None]
    newest: float = -BEAT_S
    doing: str = ""

    def __call__(self, doing: str) -> None:
        now = time.monotonic()
        if now - self.newest >= BEAT_S or doing != self.doing:
            self.newest, self.doing = now, doing
            self.presence.beat(doing)
            self.alive()


@contextmanager
def _received() -> Iterator[Callable[[float], Sequence[int]]]:
    """A wait, at most this many seconds, that returns the signals that came meanwhile or since the last one."""
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
        old = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

        def wait(seconds: float) -> Sequence[int]:
            select.select([reader], [], [], seconds)
            with suppress(BlockingIOError):
                return list(reader.recv(4096))
            return []

        try:
            yield wait
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
