"""Twins that run beside a test: on a loop in a thread, so that the test may wait, run commands and kill them."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from loop_threads import loop_thread

T = TypeVar("T")


class Beside:
    """A loop in a thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


@contextmanager
def beside(*twins: Any) -> Iterator[Beside]:
    """Twins that listen on loopback while the context lasts, each on a port of its own."""
    with loop_thread() as thread:
        loop = Beside(thread)
        for each in twins:
            loop.run(each.start("127.0.0.1", 0))
        yield loop
        for each in twins:
            loop.run(each.stop())
