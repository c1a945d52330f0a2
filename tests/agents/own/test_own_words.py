"""How turns of our own agent end, and what it runs of what a model writes."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from scripted_run import Answer, FakeModels, FakeRun, Json

from overnight.agents.asking import LEAST_ANSWER
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.own import agent as agent_module
from overnight.agents.own.agent import own_agent
from overnight.agents.own.prompt import CUT
from overnight.agents.port import Task, Turn, TurnFailed
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.asking.ask import ANSWER_TOKENS
from overnight.models.port import RequestRefused
from overnight.models.usage import Wire

EDIT = "echo 2 > a.txt"
LAST = "HYPOTHESIS: two is more"
TOO_LONG = RequestRefused("p refuses the request: 400 prompt is too long", status=400, too_long=True)


def turn(tmp_path: Path, run: FakeRun, *, prompt: str = "edit it", advises: bool = False) -> Turn:
    """One turn in a folder with one file; its edit is done once the file holds something else."""
    (tmp_path / "scratch").mkdir()
    (tmp_path / "work").mkdir()
    (file := tmp_path / "work" / "a.txt").write_text("1\n")
    context = AgentContext(
        spec=AgentSpec(use="agent"),
        executor=ProcessExecutor(slots=1, search_path=os.environ["PATH"]),
        limits=Limits(wall_s=20.0),
        scratch=tmp_path / "scratch",
        slot=0,
        models=FakeModels(run=run),
    )

    async def talk() -> Turn:
        done = lambda: file.read_text() != "1\n"  # noqa: E731  # short
        async with own_agent(context).open(Task(folder=file.parent, role="r", done=done, advises=advises)) as session:
            return await session.turn(prompt)

    return asyncio.run(talk())


def saying(text: str, *commands: str) -> Json:
    """An answer with words beside its calls; on the chat wire."""
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": "bash", "arguments": json.dumps({"command": command})}}
        for n, command in enumerate(commands)
    ]
    return {"choices": [{"message": {"content": text, "tool_calls": calls}, "finish_reason": "tool_calls"}]}


def newest(run: FakeRun) -> Any:
    """The last message of the last request; on the chat wire."""
    return run.bodies[-1]["messages"][-1]


# --- Ends ---


def test_a_hypothesis_beside_the_last_call_saves_a_request(tmp_path: Path) -> None:
    """The call is run, the edit is there, and no further request is made."""
    run = FakeRun(answers=[("cat a.txt",), saying(f"Here it is.\n**{LAST}**", EDIT), "never asked"])
    assert turn(tmp_path, run) == Turn(text=f"Here it is.\n**{LAST}**")
    assert len(run.bodies) == 2


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        (LAST, ("cat a.txt",)),
        (LAST, (EDIT, "false")),
        ("Hypothesis: first I look", (EDIT,)),
        ("", (EDIT,)),
    ],
    ids=["no edit", "a command that failed", "a plan", "silence"],
)
def test_anything_less_is_no_end(tmp_path: Path, text: str, commands: tuple[str, ...]) -> None:
    """Without an edit, a success or the line that was asked for, the model reads what came of its calls."""
    run = FakeRun(answers=[saying(text, *commands), "done"])
    assert turn(tmp_path, run).text == "done"
    assert len(run.bodies) == 2


def test_a_turn_has_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is under way then is ended; the next turn is a valid request."""
    monkeypatch.setattr(agent_module, "TURN_S", 0.3)
    monkeypatch.setattr(agent_module, "JOBS", 0)
    run = FakeRun(answers=[saying("I wait", "sleep 60")])
    assert turn(tmp_path, run) == Turn(text="I wait", fault="it did not end within 0.3 s")


# --- Calls in words ---


@pytest.mark.parametrize(
    "text",
    [
        f'<tool_call>{{"name": "bash", "arguments": {{"command": "{EDIT}"}}}}</tool_call>',
        f"I edit the file:\n```bash\n{EDIT}\n```",
        f'```json\n{{"name": "bash", "arguments": {{"command": "{EDIT}"}}}}\n```',
        f"{LAST}\n```bash\n{EDIT}\n```",
    ],
    ids=["tags", "block", "json", "a claim"],
)
def test_a_call_in_words_is_run(tmp_path: Path, text: str) -> None:
    """What it printed comes back in words too; a hypothesis beside a block is believed once the edit is there."""
    run = FakeRun(answers=[text, ("cat a.txt",), "done"])
    assert turn(tmp_path, run).text in {"done", text}
    assert (tmp_path / "work" / "a.txt").read_text() == "2\n"
    if len(run.bodies) > 1:
        assert [message["role"] for message in run.bodies[1]["messages"]] == ["system", "user", "assistant", "user"]
        assert run.bodies[1]["messages"][-1]["content"] == f"Output of `{EDIT}`:\nexit code 0\n"


