"""Twins that run beside a test: on a loop in a thread, so that the test may wait, run commands and kill them."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Beside:
    """A loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self) -> None:
        """End the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@contextmanager
def beside(*twins: Any) -> Iterator[Beside]:
    """Twins that listen on loopback while the context lasts, each on a port of its own."""
    loop = Beside()
    try:
        for each in twins:
            loop.run(each.start("127.0.0.1", 0))
        yield loop
        for each in twins:
            loop.run(each.stop())
    finally:
        loop.close()
