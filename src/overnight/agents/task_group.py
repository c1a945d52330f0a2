"""A task group whose tasks belong to one piece of work: its error is the work's own, not a group of one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from overnight.errors import leaf_errors


@asynccontextmanager
async def companion_tasks() -> AsyncIterator[TaskGroup]:
    """Tasks that run along with the body; they are cancelled when it ends, and the first error is raised as it is."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as several:
        raise leaf_errors(several)[0] from None
