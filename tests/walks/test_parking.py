"""Campaigns whose models become unavailable: they wait, continue, or end with the reason, and count what was used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from scripted_models import Reply, ScriptedModels
from targets import make_repo, overnight, read_json, recorded

from overnight.agents.hindrance import Hindrance
from overnight.config import VARIABLE
from overnight.git.repository import open_repository
from overnight.models import gateway as gateway_module
from overnight.models.breaker import RetryTimes
from overnight.research.ending import EndReason
from overnight.research.events import ModelCalled, ProposalEnded, ProposalMissed, Proposing, Sign, Stopped, Working
from overnight.research.loop.stop import Stop
from overnight.research.wiring import SessionRequest, open_session

TRAIN = "METRIC loss=5.0\n"
CHANGE = "cat /proc/sys/kernel/random/uuid >> train.txt"
PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: cat train.txt
editable: [train.txt]
limits: {wall: 10s, memory: 500MB}
budget: BUDGET
researchers:
  - {role: explorer, use: agent, model: m1, patience: 1s}
---
# Make the loss small
"""


def repo_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, budget: str = "{experiments: 1}") -> Path:
    """A repository whose only researcher is our agent, and settings with one provider."""
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[[providers]]\nname = "p"\nbase_url = "{url}"\nwires = ["openai-chat"]\n')
    monkeypatch.setenv(VARIABLE, str(settings))
    return make_repo(tmp_path / "r", PROGRAM.replace("BUDGET", budget), files={"train.txt": TRAIN})


def run(repo: Path, check: int) -> None:
    """One session from the command line."""
    overnight(repo, "run", "--tag", "t", "--no-report", "--plain", "--sandbox", "process", check=check)


def used(repo: Path) -> Mapping[str, int]:
    """The total of the calls in the ledger."""
    calls = [event.usage for event in recorded(repo) if isinstance(event, ModelCalled)]
    return {"calls": len(calls), "tokens": sum(usage.tokens for usage in calls)}


def test_the_tally_is_the_servers_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Two requests, 2,200 tokens in and 100 out, in the ledger and in `status --json`."""
    models.command = CHANGE
    repo = repo_of(tmp_path, monkeypatch, models.url("ok"))
    run(repo, check=1)
    assert used(repo) == {"calls": 2, "tokens": 2_300}
    status: Any = read_json(repo, "status")
    assert (status["tokens"], status["experiments"], models.asked["ok"]) == (2_300, 1, 2)


def test_a_bad_key_ends_the_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Only a person can fix that: the reason is `models`, no experiment is used, nothing is kept, and the exit code is 2.

    A list of models comes anyway, as where it is open to everybody.
    """
    repo = repo_of(tmp_path, monkeypatch, models.url("f401x99"))
    run(repo, check=2)
    stopped = recorded(repo)[-1]
    assert isinstance(stopped, Stopped)
    assert stopped.ending.reason is EndReason.MODELS
    assert "401" in stopped.ending.detail
    assert [event.final for event in recorded(repo) if isinstance(event, ProposalMissed)] == [True]
    assert read_json(repo, "status")["experiments"] == 0


