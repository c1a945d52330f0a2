"""Real agent programs as the coders and the reviewers of an action, against scripted models: `make test-agents`."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import pytest
from agent_ways import KEY, KEY_VARIABLE, PROGRAMS, SEARCHED, Asked, Way, acp, template, write_settings
from scripted_models import Json, ScriptedModels
from targets import git, make_repo

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request, Role
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Stage
from overnight.config import VARIABLE
from overnight.models.usage import Wire

WAYS = [
    template("claude", Wire.ANTHROPIC),
    template("codex", Wire.OPENAI_RESPONSES),
    template("opencode", Wire.OPENAI_CHAT),
    acp("claude-agent-acp", Wire.ANTHROPIC),
]
RULES = """---
checks: [sh check.sh]
roles:
{roles}
---
Keep it short.
"""


def answer(body: Json) -> str:
    """The last words: a coder's report, or a reviewer's findings."""
    reviews = "FINDING <path>:<line>" in json.dumps(body)
    return "FINDING text.txt:2 minor no full stop" if reviews else "DOES: adds the line two\nASSUMPTION: the end is meant"


@pytest.fixture
def repo_of(models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Sequence[Asked]], Path]:
    """A repository whose actions have these roles, and settings with these providers."""
    if not PROGRAMS.is_dir():
        pytest.fail(f"there are no agent programs in {PROGRAMS}: run `make test-agents`")
    monkeypatch.setenv("PATH", SEARCHED)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    models.command, models.says = "grep -q two text.txt || echo two >> text.txt", answer

    def make(roles: str, providers: Sequence[Asked]) -> Path:
        monkeypatch.setenv(VARIABLE, str(write_settings(tmp_path, providers)))
        files = {"text.txt": "one\n", "check.sh": "grep -q two text.txt\n", "actions.md": RULES.format(roles=roles)}
        return make_repo(tmp_path / "r", "", files=files)

    return make


def run(repo: Path, place: Path) -> Action:
    """One action until it waits."""
    with ActionRecord(place / "record") as record:
        number = record.ask(Request(repo=str(repo), title="Add a line", text="Add the line two."))
        board = BoardRunner(record=record)
        anyio.run(lambda: board.run(until_idle=True))
        return record.board().actions[number]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_agent_program_codes_and_reviews_an_action(
    way: Way, models: ScriptedModels, tmp_path: Path, repo_of: Callable[[str, Sequence[Asked]], Path]
) -> None:
    """Its edit is the result, its report and its findings are read from what it prints, and every call is counted."""
    roles = f"  - {{role: coder, {way.entry}}}\n  - {{role: reviewer, {way.entry}}}"
    repo = repo_of(roles, [Asked(name="scripted", url=models.url("ok"), wire=way.wire)])
    action = run(repo, tmp_path)
    assert (action.stage, action.waiting, action.unusable) == (Stage.WAITING, "", "")
    assert git(repo, "show", f"{action.commit}:text.txt") == "one\ntwo"
    assert list(action.claims) == ["adds the line two"] and list(action.assumptions) == ["the end is meant"]
    assert [(each.path, each.line, each.blocking) for each in action.findings or ()] == [("text.txt", 2, False)]
    assert action.usage.calls == len([seen for seen in models.seen if seen.method == "POST"])


@pytest.mark.parametrize("mode", ["e401", "s1e429q"])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_another_agent_goes_on_when_a_program_has_no_provider_left(
    way: Way, mode: str, models: ScriptedModels, tmp_path: Path, repo_of: Callable[[str, Sequence[Asked]], Path]
) -> None:
    """Before its first answer or after its edit: our own agent, on another wire, makes the result of it."""
    living = Wire.GEMINI  # which none of these programs but one speaks
    behind = "  - {role: coder, use: agent, model: m2}\n  - {role: reviewer, use: agent, model: m1}"
    roles = f"  - {{role: coder, {way.entry}}}\n{behind}"
    providers = [
        Asked(name="failing", url=models.url(mode), wire=way.wire),
        Asked(name="living", url=models.url("ok"), wire=living),
    ]
    action = run(repo_of(roles, providers), tmp_path)
    assert (action.stage, action.waiting, action.unusable) == (Stage.WAITING, "", "")
    if living not in way.wires:
        assert action.agents[Role.CODER] == "agent (m2)"
    assert list(action.claims) == ["adds the line two"] and action.findings