@pytest.mark.parametrize("text", [f"```bash\n{EDIT}", f'<tool_call>{{"name": "bash", "arguments": {{"command": "{EDIT}"}}}}'])
def test_a_call_in_words_that_was_cut_is_not_run(tmp_path: Path, text: str) -> None:
    """A part of a command may do something else than the whole one: the model is told, and goes on."""
    run = FakeRun(answers=[{"choices": [{"message": {"content": text}, "finish_reason": "length"}]}, "done"])
    assert turn(tmp_path, run) == Turn(text="done")
    assert newest(run)["content"] == CUT
    assert (tmp_path / "work" / "a.txt").read_text() == "1\n"


def test_a_block_beside_a_finished_edit_is_an_explanation(tmp_path: Path) -> None:
    """With a hypothesis and the edit in place, a model says how to try it."""
    explained = f"{LAST}\nTry it:\n```bash\necho 3 > a.txt\n```"
    run = FakeRun(answers=[(EDIT,), explained])
    assert turn(tmp_path, run) == Turn(text=explained)
    assert (tmp_path / "work" / "a.txt").read_text() == "2\n"


def test_an_advisers_block_is_never_run(tmp_path: Path) -> None:
    """Words are what it is asked for."""
    run = FakeRun(answers=[f"REFUSE: it does\n```bash\n{EDIT}\n```"])
    assert turn(tmp_path, run, advises=True).text.startswith("REFUSE")
    assert (tmp_path / "work" / "a.txt").read_text() == "1\n"


def test_a_call_without_an_id_gets_one(tmp_path: Path) -> None:
    """Some servers give none, or the same one to all calls of an answer."""
    answer = saying("", "true", "echo x")
    for call in answer["choices"][0]["message"]["tool_calls"]:
        call["id"] = ""
    run = FakeRun(answers=[answer, answer, "done"])
    turn(tmp_path, run)
    ids = [message["tool_call_id"] for message in run.bodies[-1]["messages"] if message["role"] == "tool"]
    assert len(ids) == len(set(ids)) == 4
    assert all(ids)


# --- Too long for the model ---


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_a_request_that_is_too_long_is_shortened(tmp_path: Path, wire: Wire) -> None:
    """The dialogue takes half, the answer may take a quarter, and both stay so; the newest output is still there."""
    answers: list[Answer] = [*[(f"echo {n}; seq 3000",) for n in range(3)], TOO_LONG, ("echo go on",), "done"]
    run = FakeRun(answers=answers, wire=wire)
    assert turn(tmp_path, run) == Turn(text="done")
    sizes = [len(json.dumps(body)) for body in run.bodies]
    assert sizes[4] < 0.6 * sizes[3]
    assert "go on" in json.dumps(run.bodies[5])
    limit = "max_tokens" if wire is Wire.ANTHROPIC else "max_completion_tokens"
    assert [body[limit] for body in run.bodies] == [ANSWER_TOKENS] * 4 + [ANSWER_TOKENS // 4] * 2


def test_a_prompt_that_is_too_long_is_cut(tmp_path: Path) -> None:
    """In its middle, as there is nothing else to shorten."""
    run = FakeRun(answers=[TOO_LONG, TOO_LONG, "done"])
    assert turn(tmp_path, run, prompt=f"BEGIN{'x' * 40_000}END") == Turn(text="done")
    sizes = [len(str(newest_of["content"])) for newest_of in (body["messages"][-1] for body in run.bodies)]
    assert sizes[0] > 1.8 * sizes[1] > 3 * sizes[2]
    assert newest(run)["content"].startswith("BEGIN") and newest(run)["content"].endswith("END")
    assert run.bodies[-1]["max_completion_tokens"] == LEAST_ANSWER


def test_what_is_still_too_long_is_said(tmp_path: Path) -> None:
    """After two shorter tries the provider's words are the reason."""
    run = FakeRun(answers=[TOO_LONG])
    with pytest.raises(TurnFailed, match="prompt is too long"):
        turn(tmp_path, run)
    assert len(run.bodies) == 3


def test_another_refusal_is_not_tried_again(tmp_path: Path) -> None:
    """Nothing would change."""
    run = FakeRun(answers=[RequestRefused("p refuses the request: 400 no such field", status=400)])
    with pytest.raises(TurnFailed, match="no such field"):
        turn(tmp_path, run)
    assert len(run.bodies) == 1
