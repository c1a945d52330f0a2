"""Our own agent: with a scripted `ModelRun` for its requests, and with the real gateway for their outcome."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from file_clock import settle
from scripted_models import ScriptedModels, scripted_models
from scripted_run import Answer, FakeModels, FakeRun, Json

from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.own import agent as agent_module
from overnight.agents.own.agent import own_agent
from overnight.agents.own.compaction import KEPT, LIMIT_TOKENS, compact, tokens
from overnight.agents.own.prompt import ADVISE, CUT, REPEATED, SYSTEM, UNREADABLE
from overnight.agents.own.repeats import SAME
from overnight.agents.own.tool import LONGEST, SHELL
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.jail.process import ProcessExecutor
from overnight.models.asking.ask import ANSWER_TOKENS, FORMS
from overnight.models.asking.form import Question
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.port import ModelRun, ModelsParked
from overnight.models.provider import Prices, Provider
from overnight.models.usage import Wire
from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import Draft
from overnight.research.researchers.agent_researcher import CONTINUE, AgentResearcher
from overnight.research.researchers.port import Assignment, ProposalFailed
from overnight.testing import ResearcherConformance

SEARCH_PATH = os.environ.get("PATH", os.defpath)
BRIEF = "# Brief\nMake it better.\n"
EDIT = "sed -i 's/LR = 1/LR = 2/' train.py"
DONE = "HYPOTHESIS: a larger LR learns faster"
PARAMETERS = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
WORDS = "Run a shell command; returns its exit code and output."
CHARACTERS_PER_TOKEN = 4
FIXED_TOKENS = 250  # at most, in the fixed part of each request


def process() -> Executor:
    """A quick executor, sufficient if nothing is attacked."""
    return ProcessExecutor(slots=1, search_path=SEARCH_PATH)


def context(scratch: Path, models: Any, executor: Executor | None = None, **limits: Any) -> AgentContext:
    """What the agent is given; `models` is any `Models`."""
    spec = AgentSpec(use="agent")
    few = Limits(**{"wall_s": 20.0, **limits})
    return AgentContext(spec=spec, executor=executor or process(), limits=few, scratch=scratch, slot=0, models=models)


def assign(workspace: Path, number: int = 1, role: str = "agent") -> Assignment:
    """A tree with one file, and a brief."""
    (workspace / "train.py").write_text("LR = 1\n")
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("train.py",))
    before = (workspace / "train.py").read_bytes()

    def changed() -> bool:
        files = [path for path in workspace.rglob("*") if path.is_file()]
        return len(files) != 1 or files[0].read_bytes() != before

    return Assignment(number=number, role=role, program=program, workspace=workspace, brief=BRIEF, head="c0", changed=changed)


def propose(tmp_path: Path, run: FakeRun, executor: Executor | None = None, **limits: Any) -> Draft:
    """One proposal in `tmp_path/workspace`."""
    for name in ("workspace", "scratch"):
        (tmp_path / name).mkdir(exist_ok=True)
    researcher = AgentResearcher(own_agent(context(tmp_path / "scratch", FakeModels(run=run), executor, **limits)))
    assignment = assign(tmp_path / "workspace")
    settle(assignment.workspace)
    return asyncio.run(researcher.propose(assignment))


def output_in(body: Json) -> str:
    """The output of the newest command, as the model reads it; on the chat wire."""
    return str(body["messages"][-1]["content"])


def edited(tmp_path: Path) -> str:
    """The file that is edited."""
    return (tmp_path / "workspace" / "train.py").read_text()


class TestAgent(ResearcherConformance):
    """Our agent keeps what every researcher promises."""

    def make(self, folder: Path) -> AgentResearcher:
        """An agent whose model edits with sed; each proposal takes two requests."""

        @dataclass(frozen=True, kw_only=True)
        class Fresh:
            @contextmanager
            def use(self, *, role: str, number: int, model: str = "") -> Iterator[ModelRun]:  # as above
                yield FakeRun(answers=[(EDIT,), DONE])

        return AgentResearcher(own_agent(context(folder, Fresh())))

    def assign(self, workspace: Path, number: int) -> Assignment:
        """The tree that it edits."""
        return assign(workspace, number)


# --- Requests ---


def test_chat_requests_are_exact(tmp_path: Path) -> None:
    """System prompt, brief and tool in the first; the call and its output in the second; nothing else."""
    run = FakeRun(answers=[("cat train.py; " + EDIT,), DONE])
    draft = propose(tmp_path, run)
    tool = {"type": "function", "function": {"name": "bash", "description": WORDS, "parameters": PARAMETERS}}
    first = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": BRIEF}]
    fixed = {"model": "m1", "max_completion_tokens": ANSWER_TOKENS, "tools": [tool]}
    assert run.bodies[0] == {**fixed, "messages": first}
    arguments = json.dumps({"command": "cat train.py; " + EDIT}, separators=(",", ":"))
    call = {"id": "call-1-0", "type": "function", "function": {"name": "bash", "arguments": arguments}}
    second = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call-1-0", "content": "exit code 0\nLR = 1\n"},
    ]
    assert run.bodies[1] == {**fixed, "messages": [*first, *second]}
    assert (draft.hypothesis, draft.tokens, draft.cost_usd) == (DONE.removeprefix("HYPOTHESIS: "), 220, 1.0)


def test_anthropic_requests_are_exact(tmp_path: Path) -> None:
    """The same on the other wire, with a cache mark on the system prompt and on the newest block."""
    run = FakeRun(answers=[(EDIT,), DONE], wire=Wire.ANTHROPIC)
    propose(tmp_path, run)
    mark = {"cache_control": {"type": "ephemeral"}}
    fixed = {
        "model": "m1",
        "max_tokens": ANSWER_TOKENS,
        "system": [{"type": "text", "text": SYSTEM, **mark}],
        "tools": [{"name": "bash", "description": WORDS, "input_schema": PARAMETERS}],
    }
    brief = {"type": "text", "text": BRIEF}
    assert run.bodies[0] == {**fixed, "messages": [{"role": "user", "content": [{**brief, **mark}]}]}
    use = {"type": "tool_use", "id": "call-1-0", "name": "bash", "input": {"command": EDIT}}
    result = {"type": "tool_result", "tool_use_id": "call-1-0", "content": "exit code 0\n", **mark}
    assert run.bodies[1]["messages"] == [
        {"role": "user", "content": [brief]},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]


def test_anthropic_roles_alternate_and_marks_do_not_grow(tmp_path: Path) -> None:
    """Through parallel calls, cut answers, empty answers and the continuation; each request has two marks."""
    answers: list[Answer] = [
        ("true", "echo two"),
        {"content": [{"type": "text", "text": "half"}], "stop_reason": "max_tokens"},
        {"content": [], "stop_reason": "max_tokens"},
        {"content": [{"type": "thinking", "thinking": "hm"}], "stop_reason": "end_turn"},
        (EDIT,),
        DONE,
    ]
    run = FakeRun(answers=answers, wire=Wire.ANTHROPIC)
    propose(tmp_path, run)
    assert len(run.bodies) == len(answers)
    for body in run.bodies:
        roles = [message["role"] for message in body["messages"]]
        assert roles == [("user", "assistant")[n % 2] for n in range(len(roles))]
        assert all(message["content"] for message in body["messages"])
        assert json.dumps(body).count("cache_control") == 2
        assert "cache_control" in body["messages"][-1]["content"][-1]


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_every_call_has_its_result(tmp_path: Path, wire: Wire) -> None:
    """Parallel calls run one after the other in one workspace, and each result names its call."""
    run = FakeRun(answers=[("echo 1 > a", "cat a", "rm a; " + EDIT), DONE], wire=wire)
    propose(tmp_path, run)
    whole = json.dumps(run.bodies[1])
    assert [whole.count(f'"call-1-{n}"') for n in range(3)] == [2, 2, 2]
    assert "exit code 0\\n1\\n" in whole
    assert edited(tmp_path) == "LR = 2\n"


def test_an_answer_without_words_can_be_said_again(tmp_path: Path) -> None:
    """An empty answer is in the next request as text, which the chat wire requires if no tool is called."""
    empty: Json = {"choices": [{"message": {"content": None}, "finish_reason": "length"}]}
    run = FakeRun(answers=[empty, (EDIT,), DONE])
    propose(tmp_path, run)
    said = run.bodies[1]["messages"][-2:]
    assert said == [{"role": "assistant", "content": ""}, {"role": "user", "content": CUT}]


def test_the_fixed_prompt_is_short() -> None:
    """System prompt and tool as JSON take at most 250 tokens, at four characters each, on each wire and for all roles."""
    for form in FORMS.values():
        for system in (SYSTEM, ADVISE):
            empty = [UserMessage(text="")]
            body = form.request(Question(messages=empty, model="", system=system, most_output=ANSWER_TOKENS, tools=[SHELL]))
            assert len(json.dumps(body)) / CHARACTERS_PER_TOKEN <= FIXED_TOKENS


def test_advisers_have_words_of_their_own(tmp_path: Path) -> None:
    """A critic's prompt says that it edits nothing, and its answer is its last message."""
    run = FakeRun(answers=[("cat train.py",), "ACCEPT"])
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    researcher = AgentResearcher(own_agent(context(tmp_path, FakeModels(run=run))))
    assert asyncio.run(researcher.advise(assign(workspace, role="critic"))) == "ACCEPT"
    assert run.bodies[0]["messages"][0]["content"] == ADVISE


