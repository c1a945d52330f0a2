"""The token of a session's models is in no word of an agent that we keep, whatever kind of agent says it."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_models import ScriptedModels

from overnight.agents.acp.agent import acp_agent
from overnight.agents.agent import Agent
from overnight.agents.command import command_agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.own.agent import own_agent
from overnight.agents.port import Task, TurnFailed
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.provider import Prices, Provider
from overnight.models.usage import Wire
from overnight.words.secret import HIDDEN

PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
COMPLAINS = 'echo "connect to $OVERNIGHT_MODELS/v1 failed, token ${OVERNIGHT_MODELS##*/}" >&2; '
SHORTENS = 'printf "%.34s... is refused" "$OVERNIGHT_MODELS" >&2; '  # with the token's first characters
ENDS = 'echo "...${OVERNIGHT_MODELS#????????????????????????????????????????}" >&2; '  # with its last ones


def leaks(text: str, url: str) -> bool:
    """Whether a text has eight characters of the token's beginning or end, or of the whole."""
    token = url.rpartition("/")[2]
    return token[:8] in text or token[-8:] in text


def words_of(makes: Callable[[AgentContext], Agent], text: str, place: Path, models: ScriptedModels) -> tuple[str, str]:
    """All that is kept of an agent's one turn, and the URL that must not be in it."""
    (place / "work").mkdir()
    kept: list[str] = []

    async def talk() -> str:
        provider = Provider(name="p", base_url=models.url("ok"), wires=(Wire.OPENAI_CHAT,))
        async with Gateway([provider], Prices(), allowance=SpendingLimit(), called=lambda _: None, environment={}) as gateway:
            context = AgentContext(
                spec=AgentSpec(use="any", command=text),
                executor=ProcessExecutor(slots=1, search_path=PATH),
                limits=Limits(wall_s=30.0),
                scratch=place,
                slot=0,
                models=gateway,
                keep_transcript=lambda _, transcript: kept.append(transcript.render("it")),
            )
            async with makes(context).open(Task(folder=place / "work", role="r")) as session:
                assert session.run is not None
                try:
                    turn = await session.turn("the brief")
                    kept.extend([turn.text, turn.fault])
                except TurnFailed as failed:
                    kept.append(str(failed))
                kept.append(session.ended)
                return session.run.url

    url = asyncio.run(talk())
    return "\n".join(kept), url


@pytest.mark.parametrize("line", [COMPLAINS, SHORTENS, ENDS])
@pytest.mark.parametrize("end", ["exit 3", "exit 0"])
def test_a_command_that_prints_its_url(tmp_path: Path, models: ScriptedModels, line: str, end: str) -> None:
    """In its error line, in its hypothesis, in its transcript: whole, or the part that a shortened line leaves."""
    said, url = words_of(command_agent, line + end, tmp_path, models)
    assert HIDDEN in said
    assert not leaks(said, url)


def test_an_acp_agent_that_complains_of_its_url(tmp_path: Path, models: ScriptedModels) -> None:
    """Its last line on stderr is the reason for the failure, without the token."""
    said, url = words_of(acp_agent, COMPLAINS + "exit 1", tmp_path, models)
    assert "failed, token" in said
    assert HIDDEN in said
    assert not leaks(said, url)


def test_our_own_agents_model_that_repeats_the_url(tmp_path: Path, models: ScriptedModels) -> None:
    """What a command of its shell printed, and what its model says, loses the token too."""
    models.command = COMPLAINS
    said, url = words_of(own_agent, "", tmp_path, models)
    assert "the brief" in said
    assert not leaks(said, url)
