"""Our own agent and our editor when no provider of any wire can be asked, as campaigns see it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from gateways import gateway, provider
from scripted_models import ScriptedModels

from overnight.agents.agent import Agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.editor.editor import editor_agent
from overnight.agents.own.agent import own_agent
from overnight.agents.port import Task
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.port import ModelsParked
from overnight.models.usage import Wire

OURS = pytest.mark.parametrize("make", [own_agent, editor_agent])


@OURS
@pytest.mark.parametrize("advises", [False, True])
def test_the_wait_is_that_of_the_soonest_provider(
    tmp_path: Path, models: ScriptedModels, make: Callable[[AgentContext], Agent], advises: bool
) -> None:
    """One provider broken, one out of quota, each on a wire of its own: it is waited for the quota, and both are named."""
    chain = [provider(models, "e401", wires=(Wire.ANTHROPIC,)), provider(models, "e429q", wires=(Wire.OPENAI_CHAT,))]

    async def walk() -> None:
        async with gateway(chain) as opened:
            context = AgentContext(
                spec=AgentSpec(use="agent"),
                executor=ProcessExecutor(slots=1, search_path=""),
                limits=Limits(),
                scratch=tmp_path,
                slot=0,
                models=opened.gateway,
            )
            async with make(context).open(Task(folder=tmp_path, role="r", advises=advises)) as session:
                await session.turn("the brief")

    with pytest.raises(ModelsParked) as parked:
        asyncio.run(walk())
    assert parked.value.wait_s is not None
    assert "e401: 401" in str(parked.value) and "e429q: 429" in str(parked.value)