def test_a_spent_budget_of_tokens_stops_within_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The call that exceeds it is the last one, and its edit is measured; another session makes no call at all."""
    models.command = CHANGE
    repo = repo_of(tmp_path, monkeypatch, models.url("ok"), "{tokens: 1000}")
    run(repo, check=1)
    assert models.asked["ok"] == 1
    assert isinstance(stopped := recorded(repo)[-1], Stopped) and stopped.ending.reason is EndReason.BUDGET
    assert used(repo) == {"calls": 1, "tokens": 1_050}
    assert read_json(repo, "status")["experiments"] == 1
    run(repo, check=1)
    assert models.asked["ok"] == 1


async def parked(repo: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> Stopped:
    """A session in this process, whose gateway delays no request; the provider recovers once its failure is recorded."""
    pace = RetryTimes(near_s=0.0, same_s=0.0, patience_s=0.0, quota_s=0.05)

    class Hasty(gateway_module.Gateway):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **{**named, "pace": pace})

    monkeypatch.setattr(gateway_module, "Gateway", Hasty)
    monkeypatch.chdir(repo)

    def see(sign: object) -> None:
        if isinstance(sign, ProposalMissed):
            models.replies.clear()

    stop = Stop()
    with open_session(open_repository(repo), SessionRequest(tag="t", sandbox="process"), stop, [see]) as campaign:
        return await campaign.run()


def test_a_spent_quota_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """The record says why it waits, no experiment is used, and it continues when the provider answers again."""
    models.command = CHANGE
    error = b'{"error": {"type": "insufficient_quota", "message": "You exceeded your current quota"}}'
    models.replies["ok"] = Reply(status=429, headers={"retry-after": "1"}, body=error)
    repo = repo_of(tmp_path, monkeypatch, models.url("ok"))
    stopped = anyio.run(parked, repo, monkeypatch, models)
    assert stopped.ending.reason in {EndReason.BUDGET, EndReason.SESSION}
    misses = [event for event in recorded(repo) if isinstance(event, ProposalMissed)]
    assert len(misses) == 1 and not misses[0].final
    assert "You exceeded your current quota" in misses[0].reason and "asked again in" in misses[0].reason
    status: Any = read_json(repo, "status")
    assert (status["experiments"], status["tokens"]) == (1, 2_300)


def ending(repo: Path) -> tuple[EndReason, str]:
    """Why the campaign ended."""
    stopped = recorded(repo)[-1]
    assert isinstance(stopped, Stopped)
    return stopped.ending.reason, stopped.ending.detail


def test_a_model_that_no_provider_has_is_no_lack_of_ideas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """Each request is refused, so the reason is `models`, with what the provider says; no idea is used up or missed."""
    models.replies["gone"] = Reply(status=404, body=b'{"error": {"message": "no model m1"}}')
    repo = repo_of(tmp_path, monkeypatch, models.url("gone"))
    run(repo, check=2)
    reason, detail = ending(repo)
    assert reason is EndReason.MODELS
    assert "the role `explorer` cannot work" in detail and "404 no model m1" in detail
    assert {event.fault for event in recorded(repo) if isinstance(event, ProposalMissed) and not event.final} == {"models"}


def with_command(tmp_path: Path, command: str, *, use: str = "command") -> Path:
    """A repository whose only researcher is this command."""
    text = PROGRAM.replace("BUDGET", "{experiments: 1}").replace(
        "use: agent, model: m1, patience: 1s", f"use: {use}, command: {command!r}, patience: 1s"
    )
    return make_repo(tmp_path / "r", text, files={"train.txt": TRAIN})


def test_an_agent_that_is_missing_is_no_lack_of_ideas(tmp_path: Path) -> None:
    """One that speaks ACP too."""
    repo = with_command(
        tmp_path, "cd . && no-such-program acp", use="acp"
    )  # alone, it would be missed before the campaign begins
    run(repo, check=2)
    assert ending(repo)[0] is EndReason.SETUP and "not found" in ending(repo)[1]
    misses = [event.fault for event in recorded(repo) if isinstance(event, ProposalMissed) and not event.final]
    assert misses == [Hindrance.MISSING] * 3


def test_a_program_that_is_missing_is_no_lack_of_ideas(tmp_path: Path) -> None:
    """The campaign ends after a few tries with the reason `setup`, what the shell says, and how to try the role alone."""
    repo = with_command(tmp_path, "cd . && no-such-program --stdin")  # alone, it would be missed before the campaign begins
    done = overnight(repo, "run", "--tag", "t", "--no-report", "--plain", "--sandbox", "process", check=2)
    reason, detail = ending(repo)
    assert reason is EndReason.SETUP
    assert "exited with 127" in detail and "overnight agents test explorer" in detail
    assert "no ideas" not in done.stdout and "explorer could not work: the command exited with 127" in done.stdout
    assert len([event for event in recorded(repo) if isinstance(event, ProposalMissed) and not event.final]) == 3


@pytest.mark.parametrize(("command", "reason"), [("exit 1", EndReason.SETUP), ("echo I am done", EndReason.NO_IDEAS)])
def test_a_program_that_fails_differs_from_one_that_finds_nothing(tmp_path: Path, command: str, reason: EndReason) -> None:
    """What ends badly each time does not work; what ends well without a change has no ideas."""
    repo = with_command(tmp_path, command)
    run(repo, check=2 if reason is EndReason.SETUP else 1)
    assert ending(repo)[0] is reason


async def signs_of(repo: Path, monkeypatch: pytest.MonkeyPatch) -> list[Sign]:
    """What a live view sees of a session in this process."""
    monkeypatch.chdir(repo)
    seen: list[Sign] = []
    with open_session(open_repository(repo), SessionRequest(tag="t", sandbox="process"), Stop(), [seen.append]) as campaign:
        await campaign.run()
    return seen


def test_a_line_of_the_screen_ends_when_its_work_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The author's before the critic's begins; each says whom it asks and what it runs, and none is left at the end."""
    models.command = CHANGE
    repo = repo_of(tmp_path, monkeypatch, models.url("ok"))
    program = (repo / "program.md").read_text().replace("researchers:\n", "researchers:\n  - {role: critic, use: agent}\n")
    (repo / "program.md").write_text(program)
    seen = anyio.run(signs_of, repo, monkeypatch)
    lines = [sign for sign in seen if isinstance(sign, Proposing | Working | ProposalEnded)]
    roles = [sign.role for sign in lines]
    critics = roles.index("critic")
    assert isinstance(lines[critics - 1], ProposalEnded) and set(roles[:critics]) == {"explorer"}
    doing = [sign.doing for sign in lines if isinstance(sign, Working) and sign.role == "explorer"]
    assert doing.count("asks p") == 2 and f"runs {CHANGE}" in doing
    shown = {(sign.role, sign.assignment) for sign in lines}
    last = {(sign.role, sign.assignment): sign for sign in lines}
    assert all(isinstance(last[line], ProposalEnded) for line in shown)
