"""A loop's process writes itself down while it runs: a lock that ends with it, and a heartbeat that says it is not wedged.

The lock is the truth: the kernel releases it with the process, however that ends. What the process wrote down and did not
take back, while nobody holds the lock, is a run that ended unexpectedly.
"""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from overnight.errors import UserError, leaf_errors
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import open_own
from overnight.jobs.identity import own_identity
from overnight.jobs.loop import Ended, Loop, Outcome, Present
from overnight.jobs.records import ENDED, LOCK, NOW, SETUP, make_place, remove, remove_run, write_record, write_soon
from overnight.words.foreign import one_line, printable

BEAT_S = 15.0
LOOK_S = 0.1  # that a loop waits: who only looks holds the lock for a moment
TRIES = 10  # to find the lock of a loop that ends and begins again
REASON = 300  # characters
DOING = 200


class LoopBusy(UserError):  # noqa: N818  # a state
    """Another process runs this loop."""


class Presence:
    """A running loop, as others see it."""

    def __init__(self, place: Path, present: Present, clean: Callable[[str], str] = str) -> None:
        self._place, self._present, self._clean = place, present, clean
        self._ended: tuple[Outcome, str] = (Outcome.DONE, "")

    def beat(self, doing: str = "") -> None:
        """Say that it still works, and on what; a full disk or a deleted folder is no reason to end a loop."""
        self._present = replace(self._present, beat=time.monotonic(), doing=printable(self._clean(doing), DOING))
        with suppress(OSError, UserError):
            write_soon(self._place / NOW, self._present)

    def ends(self, outcome: Outcome, reason: str = "") -> None:
        """Say how it ends, before it does; a loop that says nothing is done."""
        self._ended = (outcome, one_line(self._clean(reason), REASON))

    def fails(self, error: BaseException) -> None:
        """Say that it ends by an error."""
        leaves = leaf_errors(error)
        if all(isinstance(leaf, UserError) for leaf in leaves):
            self.ends(Outcome.MISTAKE, str(leaves[0]))
        elif isinstance(error, KeyboardInterrupt):
            self.ends(Outcome.STOPPED, "Ctrl-C")
        else:
            self.ends(Outcome.CRASHED, f"{type(leaves[0]).__name__}: {leaves[0]}")

    def leave(self) -> None:
        """Take down what was written down; the end is kept if the loop is set up, for the supervisor."""
        outcome, reason = self._ended
        with suppress(OSError, UserError):
            if (self._place / SETUP).exists():
                lasted_s = time.monotonic() - self._present.began
                write_record(self._place / ENDED, Ended(at=time.time(), lasted_s=lasted_s, outcome=outcome, reason=reason))
                remove(self._place / NOW)
            else:
                remove_run(self._place)


@contextmanager
def present(
    loops: Path, loop: Loop, *, stop_signal: signal.Signals = signal.SIGTERM, clean: Callable[[str], str] = str
) -> Iterator[Presence]:
    """Be this loop, for others to see, until the context ends; `clean` takes secrets out of what it writes down.

    Raises:
        LoopBusy: another process is.
        UserError, OSError: it cannot be written down.
    """
    place = make_place(loops, loop.key)
    with locked(place):
        began = time.monotonic()
        now = Present(
            loop=loop,
            process=own_identity(),
            host=socket.gethostname(),
            user=os.getuid(),
            since=time.time(),
            began=began,
            beat=began,
            doing="",
            stop_signal=stop_signal.name,
        )
        presence = Presence(place, now, clean)
        write_soon(place / NOW, now)
        remove(place / ENDED)
        try:
            yield presence
        except BaseException as error:
            presence.fails(error)
            raise
        finally:
            presence.leave()


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """Hold the lock of a loop.

    Raises:
        LoopBusy: another process holds it.
    """
    with closing_descriptor(_held(place)):
        yield


def _held(place: Path) -> int:
    """A descriptor that holds the lock; its file is one that is still there, as a loop that ends may delete it."""
    path = place / LOCK
    for _ in range(TRIES):
        with suppress(FileNotFoundError), ExitStack() as opened:
            file = open_own(path, os.O_RDWR | os.O_CREAT)
            opened.callback(os.close, file)
            if not take_lock(file, within_s=LOOK_S):
                break
            if path.stat().st_ino == os.fstat(file).st_ino:
                opened.pop_all()
                return file
        make_place(place.parent, place.name)
    raise LoopBusy(f"another process runs this loop already (lock {printable(str(path), REASON)})", fix="see `overnight ps`")


def is_held(place: Path) -> bool:
    """Whether a process holds the lock of a loop."""
    with suppress(OSError, UserError), closing_descriptor(open_own(place / LOCK, os.O_RDONLY)) as file:
        return not take_lock(file, shared=True)
    return False


async def keep_beating(presence: Presence, doing: Callable[[], str]) -> None:
    """Beat until cancelled, with what the loop does now."""
    import anyio

    while True:
        presence.beat(doing())
        await anyio.sleep(BEAT_S)
