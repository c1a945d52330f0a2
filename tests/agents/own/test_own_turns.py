"""Sessions of our own agent with several turns."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cut_off import cut_off
from scripted_models import ScriptedModels, scripted_models
from scripted_run import Answer, FakeModels, FakeRun, Json

from overnight.agents.agent import AgentSession
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.own.agent import own_agent
from overnight.agents.own.prompt import NOT_RUN
from overnight.agents.port import Task, Turn, TurnFailed
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.port import Models, ModelsParked, RequestRefused
from overnight.models.provider import Prices, Provider
from overnight.models.usage import Wire

SEARCH_PATH = os.environ.get("PATH", os.defpath)


@asynccontextmanager
async def opened(tmp_path: Path, models: Models) -> AsyncIterator[AgentSession]:
    """A session of our agent, with its shell outside the jail."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    context = AgentContext(
        spec=AgentSpec(use="agent"),
        executor=ProcessExecutor(slots=1, search_path=SEARCH_PATH),
        limits=Limits(wall_s=20.0),
        scratch=tmp_path,
        slot=0,
        models=models,
    )
    async with own_agent(context).open(Task(folder=workspace, role="agent")) as session:
        yield session


def contents(body: Json) -> list[str]:
    """The text of each message of a request after the system prompt; on the chat wire."""
    return [str(message["content"]) for message in body["messages"][1:]]


def test_three_turns_are_one_dialogue(tmp_path: Path) -> None:
    """Each request begins with the previous one, and each turn has its own answer."""
    run = FakeRun(answers=["yes", ("echo hello",), "hello it was", "bye"])

    async def talk() -> list[str]:
        async with opened(tmp_path, FakeModels(run=run)) as session:
            return [(await session.turn(prompt)).text for prompt in ("one", "two", "three")]

    assert asyncio.run(talk()) == ["yes", "hello it was", "bye"]
    said = ["one", "yes", "two", "None", "exit code 0\nhello\n", "hello it was", "three"]
    assert contents(run.bodies[-1]) == said
    assert [contents(body) for body in run.bodies] == [said[:1], said[:3], said[:5], said]


@pytest.mark.parametrize("failure", [RequestRefused("p refuses the request: 400"), ModelsParked("out of quota")])
@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_a_dialogue_goes_on_after_a_request_without_an_answer(tmp_path: Path, failure: Exception, wire: Wire) -> None:
    """The next request has everything that was said, including what was not answered."""
    run = FakeRun(answers=["yes", failure, "bye"], wire=wire)

    async def talk() -> Turn:
        async with opened(tmp_path, FakeModels(run=run)) as session:
            await session.turn("one")
            with pytest.raises((TurnFailed, ModelsParked), match=str(failure)):
                await session.turn("two")
            assert session.ended == ""
            return await session.turn("three")

    assert asyncio.run(talk()) == Turn(text="bye")
    assert all(word in str(run.bodies[-1]) for word in ("one", "yes", "two", "three"))


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_calls_that_were_not_run_have_a_result(tmp_path: Path, wire: Wire) -> None:
    """A turn that ends between two calls leaves a dialogue that the wires accept: one result for each call."""
    answers: list[Answer] = [*[("cat x",)] * 3, ("cat x", "cat y", "cat z"), "bye"]
    run = FakeRun(answers=answers, wire=wire)

    async def talk() -> Turn:
        async with opened(tmp_path, FakeModels(run=run)) as session:
            assert "repeated the same command" in (await session.turn("one")).fault
            return await session.turn("two")

    assert asyncio.run(talk()) == Turn(text="bye")
    sent = str(run.bodies[-1])
    assert [sent.count(f"'call-4-{n}'") for n in range(3)] == [2, 2, 2], "each once as a call, once as a result"
    assert sent.count(NOT_RUN) == 2


def test_a_turn_that_was_cut_off_can_be_followed(tmp_path: Path) -> None:
    """If the caller cancels during a command, the command counts as not run, and the dialogue continues."""
    run = FakeRun(answers=[("echo > at-work; sleep 1000",), "bye"])

    async def talk() -> Turn:
        async with opened(tmp_path, FakeModels(run=run)) as session:
            await cut_off(session, "one", tmp_path / "workspace" / "at-work")
            assert session.ended == ""
            return await session.turn("two")

    assert asyncio.run(talk()) == Turn(text="bye")
    assert contents(run.bodies[-1])[-2:] == [NOT_RUN, "two"]


def test_a_command_may_come_again_in_the_next_turn(tmp_path: Path) -> None:
    """Repetitions are counted within a turn, because a new prompt may ask for the same command."""
    run = FakeRun(answers=[("cat x",), "no x", ("cat x",), "still no x", ("cat x",), "none", ("cat x",), "none"])

    async def talk() -> list[str]:
        async with opened(tmp_path, FakeModels(run=run)) as session:
            return [(await session.turn("look for x")).fault for _ in range(4)]

    assert asyncio.run(talk()) == [""] * 4


@pytest.fixture
def models() -> Iterator[ScriptedModels]:
    """A scripted provider."""
    with scripted_models() as server:
        yield server


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_three_turns_over_the_gateway(tmp_path: Path, models: ScriptedModels, wire: Wire) -> None:
    """A provider accepts each further prompt on both wires, and all calls of the session are counted."""
    provider = Provider(name="p", base_url=models.url("ask"), wires=(wire,), silence_s=10.0)

    async def talk() -> tuple[list[str], int]:
        async with (
            Gateway([provider], Prices(), allowance=SpendingLimit(), called=lambda _: None, environment={}) as gateway,
            opened(tmp_path, gateway) as session,
        ):
            answers = [(await session.turn(prompt)).text for prompt in ("one", "two", "three")]
            return answers, session.usage.calls

    assert asyncio.run(talk()) == ([models.question] * 3, 3)


def test_the_transcript_has_each_command_and_what_it_returned(tmp_path: Path) -> None:
    """In order, with the model's messages and the reason why a turn failed."""
    run = FakeRun(answers=[("echo hello", "exit 3"), "hello it was", RequestRefused("p refuses the request: 400")])

    async def talk() -> list[tuple[str, str]]:
        async with opened(tmp_path, FakeModels(run=run)) as session:
            await session.turn("one")
            with pytest.raises(TurnFailed):
                await session.turn("two")
            return [(entry.kind.name, entry.text) for entry in session.transcript.entries]

    assert asyncio.run(talk()) == [
        ("PROMPT", "one"),
        ("CALL", "echo hello"),
        ("OUTPUT", "exit code 0\nhello\n"),
        ("CALL", "exit 3"),
        ("OUTPUT", "exit code 3\n"),
        ("MESSAGE", "hello it was"),
        ("PROMPT", "two"),
        ("FAULT", "p refuses the request: 400"),
    ]
