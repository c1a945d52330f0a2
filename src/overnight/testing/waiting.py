"""Waiting for something that another task or thread does without notifying anyone."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 30.0  # for a loaded machine


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true.

    Raises:
        TimeoutError: it did not become true.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.005)
