"""Waiting for what another task or thread is about to do, and tells nobody of."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 30.0  # a loaded machine's


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it never was.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # nobody tells of it
            await asyncio.sleep(0.005)
