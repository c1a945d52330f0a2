"""A loop in a thread beside a test, which leaves no connection and no task behind."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def loop_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in a thread while the context lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(_cut_the_rest(loop))
        loop.close()


async def _cut_the_rest(loop: Any) -> None:
    """End what is left: a peer that goes at the same moment may leave an end of TLS, or a connection just accepted."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for transport in list(loop._transports.values()):  # asyncio names no public list of them
        transport.abort() if hasattr(transport, "abort") else transport.close()
    await asyncio.sleep(0)  # each loses its connection in the next round