# --- Ends ---


def test_a_question_is_answered_once(tmp_path: Path) -> None:
    """If nothing changed, the same dialogue continues once, then the proposal fails with the agent's last message."""
    run = FakeRun(answers=["Shall I?", "Really, shall I?"])
    with pytest.raises(ProposalFailed, match=r"it ended without a change: Really, shall I\?"):
        propose(tmp_path, run)
    assert [message["content"] for message in run.bodies[1]["messages"][1:]] == [BRIEF, "Shall I?", CONTINUE]
    assert len(run.bodies) == 2


def test_a_repeated_command_ends_it(tmp_path: Path) -> None:
    """The same command with the same outcome in an unchanged folder gets a remark, then ends the attempt."""
    run = FakeRun(answers=[("cat train.py",)])
    with pytest.raises(ProposalFailed, match="it repeated the same command in an unchanged folder"):
        propose(tmp_path, run)
    assert len(run.bodies) == SAME + 1
    assert [output_in(body).endswith(REPEATED) for body in run.bodies[1:]] == [False, True, True]


def test_a_repeated_command_that_writes_the_same_ends_it_in_the_jail(tmp_path: Path) -> None:
    """Files get other times, and as root other owners, though they hold the same."""
    tmp_path.chmod(0o755)
    run = FakeRun(answers=[("sed -i s/absent/x/ train.py; echo ok",)])
    jail = JailExecutor(slots=1, search_path=SEARCH_PATH)
    with pytest.raises(ProposalFailed, match="it repeated the same command in an unchanged folder"):
        propose(tmp_path, run, jail, memory_bytes=500 * 1000**2)
    assert len(run.bodies) <= SAME + 2


