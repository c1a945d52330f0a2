"""Runs a blocking call in a thread that nobody waits for, not even the end of our process.

The interpreter joins anyio's worker threads at exit: a server that sends a byte now and then would block that forever.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress


async def run_blocking(call: Callable[[], None]) -> None:
    """Run a call in a thread; on cancellation the thread is abandoned.

    Raises:
        Exception: what the call raised.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def tell(error: Exception | None) -> None:
        if ended.done():
            return
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    def run() -> None:
        error = None
        try:
            call()
        except Exception as raised:  # noqa: BLE001  # passed on to the caller, in another thread
            error = raised
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=run, daemon=True).start()
    await ended
