"""Campaigns whose researcher is cut off after it has edited: what it had in hand is measured, and nothing is lost."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from processes import gone
from scripted_acp import command
from scripted_models import ScriptedModels
from targets import git, make_repo, recorded

from overnight.agents.context import AgentContext
from overnight.config import VARIABLE
from overnight.git.repository import open_repository
from overnight.models import gateway as gateway_module
from overnight.models.breaker import RetryTimes
from overnight.research import staffing
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Concluded, Event, ProposalMissed, Proposed, Stopped
from overnight.research.loop.stop import Stop
from overnight.research.wiring import SessionRequest, open_session

TRAIN = "METRIC loss=5.0\n"
CHANGE = "cat /proc/sys/kernel/random/uuid >> train.txt"
BRIEFLY = RetryTimes(busy_s=0.01, busiest_s=0.02, near_s=0.1, same_s=0.0, patience_s=0.1, quota_s=3600.0)
OWN = {"role": "explorer", "use": "agent", "model": "m1"}
PRICED = '[prices."m1"]\ninput = 1000.0\noutput = 1000.0\n'


def repo_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    *roles: Mapping[str, object],
    budget: str = "{experiments: 1}",
    files: dict[str, str] | None = None,
) -> Path:
    """A repository with these researchers, by default our agent, and settings with one provider."""
    settings = tmp_path / "settings.toml"
    wires = 'wires = ["openai-chat", "anthropic"]'
    provider = f'[[providers]]\nname = "p"\nbase_url = "{url}"\n{wires}\nsilence_s = 0.2\nkey_env = "KEY"\n'
    settings.write_text(provider + PRICED)
    monkeypatch.setenv(VARIABLE, str(settings))
    monkeypatch.setenv("KEY", "sk-test")
    listed = "\n".join(f"  - {json.dumps(role)}" for role in roles or (OWN,))
    text = f"""---
metric: {{name: loss, direction: minimize}}
measure: cat train.txt
editable: [train.txt, "*.py"]
limits: {{wall: 10s, memory: 500MB}}
budget: {budget}
researchers:
{listed}
---
# Make the loss small
"""
    return make_repo(tmp_path / "r", text, files={"train.txt": TRAIN, "code.py": "x = 1\n", **(files or {})})


def run(repo: Path, monkeypatch: pytest.MonkeyPatch, *, until: type[Event] = Stopped) -> list[Any]:
    """One session in this process, whose gateway waits for nobody; stopped at an event. What is in the record then."""

    class Hasty(gateway_module.Gateway):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **{**named, "pace": BRIEFLY})

    monkeypatch.setattr(gateway_module, "Gateway", Hasty)
    monkeypatch.chdir(repo)

    async def walk() -> None:
        stop = Stop()

        def see(sign: object) -> None:
            if isinstance(sign, until):
                stop.request(Ending(reason=EndReason.STOP, detail="enough was seen"))

        with open_session(open_repository(repo), SessionRequest(tag="t", sandbox="process"), stop, [see]) as campaign:
            await campaign.run()

    anyio.run(walk)
    return list(recorded(repo))


def proposed(events: Sequence[Any]) -> list[Proposed]:
    """The proposals, in order."""
    return [event for event in events if isinstance(event, Proposed)]


def missed(events: Sequence[Any]) -> list[str]:
    """Why proposals and questions failed."""
    return [event.reason for event in events if isinstance(event, ProposalMissed)]


def session_note(event: Proposed) -> str:
    """What is said of its author's session."""
    return str(event.notes.get("session", ""))


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("s1e429q", "You exceeded your current quota"),
        ("s1e401", "401 scripted 401"),
        ("s1e400", "p refuses the request: 400 scripted 400"),
        ("s1e500", "500 scripted 500"),
        ("s1e529", "529 scripted 529"),
        ("s1hang", "no answer in time"),
        ("s1cut", "broke off"),
        ("steps1000", "it did not end within 60 steps"),
    ],
)
def test_an_edit_is_measured_however_its_session_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, mode: str, why: str
) -> None:
    """Quota, key, a refused request, a busy, silent or breaking provider, too many steps: the edit is a proposal."""
    models.command = CHANGE
    events = run(repo_of(tmp_path, monkeypatch, models.url(mode)), monkeypatch)
    [proposal] = proposed(events)
    assert proposal.commit
    assert session_note(proposal).startswith("cut short: ")
    assert why in session_note(proposal)
    assert "cut short before it said" in proposal.hypothesis
    assert proposal.tokens > 0
    assert [event.conclusion.verdict.value for event in events if isinstance(event, Concluded)] == ["discard"]


@pytest.mark.parametrize("budget", ["{tokens: 1000}", "{cost_usd: 1.0}"])
def test_an_edit_is_measured_when_the_budget_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, budget: str
) -> None:
    """Its author's second request is one too many: no more tokens are spent, and the edit that they bought is measured."""
    models.command = CHANGE
    events = run(repo_of(tmp_path, monkeypatch, models.url("ok"), budget=budget), monkeypatch)
    [proposal] = proposed(events)
    assert "budget" in session_note(proposal)
    assert any(isinstance(event, Concluded) for event in events)
    assert models.asked["ok"] == 1
    assert events[-1].ending.reason in {EndReason.BUDGET, EndReason.MODELS}


