"""Blocking calls in a thread: the result comes back, and nobody waits for a call that does not end."""

import subprocess
import sys

import anyio
import pytest

from overnight.notices.blocking import run_blocking
from overnight.notices.port import NotSent

GIVES_UP = """
import threading
import anyio
from overnight.notices.blocking import run_blocking

async def main():
    with anyio.move_on_after(0.1):
        await run_blocking(threading.Event().wait)
    print("gone on")

anyio.run(main)
"""


def test_its_end_and_its_error_come_back() -> None:
    """As if it had been called."""
    done: list[int] = []

    def fail() -> None:
        raise NotSent("no", again=False)

    async def walk() -> None:
        await run_blocking(lambda: done.append(1))
        with pytest.raises(NotSent, match="no"):
            await run_blocking(fail)

    anyio.run(walk)
    assert done == [1]


def test_the_end_of_the_process_does_not_wait_for_it() -> None:
    """A server that sends a byte now and then would block the end forever."""
    done = subprocess.run([sys.executable, "-c", GIVES_UP], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "gone on\n"
