"""One action by models in all roles: planned, researched, coded, reviewed, fixed and reviewed again."""

import json
from pathlib import Path

import anyio
import pytest
from agent_settings import KEY, forget_settings, provide
from scripted_models import Json, ScriptedModels
from targets import git, make_repo

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request, Role
from overnight.actions.record import ActionRecord
from overnight.actions.roles.live import read_live
from overnight.actions.state import Stage

RULES = """---
checks: [sh check.sh]
roles:
  - {role: planner, use: editor, model: m1}
  - {role: researcher, use: editor, model: m1}
  - {role: coder, use: editor, model: m1}
  - {role: reviewer, use: editor, model: m2}
---
Keep it short.
"""
EDIT = "text.txt\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


class Team:
    """What the models of all roles say, by what they are."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.words: list[str] = []

    def __call__(self, body: Json) -> str:
        said = json.dumps(body)
        role = next(role for role, sign in SIGNS.items() if sign in said)
        self.asked.append(f"{role} {body['model']}")
        self.words.append(said)
        count = len([each for each in self.asked if each.startswith(role)])
        return ANSWERS[role][min(count, len(ANSWERS[role])) - 1]


SIGNS = {
    Role.PLANNER: "You plan a change",
    Role.RESEARCHER: "You find something out",
    Role.CODER: "You change a repository",
    Role.REVIEWER: "You review a change",
}
ANSWERS = {
    Role.PLANNER: ["STEP: add the line\nFILE: text.txt\nRESEARCH: what ends a line here?"],
    Role.RESEARCHER: ["text.txt:1 ends with a newline."],
    Role.CODER: [
        EDIT.format(old="one", new="one\nto") + "DOES: adds a line\nASSUMPTION: the end is meant",
        EDIT.format(old="to", new="two") + "DOES: adds the line two",
    ],
    Role.REVIEWER: ["FINDING text.txt:2 blocking it says to", "FINDING text.txt:2 minor no full stop"],
}


def test_an_action_goes_through_all_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Each reads what those before found out; a provider without quota is passed over once, and what it took is counted."""
    forget_settings(tmp_path, monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("KEY_OF_P", KEY)
    entry = '[[providers]]\nname = "{mode}"\nbase_url = "{url}"\nwires = ["openai-chat"]\nkey_env = "KEY_OF_P"\n'
    (tmp_path / "settings.toml").write_text("".join(entry.format(mode=m, url=models.url(m)) for m in ("e429q", "ok")))
    models.says = team = Team()
    repo = make_repo(tmp_path / "r", "", files={"text.txt": "one\n", "check.sh": "grep -q one text.txt\n", "actions.md": RULES})
    with ActionRecord(tmp_path / "record") as record:
        number = record.ask(Request(repo=str(repo), title="Add a line", text="Add the line two.", plan=True))
        board = BoardRunner(record=record, sandbox="process")
        anyio.run(lambda: board.run(until_idle=True))
        action = record.board().actions[number]
        live = read_live(record.folder)
        transcripts = [
            (record.artifacts.read(entry.event.outcome.transcript) or b"").decode()
            for entry in record.store.events()
            if hasattr(entry.event, "outcome")
        ]
    assert (action.stage, action.waiting) == (Stage.WAITING, "")
    assert team.asked == ["planner m1", "researcher m1", "coder m1", "reviewer m2", "coder m1", "reviewer m2"]
    assert git(repo, "show", f"{action.commit}:text.txt") == "one\ntwo"
    assert action.plan is not None and action.plan.steps == ["add the line"]
    assert [(each.blocking, each.text) for each in action.findings or ()] == [(False, "no full stop")]
    assert [each.text for each in action.past_findings] == ["it says to"]
    assert (action.claims, action.assumptions) == (["adds the line two"], ("the end is meant",))
    assert action.agents == {
        Role.PLANNER: "editor (m1)", Role.RESEARCHER: "editor (m1)", Role.CODER: "editor (m1)", Role.REVIEWER: "editor (m2)",
    }  # fmt: skip
    assert action.usage.calls == 6 and models.asked["e429q"] == 1
    assert "ends with a newline" in team.words[2] and "it says to" in team.words[4] and "+two" in team.words[5]
    assert "the end is meant" not in team.words[3], "a reviewer reads no words of the coder's"
    assert len(transcripts) == 6 and all("Prompt" in each and KEY not in each for each in transcripts)
    assert {(each.role, each.provider) for each in live.sums} == {(role.value, "ok") for role in Role}
    assert next(each for each in live.providers if each.name == "e429q").standing == "parked"


def test_a_turn_that_is_stopped_counts_with_what_it_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """A board that is ended at once, while a coder's model has answered once, loses neither its edit nor its tokens."""
    forget_settings(tmp_path, monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    provide(tmp_path, monkeypatch, models.url("s1hang"))
    models.command = "echo two >> text.txt"
    rules = "---\nchecks: ['true']\nroles: [{role: coder, use: agent, model: m1}]\n---\n"
    repo = make_repo(tmp_path / "r", "", files={"text.txt": "one\n", "actions.md": rules})
    with ActionRecord(tmp_path / "record") as record:
        number = record.ask(Request(repo=str(repo), title="Add a line", text="Add the line two."))

        async def run() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: BoardRunner(record=record, sandbox="process").run(until_idle=True))
                while models.asked["s1hang"] < 2:  # noqa: ASYNC110  # the server is a thread
                    await anyio.sleep(0.01)
                tasks.cancel_scope.cancel()

        anyio.run(run)
        action = record.board().actions[number]
    assert git(repo, "show", f"{action.left}:text.txt") == "one\ntwo"
    assert action.usage.tokens >= 1050 and action.usage.calls >= 1
