"""Asking models on whichever wire a provider is alive, through the real gateway."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from gateways import gateway, provider
from scripted_models import Reply, ScriptedModels
from scripted_run import FakeRun

from overnight.agents.asking import Asker
from overnight.agents.own.tool import SHELL, ShellCommand
from overnight.agents.port import TurnFailed
from overnight.agents.transcript import EntryKind, Transcript
from overnight.models.asking.ask import Answer
from overnight.models.asking.messages import Message, UserMessage
from overnight.models.asking.tools import Call
from overnight.models.breaker import RetryTimes
from overnight.models.budget import SpendingLimit
from overnight.models.port import ModelsParked
from overnight.models.provider import Provider
from overnight.models.usage import Wire
from overnight.testing.waiting import until

PATIENT = RetryTimes(busy_s=60.0, busiest_s=60.0, patience_s=600.0)  # a provider that fails is not asked again in a test
BRIEF: Sequence[Message] = [UserMessage(text="edit it")]
BOTH_WAYS = pytest.mark.parametrize(
    "wires", [(Wire.ANTHROPIC, Wire.OPENAI_CHAT), (Wire.OPENAI_CHAT, Wire.ANTHROPIC)], ids=lambda wires: wires[0]
)


def asked(providers: Sequence[Provider], times: int = 1, **more: Any) -> list[Answer[None]]:
    """The answers to so many requests, each with those before it in its dialogue."""

    async def walk() -> list[Answer[None]]:
        async with gateway(providers, **{"pace": PATIENT, **more}) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await asyncio.sleep(0)  # one turn of the event loop, which every piece of work takes
                asker, entries, answers = Asker(run, Transcript(run)), list(BRIEF), list[Answer[None]]()
                for _ in range(times):
                    answers.append(await asker.ask(entries, system="be brief", most_output=100, tools=[SHELL]))
                    entries.append(answers[-1].message)
                    entries += [call.result("exit code 0") for call in answers[-1].calls if isinstance(call, Call)]
                return answers

    return asyncio.run(walk())


def commands(answer: Answer[None]) -> list[str]:
    """What an answer asks to run."""
    inputs = [call.input for call in answer.calls if isinstance(call, Call)]
    return [each.command for each in inputs if isinstance(each, ShellCommand)]


@BOTH_WAYS
@pytest.mark.parametrize("bad", ["dead", "e401", "e429q", "e500", "e404"])
def test_it_goes_on_with_a_provider_of_another_wire(models: ScriptedModels, bad: str, wires: Sequence[Wire]) -> None:
    """The first provider fails, for a while or for good, and the second speaks another wire: it answers, and nobody waits."""
    first, second = (provider(models, mode, wires=(wire,)) for mode, wire in zip((bad, "steps2"), wires, strict=True))
    calls = [bool(answer.calls) for answer in asked([first, second], times=3)]
    assert calls == [True, True, False]
    assert models.asked[bad] <= (3 if bad == "e404" else 1)


@BOTH_WAYS
def test_it_changes_wires_in_the_middle(models: ScriptedModels, wires: Sequence[Wire]) -> None:
    """What was said and called on one wire goes on as it is on the other."""
    first, second = (provider(models, mode, wires=(wire,)) for mode, wire in zip(("s1e401", "steps1"), wires, strict=True))
    models.command = "echo it"
    answers = asked([first, second], times=2)
    assert [commands(answer) for answer in answers] == [["echo it"], []]
    assert answers[1].text == models.text
    assert (models.asked["s1e401"], models.asked["steps1"]) == (2, 1)


def test_the_first_provider_is_preferred_again(models: ScriptedModels) -> None:
    """Once its time has passed, the first provider of the settings gets the next request, whatever its wire."""
    first = provider(models, "f500x1", wires=(Wire.ANTHROPIC,))
    second = provider(models, "ok", wires=(Wire.OPENAI_CHAT,))

    async def walk() -> None:
        async with gateway([first, second], pace=RetryTimes(busy_s=0.2, busiest_s=0.2)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                asker = Asker(run, Transcript(run))
                for _ in range(2):
                    await asker.ask(BRIEF, system="be brief", most_output=100, tools=[SHELL])
                    await until(lambda: opened.gateway.accounts()[0].wait_s == 0.0)

    asyncio.run(walk())
    assert (models.asked["f500x1"], models.asked["ok"]) == (2, 1)


def test_a_provider_that_was_out_at_the_beginning_is_preferred_once_it_is_back(models: ScriptedModels) -> None:
    """The order of wires is looked up for each request: a dialogue does not stay with the provider that it began with."""
    first = provider(models, "first", wires=(Wire.ANTHROPIC,))
    second = provider(models, "second", wires=(Wire.OPENAI_CHAT,))
    models.replies["first"] = Reply(status=429, body=b'{"error": {"message": "You exceeded your current quota"}}')

    async def walk() -> None:
        async with gateway([first, second], pace=RetryTimes(quota_s=0.2)) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await Asker(run, Transcript(run)).ask(BRIEF, system="be brief", most_output=100, tools=[SHELL])
                asker = Asker(run, Transcript(run))
                del models.replies["first"]
                await until(lambda: opened.gateway.accounts()[0].wait_s == 0.0)
                await asker.ask(BRIEF, system="be brief", most_output=100, tools=[SHELL])

    asyncio.run(walk())
    assert [seen.mode for seen in models.seen] == ["first", "second", "first"]


def test_a_busy_provider_is_waited_for_if_no_other_is_left(models: ScriptedModels) -> None:
    """With one wire dead for good and the provider of the other busy for a moment, the request waits for that one."""
    first = provider(models, "e401", wires=(Wire.ANTHROPIC,))
    second = provider(models, "f500x1", wires=(Wire.OPENAI_CHAT,))
    assert asked([first, second], pace=RetryTimes(busy_s=0.02, busiest_s=0.02))[0].calls
    assert (models.asked["e401"], models.asked["f500x1"]) == (1, 2)


def test_after_a_wait_in_vain_the_others_are_tried_again(models: ScriptedModels) -> None:
    """Two busy providers of two wires: the one that is waited for stays busy, and the other has recovered meanwhile."""
    first = provider(models, "e500", wires=(Wire.ANTHROPIC,))
    second = provider(models, "f500x1", wires=(Wire.OPENAI_CHAT,))
    pace = RetryTimes(busy_s=0.02, busiest_s=0.02, patience_s=0.2)
    assert asked([first, second], pace=pace)[0].calls


def parked(providers: Sequence[Provider], **more: Any) -> ModelsParked:
    """Why nobody answered."""
    with pytest.raises(ModelsParked) as caught:
        asked(providers, **more)
    return caught.value


def test_all_wires_dead_says_why_of_each(models: ScriptedModels) -> None:
    """No provider of any wire: both reasons are in the message, and it is said at once."""
    first = provider(models, "e401", wires=(Wire.ANTHROPIC,))
    second = provider(models, "e403", wires=(Wire.OPENAI_CHAT,))
    refusal = parked([first, second])
    assert "e401: 401" in str(refusal)
    assert "e403: 403" in str(refusal)
    assert refusal.wait_s is None


def test_the_soonest_provider_says_how_long(models: ScriptedModels) -> None:
    """One broken, one out of quota until a time that is too far away to wait for: that time is given."""
    first = provider(models, "e401", wires=(Wire.ANTHROPIC,))
    second = provider(models, "e429q", wires=(Wire.OPENAI_CHAT,))
    refusal = parked([first, second])
    assert refusal.wait_s is not None
    assert "e429q" in str(refusal)


def test_a_spent_budget_is_no_reason_for_another_wire(models: ScriptedModels) -> None:
    """No provider is asked on any wire."""
    both = [provider(models, "ok", wires=(wire,), name=wire) for wire in (Wire.ANTHROPIC, Wire.OPENAI_CHAT)]
    assert parked(both, allowance=SpendingLimit(tokens=1)).spent
    assert not models.seen


def test_without_tools_none_is_sent() -> None:
    """Neither wire offers the shell then."""

    async def walk(wire: Wire) -> dict[str, Any]:
        run = FakeRun(answers=["done"], wire=wire)
        transcript = Transcript()
        said = await Asker(run, transcript).ask(BRIEF, system="be brief", most_output=77)
        assert (said.text, list(said.calls)) == ("done", [])
        assert [(entry.kind, entry.text) for entry in transcript.entries] == [(EntryKind.MESSAGE, "done")]
        return run.bodies[0]

    read: dict[Wire, Callable[[dict[str, Any]], object]] = {
        Wire.OPENAI_CHAT: lambda body: body["max_completion_tokens"],
        Wire.ANTHROPIC: lambda body: body["max_tokens"],
    }
    for wire, limit in read.items():
        body = asyncio.run(walk(wire))
        assert "tools" not in body
        assert limit(body) == 77


@pytest.mark.parametrize("wire", list(Wire))
def test_a_dialogue_goes_on_over_each_wire(models: ScriptedModels, wire: Wire) -> None:
    """Two calls with their results, then the last words; each request is understood by the gateway, which bounds its answer."""
    models.command = "echo it"
    key_alone = provider(models, "steps2", wires=(wire,))
    answers = asked([key_alone], times=3, allowance=SpendingLimit(tokens=20_000))
    assert [commands(answer) for answer in answers] == [["echo it"], ["echo it"], []]
    assert answers[2].text == models.text
    ids = [call.id for answer in answers for call in answer.calls]
    assert all(ids) and len(set(ids)) == 2


@pytest.mark.parametrize("second", list(Wire))
@pytest.mark.parametrize("first", list(Wire))
def test_a_dialogue_moves_from_each_wire_to_each(models: ScriptedModels, first: Wire, second: Wire) -> None:
    """With a call and its result in it."""
    chain = [provider(models, mode, wires=(wire,)) for mode, wire in (("s1e401", first), ("steps1", second))]
    assert [bool(answer.calls) for answer in asked(chain, times=2)] == [True, False]


def test_no_wire_of_ours_is_said() -> None:
    """Without a provider there is none."""

    class Nobody(FakeRun):
        wires = ()

    with pytest.raises(TurnFailed, match="no provider speaks"):
        Asker(Nobody(answers=[]), Transcript())
