"""Sessions of a command with several turns: it runs again, and gets what was said before."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cut_off import cut_off

from overnight.agents.agent import AgentSession
from overnight.agents.command import command_agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.port import Task, TurnFailed
from overnight.agents.recap import SHOWN, TURNS, Recap
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor


@asynccontextmanager
async def opened(tmp_path: Path, text: str, *, patience_s: float = 20.0) -> AsyncIterator[AgentSession]:
    """A session of this shell text, outside the jail."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    context = AgentContext(
        spec=AgentSpec(use="command", command=text),
        executor=ProcessExecutor(slots=1, search_path=os.environ.get("PATH", os.defpath)),
        limits=Limits(wall_s=20.0),
        scratch=tmp_path,
        slot=0,
        patience_s=patience_s,
    )
    async with command_agent(context).open(Task(folder=workspace, role="agent")) as session:
        yield session


def test_three_turns_get_what_was_said(tmp_path: Path) -> None:
    """The first prompt comes as it is; a later one follows the brief and what was asked and answered since."""
    text = "n=$(ls | wc -l); cat > $n.txt; echo answer $n"

    async def talk() -> list[str]:
        async with opened(tmp_path, text) as session:
            return [(await session.turn(prompt)).text for prompt in ("the brief\n", "second", "third")]

    assert asyncio.run(talk()) == ["answer 0\n", "answer 1\n", "answer 2\n"]
    workspace = tmp_path / "workspace"
    assert (workspace / "0.txt").read_text() == "the brief\n"
    assert (workspace / "1.txt").read_text() == "the brief\n\n---\n\nYou answered:\n\n> answer 0\n\n---\n\nsecond"
    assert (workspace / "2.txt").read_text() == (
        "the brief\n\n---\n\nYou answered:\n\n> answer 0\n\n"
        "You were asked:\n\n> second\n\nYou answered:\n\n> answer 1\n\n---\n\nthird"
    )


def test_the_same_prompt_again_is_a_further_turn(tmp_path: Path) -> None:
    """Earlier turns are passed along, even if the prompt is exactly the brief."""

    async def talk() -> str:
        async with opened(tmp_path, "cat") as session:
            await session.turn("again")
            return (await session.turn("again")).text

    assert asyncio.run(talk()) == "again\n\n---\n\nYou answered:\n\n> again\n\n---\n\nagain"


def test_a_session_goes_on_after_faults_failures_and_cut_off_turns(tmp_path: Path) -> None:
    """Each run is a new one; the next prompt reports the outcome of earlier turns."""
    text = """prompt=$(cat)
case "$prompt" in
  *wait) echo > at-work; sleep 1000;;
  *hang) sleep 1000;;
  *break) echo broken; exit 3;;
  *) printf %s "$prompt";;
esac"""

    async def talk() -> str:
        async with opened(tmp_path, text, patience_s=2.0) as session:
            await cut_off(session, "wait", tmp_path / "workspace" / "at-work")
            assert (await session.turn("break")).fault == "the command exited with 3: broken"
            with pytest.raises(TurnFailed, match="it did nothing for 2 s"):
                await session.turn("hang")
            assert session.ended == ""
            return (await session.turn("last")).text

    said = asyncio.run(talk())
    assert said.startswith("wait\n\n---\n\nYou answered:\n\n> (The turn was cut off.)\n\nYou were asked:\n\n> break")
    assert "> broken\n> \n> (The turn ended badly: the command exited with 3: broken)" in said
    assert "> hang\n\nYou answered:\n\n> (The turn came to nothing: it did nothing for 2 s and was ended.)" in said
    assert said.endswith("---\n\nlast")


def test_a_recap_is_bounded_and_printable() -> None:
    """However long the session and its answers: it gets the newest turns, cut in the middle, and a line for the others."""
    recap = Recap()
    recap.add("brief", "\x1b[2J\0" * 100_000)
    for n in range(20):
        recap.add(f"prompt {n} " + "é" * 100_000, "\u202e" * 100_000)
    said = recap.before("last")
    assert len(said) < 2 * TURNS * (2 * SHOWN + 200)
    assert all(character.isprintable() or character == "\n" for character in said)
    assert f"({21 - TURNS} earlier turns are left out here.)" in said
    assert "prompt 19" in said and "prompt 15 " not in said
    assert said.startswith("brief\n\n---") and said.endswith("---\n\nlast")