def test_a_repeated_command_that_does_something_goes_on(tmp_path: Path) -> None:
    """While files change, the same command is not a repetition."""
    run = FakeRun(answers=[*[("echo >> train.py",)] * (SAME + 3), DONE])
    assert propose(tmp_path, run).hypothesis
    assert REPEATED not in json.dumps(run.bodies[-1])


def test_the_steps_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn ends after a fixed number of requests; changes made by then are a proposal, and without any there is none."""
    monkeypatch.setattr(agent_module, "STEPS", 3)
    run = FakeRun(answers=[("echo 1",), ("echo 2",), ("echo 3",), ("echo 4",)])
    with pytest.raises(ProposalFailed, match="it did not end within 3 steps"):
        propose(tmp_path, run)
    assert len(run.bodies) == 3
    assert propose(tmp_path, FakeRun(answers=[(EDIT,), ("echo 2",), ("echo 3",)])).hypothesis


@pytest.mark.parametrize("arguments", ["", "{", "[]", '{"path": "ls"}', '{"command": 7}', '{"command": null}'])
def test_unreadable_arguments_are_reported_to_the_model(tmp_path: Path, arguments: str) -> None:
    """The model reads what was wrong, in a request that is valid again."""
    call = {"id": "c", "type": "function", "function": {"name": "bash", "arguments": arguments}}
    odd: Json = {"choices": [{"message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    run = FakeRun(answers=[odd, (EDIT,), DONE])
    propose(tmp_path, run)
    assert output_in(run.bodies[1]) == UNREADABLE
    sent = run.bodies[1]["messages"][-2]["tool_calls"][0]["function"]["arguments"]
    assert isinstance(json.loads(sent), dict)


@pytest.mark.parametrize("command", ["x" * LONGEST, "é" * LONGEST, "'" * LONGEST], ids=["long", "wide", "quotes"])
def test_a_command_that_no_system_takes_is_refused(tmp_path: Path, command: str) -> None:
    """However long it becomes on the way to the shell, the model gets an error, and no exception is raised."""
    run = FakeRun(answers=[(command,), (EDIT,), DONE])
    propose(tmp_path, run)
    assert "The command is longer than" in output_in(run.bodies[1])


def test_the_longest_command_runs(tmp_path: Path) -> None:
    """The system accepts every command that is not refused for its length."""
    run = FakeRun(answers=[("#" * (LONGEST - 200) + "\n" + EDIT,), DONE])
    propose(tmp_path, run)
    assert edited(tmp_path) == "LR = 2\n"


def test_a_null_byte_is_unreadable(tmp_path: Path) -> None:
    """No shell accepts one."""
    run = FakeRun(answers=[("echo a\0b",), (EDIT,), DONE])
    propose(tmp_path, run)
    assert output_in(run.bodies[1]) == UNREADABLE


def test_a_long_output_is_cut_in_the_middle(tmp_path: Path) -> None:
    """The model gets beginning and end; the missing amount is correct even if we never read most of it."""
    run = FakeRun(answers=[("echo BEGIN; head -c 1000000 /dev/zero | tr '\\0' x; echo END",), (EDIT,), DONE])
    propose(tmp_path, run)
    said = output_in(run.bodies[1])
    assert said.startswith("exit code 0\nBEGIN\nxx") and said.endswith("xEND\n")
    assert len(said) < 9_000
    assert "[... 992010 characters left out ...]" in said


def test_a_command_that_hangs_is_reported(tmp_path: Path) -> None:
    """Its limit ends it, and the model reads that; nothing of its output is left in our folders."""
    run = FakeRun(answers=[("echo busy; sleep 60",), (EDIT,), DONE])
    propose(tmp_path, run, wall_s=0.3)
    assert output_in(run.bodies[1]).startswith("ended: ended after 0.")
    assert list((tmp_path / "scratch").iterdir()) == []


GARBAGE: Sequence[Json] = [
    {},
    {"choices": []},
    {"choices": None, "content": None},
    {"choices": [{}], "content": [7]},
    {"choices": [{"message": "hello"}], "content": {"text": "hello"}},
    {"choices": [{"message": {"content": {"a": 1}}}], "content": [{"text": {"a": 1}}]},
    {"choices": [{"message": {"tool_calls": "x"}}], "content": [{"type": "tool_use", "id": 7}]},
]


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
@pytest.mark.parametrize("answer", GARBAGE)
def test_garbage_is_a_failed_proposal(tmp_path: Path, wire: Wire, answer: Json) -> None:
    """Whatever a provider answers, the outcome is one line."""
    with pytest.raises(ProposalFailed, match="the model's answer cannot be read") as failed:
        propose(tmp_path, FakeRun(answers=[answer], wire=wire))
    assert "\n" not in str(failed.value)


def test_models_that_end_in_the_middle_are_said_as_such(tmp_path: Path) -> None:
    """A run that is parked after an edit raises that, not a failure of the agent."""
    run = FakeRun(answers=[(EDIT,), ModelsParked("all are out of quota", wait_s=60.0)])
    with pytest.raises(ModelsParked, match="all are out of quota"):
        propose(tmp_path, run)


def test_without_models_nothing_is_asked(tmp_path: Path) -> None:
    """Without a provider the error is one line."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    with pytest.raises(ModelsParked, match="no provider of models is set up"):
        asyncio.run(AgentResearcher(own_agent(context(tmp_path, None))).propose(assign(workspace)))


