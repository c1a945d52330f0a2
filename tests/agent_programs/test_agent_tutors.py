"""Real agent programs as tutors, by the skill that `overnight learn install` writes: `make test-agents`."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from agent_ways import PROGRAMS, SEARCHED
from scripted_models import Json, ScriptedModels, result_texts
from simulated_learner import SimulatedLearner
from targets import overnight

from overnight.agents.environment import agent_environment
from overnight.agents.templates import TEMPLATES
from overnight.models.usage import Wire
from overnight.tutor.course.events import Explained
from overnight.tutor.form.places import own_curriculum
from overnight.tutor.record.record import LearnerRecord

FIRST = "teach me microgpt"
NEXT = "overnight learn next --json"
CODEX = TEMPLATES["codex"].command
ROOT = re.compile(r"`r0` = `([^`]+)`")  # of skills, as codex lists it


@dataclass(frozen=True, kw_only=True)
class Program:
    """An agent program as a person uses it, one message at a time."""

    wire: Wire
    begin: str  # a talk
    go_on: str  # with it
    reads: tuple[str, Json] | None  # the call of its own by which it reads the skill; None: it reads the file


AGENTS = {
    "claude": Program(
        wire=Wire.ANTHROPIC,
        begin="exec claude -p --dangerously-skip-permissions",
        go_on="exec claude -p --dangerously-skip-permissions --continue",
        reads=("Skill", {"skill": "microgpt"}),
    ),
    "codex": Program(wire=Wire.OPENAI_RESPONSES, begin=CODEX, go_on=f"{CODEX.removesuffix(' -')} resume --last -", reads=None),
    "opencode": Program(
        wire=Wire.OPENAI_CHAT,
        begin="exec opencode run",
        go_on="exec opencode run --continue",
        reads=("skill", {"name": "microgpt"}),
    ),
}


@dataclass(kw_only=True)
class Teacher:
    """A model that does what the skill says: it looks what comes next, hands in the learner's answer, and looks again."""

    program: Program
    message: str = FIRST  # of the learner
    before: int = 0  # results of tools when it came

    def decide(self, body: Json) -> str | tuple[str, Json] | None:
        """The next call of this turn; None: it is the learner's."""
        found = result_texts(body)[self.before :]
        if self.message == FIRST:
            read = self.program.reads or f"cat {''.join(ROOT.findall(json.dumps(body))[:1])}/microgpt/SKILL.md"
            calls = [read, "overnight learn start microgpt --json", NEXT]
            return calls[len(found)] if len(found) < len(calls) else None
        last = answer_in(found[-1]) if found else {}
        if last.get("may_hint") and not last["passed"]:
            return "overnight learn hint --json"
        if "phase" not in last:
            return NEXT
        return self._hand_in(last["phase"]) if len(found) == 1 else None

    def _hand_in(self, phase: str) -> str:
        words = shlex.join(self.message.splitlines())
        return {
            "predict": f"overnight learn predict --json {words}",
            "example": f"overnight learn fill --json -- {words}",
            "explain": f"overnight learn explain --json --covers 1 -- {words}",
        }.get(phase, "overnight learn check --json")

    def say(self, body: Json) -> str:
        """What the learner is told: what is to be said now."""
        found = answer_in(result_texts(body)[-1]) if result_texts(body) else {}
        return "\n".join([*(each["text"] for each in found.get("parts", [])), *found.get("choices", [])])


def answer_in(text: str) -> Json:
    """The JSON of a command, whatever the agent program writes around it."""
    found: Json = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return found


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_program_teaches_by_the_skill(
    name: str, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds the skill; a learner with a wrong belief fails, gets a hint, and passes with the right program alone."""
    if not PROGRAMS.is_dir():
        pytest.fail(f"there are no agent programs in {PROGRAMS}: run `make test-agents`")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".profile").write_text(f"export PATH={SEARCHED}\n")  # codex has a login shell
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    overnight(tmp_path, "learn", "install", name, check=0)
    program, whole = AGENTS[name], own_curriculum("microgpt")
    teacher = Teacher(program=program)
    models.decides, models.says = teacher.decide, teacher.say

    around = surroundings(name, models.url("ok"))
    said = told(program.begin, FIRST, tmp_path, around)
    step = whole.steps[0]
    assert step.sections["Predict"].split()[:5] == said.split()[:5], "the lesson reaches the learner"
    assert "Use it when somebody asks to be taught microgpt" in json.dumps(models.seen[0].body), "the skill is listed"

    learner = SimulatedLearner(folder=tmp_path, curriculum=replace(whole, steps=(step,)), wrong=1)
    while (task := learner.learn("next"))["step"] == step.id:
        assert not learner.passed() or task["phase"] == "explain"
        teacher.before = len(result_texts(models.seen[-1].body))
        teacher.message = "\n".join(learner.answer(step, task)) or "I have saved it."
        told(program.go_on, teacher.message, tmp_path, around)
    assert learner.passed() == [step.id]
    with LearnerRecord("owner") as record:
        events = [each.event for each in record.events("microgpt")]
    done = [(type(event).__name__, getattr(event, "right", getattr(event, "passed", None))) for event in events]
    assert done == [
        ("Begun", None), ("Predicted", False), ("Tried", False), ("Helped", None), ("Filled", True), ("Tried", True),
        ("Explained", None),
    ]  # fmt: skip
    assert [event.words for event in events if isinstance(event, Explained)] == [step.title], "the learner's own words"


def surroundings(name: str, url: str) -> Mapping[str, str]:
    """The environment of a user's own agent program, which asks a model at this address."""
    run: Any = SimpleNamespace(url=url, model="m1", wires=[AGENTS[name].wire])
    around = {**agent_environment(run), **TEMPLATES[name].environment(run.url, run.model), "PATH": SEARCHED}
    around |= {variable: os.environ[variable] for variable in ("HOME", "XDG_STATE_HOME")}
    around.pop("CLAUDE_CODE_SIMPLE", None)  # with it claude has no skills
    opencode = json.loads(around["OPENCODE_CONFIG_CONTENT"])
    del opencode["tools"]  # as researchers have it, without skills
    return {**around, "OPENCODE_CONFIG_CONTENT": json.dumps(opencode)}


def told(command: str, message: str, folder: Path, around: Mapping[str, str]) -> str:
    """What an agent program says to a message."""
    shell = ["/bin/sh", "-c", command]
    done = subprocess.run(
        shell, cwd=folder, env=around, input=f"{message}\n", capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
