"""A turn that its caller cancels while the agent is working."""

import os
from pathlib import Path

import anyio
import anyio.to_thread

from overnight.agents.agent import AgentSession


async def cut_off(session: AgentSession, prompt: str, signal: Path) -> None:
    """Start a turn, and cancel it once the agent has opened the pipe `signal` for writing and closed it."""
    os.mkfifo(signal)

    async def until_at_work(scope: anyio.CancelScope) -> None:
        await anyio.to_thread.run_sync(signal.read_bytes)
        scope.cancel()

    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            tasks.start_soon(until_at_work, scope)
            await session.turn(prompt)
    assert scope.cancelled_caught