# --- Context ---


def test_compaction_keeps_the_beginning_stable() -> None:
    """Between two compactions each dialogue starts with the previous one; brief and newest entries are never dropped."""
    entries: list[Message] = [UserMessage(text=BRIEF)]
    rewritten = 0
    for n in range(60):
        entries += [
            AssistantMessage(text="", calls=[ToolCall(id=str(n), name="bash", arguments={"command": "cat x"})]),
            ToolResult(id=str(n), name="bash", text=f"{n} " + "y" * 7_990),
        ]
        after = compact(entries)
        assert len(after) == len(entries)
        assert after[0] == UserMessage(text=BRIEF)
        assert after[-KEPT:] == entries[-KEPT:]
        assert tokens(after) <= LIMIT_TOKENS
        rewritten += after != entries
        entries = after
    assert rewritten <= 12, "in large steps: five outputs go at a time"


# --- The jail ---


def test_its_shell_is_the_jails(tmp_path: Path) -> None:
    """A secret outside cannot be read, our environment is not passed on, and nothing on the network answers."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        run = FakeRun(
            answers=[
                (f"cat {secret}", f"echo > /dev/tcp/127.0.0.1/{port} && echo reached", "env", EDIT),
                DONE,
            ]
        )
        propose(tmp_path, run, JailExecutor(slots=1, search_path=SEARCH_PATH), memory_bytes=500 * 1000**2)
    results = [str(message["content"]) for message in run.bodies[1]["messages"] if message["role"] == "tool"]
    assert "No such file" in results[0]
    assert "reached" not in results[1] and not results[1].startswith("exit code 0")
    assert "s3cret" not in json.dumps(run.bodies)
    assert "PYTEST" not in results[2]
    assert edited(tmp_path) == "LR = 2\n"


# --- Over the real gateway ---


@pytest.fixture
def models() -> Iterator[ScriptedModels]:
    """A scripted provider."""
    with scripted_models() as server:
        server.command, server.text = EDIT, DONE
        yield server


@asynccontextmanager
async def gateway(server: ScriptedModels, mode: str, wire: Wire) -> AsyncIterator[Gateway]:
    """A gateway in front of it, in one mode and one wire."""
    given = Provider(name="p", base_url=server.url(mode), wires=(wire,), silence_s=10.0)
    async with Gateway([given], Prices(), allowance=SpendingLimit(), called=lambda _: None, environment={}) as opened:
        yield opened


def over_gateway(tmp_path: Path, server: ScriptedModels, mode: str, wire: Wire) -> Draft:
    """One proposal."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()

    async def run() -> Draft:
        async with gateway(server, mode, wire) as opened:
            return await AgentResearcher(own_agent(context(tmp_path, opened))).propose(assign(workspace))

    return asyncio.run(run())


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_the_gateway_counts_what_it_used(tmp_path: Path, models: ScriptedModels, wire: Wire) -> None:
    """Two requests, 2,200 tokens in and 100 out: the draft says so on both wires, and the edit is made."""
    draft = over_gateway(tmp_path, models, "ok", wire)
    assert (draft.tokens, draft.hypothesis) == (2_300, DONE.removeprefix("HYPOTHESIS: "))
    assert edited(tmp_path) == "LR = 2\n"
    assert models.asked["ok"] == 2


def test_a_question_over_the_gateway_is_asked_twice_only(tmp_path: Path, models: ScriptedModels) -> None:
    """It continues once, without any further requests."""
    with pytest.raises(ProposalFailed, match="Should I edit the file"):
        over_gateway(tmp_path, models, "ask", Wire.OPENAI_CHAT)
    assert models.asked["ask"] == 2


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_a_bad_key_parks_it(tmp_path: Path, models: ScriptedModels, wire: Wire) -> None:
    """A person has to fix that, so there is no time to wait."""
    with pytest.raises(ModelsParked) as parked:
        over_gateway(tmp_path, models, "e401", wire)
    assert parked.value.wait_s is None


def test_a_refused_request_fails_the_proposal(tmp_path: Path, models: ScriptedModels) -> None:
    """An error 400 concerns only this request."""
    with pytest.raises(ProposalFailed, match="p refuses the request: 400 scripted 400"):
        over_gateway(tmp_path, models, "e400", Wire.OPENAI_CHAT)
