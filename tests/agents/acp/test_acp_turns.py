"""Sessions over ACP with several turns, and when they end."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cut_off import cut_off
from scripted_acp import command

from overnight.agents.acp.agent import acp_agent
from overnight.agents.acp.updates import Updates
from overnight.agents.agent import AgentSession
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.port import Task, TurnFailed
from overnight.agents.transcript import TRANSCRIPT_BYTES, Transcript
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor

PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"


@asynccontextmanager
async def opened(tmp_path: Path, script: str, *, patience_s: float = 20.0) -> AsyncIterator[AgentSession]:
    """A session with this agent, as a process outside the jail."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    context = AgentContext(
        spec=AgentSpec(use="acp", command=command(script)),
        executor=ProcessExecutor(slots=1, search_path=PATH),
        limits=Limits(wall_s=30.0, memory_bytes=500 * 1000**2),
        scratch=tmp_path,
        slot=0,
        patience_s=patience_s,
    )
    async with acp_agent(context).open(Task(folder=workspace, role="agent")) as session:
        yield session


def test_three_turns_are_one_session(tmp_path: Path) -> None:
    """The same process gets each prompt as it is, and each turn has only its own text."""
    script = """
def prompt(text):
    say(f"{len(turns)}: {turns[0]} {text}")
    return "end_turn"
"""

    async def talk() -> list[str]:
        async with opened(tmp_path, script) as session:
            return [(await session.turn(prompt)).text for prompt in ("one", "two", "three")]

    assert asyncio.run(talk()) == ["1: one one", "2: one two", "3: one three"]


def test_a_session_goes_on_after_a_fault_and_a_refusal(tmp_path: Path) -> None:
    """A turn that ends badly is a fault, and a refused prompt a failure; neither ends the session."""
    script = """
def prompt(text):
    if text == "two":
        send({"id": message["id"], "error": {"code": -32603, "message": "internal error"}})
        message["id"] = "answered already"
        return "end_turn"
    say(text)
    return "max_tokens" if text == "one" else "end_turn"
"""

    async def talk() -> None:
        async with opened(tmp_path, script) as session:
            assert (await session.turn("one")).fault == "the agent ended: max_tokens"
            assert session.ended == ""
            with pytest.raises(TurnFailed, match="the agent refuses: internal error"):
                await session.turn("two")
            assert session.ended == ""
            turn = await session.turn("three")
            assert (turn.text, turn.fault) == ("three", "")

    asyncio.run(talk())


def test_a_session_whose_agent_died_has_ended(tmp_path: Path) -> None:
    """The reason has its last message, and a further turn fails with the same reason."""
    script = """
def prompt(text):
    if len(turns) == 2:
        sys.exit("out of luck")
    return "end_turn"
"""

    async def talk() -> None:
        async with opened(tmp_path, script) as session:
            await session.turn("one")
            with pytest.raises(TurnFailed, match="the agent ended before it answered: out of luck"):
                await session.turn("two")
            assert session.ended == "the agent ended before it answered: out of luck"
            with pytest.raises(TurnFailed, match="the session has ended: the agent ended before it answered"):
                await session.turn("three")

    asyncio.run(talk())


def test_a_session_whose_agent_hung_has_ended(tmp_path: Path) -> None:
    """Its remaining messages could be mistaken for those of the next turn."""

    async def talk() -> None:
        async with opened(tmp_path, "def prompt(text): time.sleep(1000)", patience_s=0.5) as session:
            with pytest.raises(TurnFailed, match="it did nothing"):
                await session.turn("one")
            assert session.ended == "it did nothing for 0.5 s and was ended"

    asyncio.run(talk())


def test_a_session_whose_turn_was_cut_off_has_ended(tmp_path: Path) -> None:
    """The caller stopped waiting while the agent was working."""
    script = """
def prompt(text):
    open("at-work", "w").close()
    time.sleep(1000)
"""

    async def talk() -> None:
        async with opened(tmp_path, script) as session:
            await cut_off(session, "one", tmp_path / "workspace" / "at-work")
            assert session.ended.startswith("a turn was cut off")
            with pytest.raises(TurnFailed, match="the session has ended: a turn was cut off"):
                await session.turn("two")

    asyncio.run(talk())


def test_a_session_that_never_opened_has_ended(tmp_path: Path) -> None:
    """An agent of another version is not asked twice."""

    async def talk() -> None:
        async with opened(tmp_path, "version = 2") as session:
            with pytest.raises(TurnFailed, match="speaks version 2 of ACP"):
                await session.turn("one")
            assert "speaks version 2 of ACP" in session.ended

    asyncio.run(talk())


def test_the_transcript_has_what_the_agent_reports(tmp_path: Path) -> None:
    """Messages and thoughts with their chunks merged, tool calls with their results, and plans; odd updates are skipped."""
    script = """
def update(name, **more):
    send({"method": "session/update", "params": {"sessionId": "s", "update": {"sessionUpdate": name, **more}}})

def prompt(text):
    for part in ("let me ", "see"):
        update("agent_thought_chunk", content={"type": "text", "text": part})
    steps = [{"content": "look", "status": "pending", "priority": "high"}, {"content": "edit", "status": "pending"}]
    update("plan", entries=steps)
    update("tool_call", toolCallId="t1", title="Read train.py", kind="read", status="pending")
    update("tool_call_update", toolCallId="t1", status="in_progress")
    update("tool_call_update", toolCallId="t1", status="completed")
    update("tool_call", toolCallId="t2", kind="execute", status="failed")
    update("tool_call", toolCallId=7, title=[])
    update("plan", entries="none")
    update("agent_thought_chunk")
    say("all ")
    say("done")
    return "refusal"
"""

    async def talk() -> list[tuple[str, str]]:
        async with opened(tmp_path, script) as session:
            assert (await session.turn("one")).text == "all done"
            return [(entry.kind.name, entry.text) for entry in session.transcript.entries]

    assert asyncio.run(talk()) == [
        ("PROMPT", "one"),
        ("THOUGHT", "let me see"),
        ("PLAN", "[pending] look\n[pending] edit"),
        ("CALL", "Read train.py"),
        ("OUTPUT", "Read train.py: completed"),
        ("CALL", "execute"),
        ("OUTPUT", "execute: failed"),
        ("MESSAGE", "all done"),
        ("FAULT", "the agent ended: refusal"),
    ]


def test_what_is_remembered_of_tool_calls_is_bounded(tmp_path: Path) -> None:
    """Many calls, long titles and long ids: the transcript and the memory of titles stay within their limits."""
    transcript = Transcript()
    updates = Updates(transcript)
    for n in range(20_000):
        call = {"sessionUpdate": "tool_call", "toolCallId": f"{n} " + "x" * 10 * (n % 100), "title": "t" * 10_000}
        updates.read({"update": call})
    assert len(transcript.render("").encode()) <= TRANSCRIPT_BYTES
    assert len(updates._titles) <= 256
    assert all(len(key) + len(title) <= 600 for key, title in updates._titles.items())