def test_what_it_said_before_is_its_hypothesis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """A model that speaks beside its calls has said what it is after."""
    call = {"id": "c1", "type": "function", "function": {"name": "bash", "arguments": json.dumps({"command": CHANGE})}}
    message = {"role": "assistant", "content": "HYPOTHESIS: a longer file\nLet me look.", "tool_calls": [call]}
    usage = {"prompt_tokens": 900, "completion_tokens": 90, "total_tokens": 990}
    models.canned("talks", {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": usage})
    events = run(repo_of(tmp_path, monkeypatch, models.url("talks"), budget="{tokens: 900}"), monkeypatch)
    assert [event.hypothesis for event in proposed(events)] == ["a longer file"]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("echo 'def f(' > code.py", "line 1 of `code.py` is no Python"),
        ("echo x > outside.txt; echo y >> program.md", "program.md"),
    ],
    ids=["half-finished", "out of scope"],
)
def test_what_is_not_worth_a_trial_is_kept_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, command: str, why: str
) -> None:
    """A Python file that does not parse, or an edit out of scope, is not submitted when its author is cut off."""
    models.command = command
    repo = repo_of(tmp_path, monkeypatch, models.url("s1e429q"))
    events = run(repo, monkeypatch, until=ProposalMissed)
    assert not proposed(events)
    [reason] = missed(events)[:1]
    assert "You exceeded your current quota" in reason
    assert "is not submitted" in reason and why in reason
    assert git(repo, "rev-parse", "refs/overnight/t/unfinished/1")


def test_python_that_was_broken_before_is_no_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """A file of another Python may be edited like any other."""
    models.command = "echo 'print 2' >> old.py"
    repo = repo_of(tmp_path, monkeypatch, models.url("s1e429q"), files={"old.py": "print 1\n"})
    assert len(proposed(run(repo, monkeypatch))) == 1


def test_nothing_in_hand_is_no_proposal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """A session that is cut off before it edits is a wait, as it was."""
    models.command = "cat train.txt"
    events = run(repo_of(tmp_path, monkeypatch, models.url("s1e429q")), monkeypatch, until=ProposalMissed)
    assert not proposed(events)
    assert "asked again in" in missed(events)[0]


def test_the_next_request_meets_the_lack_of_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """One edit, one proposal: then the researcher waits, and no more requests reach the provider."""
    models.command = CHANGE
    repo = repo_of(tmp_path, monkeypatch, models.url("s1e429q"), budget="{experiments: 5}")
    events = run(repo, monkeypatch, until=ProposalMissed)
    assert len(proposed(events)) == 1
    assert "asked again in" in missed(events)[0]
    assert models.asked["s1e429q"] == 2


def test_an_agent_program_that_crashes_has_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """A template's program is no script: its exit code proves nothing, and its edit counts."""
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{CHANGE}\necho HYPOTHESIS: it crashed later\nkill -SEGV $$\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/local/bin:/usr/bin:/bin")
    claude: dict[str, object] = {"role": "explorer", "use": "command", "template": "claude"}
    events = run(repo_of(tmp_path, monkeypatch, models.url("ok"), claude), monkeypatch)
    [proposal] = proposed(events)
    assert proposal.hypothesis == "it crashed later"
    assert "the command exited with" in session_note(proposal)


CRASHES = """
def prompt(text):
    open("train.txt", "a").write("# better\\n")
    say("HYPOTHESIS: a better file")
    os.kill(os.getpid(), signal.SIGKILL)
"""
HANGS = """
def prompt(text):
    open("train.txt", "a").write("# better\\n")
    say("HYPOTHESIS: a better file")
    time.sleep(6543.5)
"""


@pytest.mark.parametrize(("script", "patience_s"), [(CRASHES, 600.0), (HANGS, 0.5)], ids=["crashes", "hangs"])
def test_an_agent_over_acp_that_breaks_has_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, script: str, patience_s: float
) -> None:
    """Its process is killed, or does nothing and is ended: the edit and what it had said are a proposal."""
    monkeypatch.setattr(staffing, "AgentContext", partial(AgentContext, patience_s=patience_s))
    acp: dict[str, object] = {"role": "explorer", "use": "acp", "command": command(script)}
    [proposal] = proposed(run(repo_of(tmp_path, monkeypatch, models.url("ok"), acp), monkeypatch))
    assert proposal.hypothesis == "a better file"
    assert session_note(proposal).startswith("cut short: ")
    assert gone("6543.5")


def test_an_edit_goes_on_unreviewed_if_the_critic_has_no_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The researcher's last request is answered and the critic's first is not: the edit is measured, and a note says so."""
    models.command = CHANGE
    critic: dict[str, object] = {"role": "critic", "use": "agent", "model": "m1"}
    events = run(repo_of(tmp_path, monkeypatch, models.url("o2e429q"), OWN, critic), monkeypatch)
    [proposal] = proposed(events)
    assert proposal.hypothesis == "it is better"
    assert str(proposal.notes["review"]).startswith("none: ")
    assert any(isinstance(event, Concluded) for event in events)
