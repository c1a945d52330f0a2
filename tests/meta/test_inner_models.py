"""Inner campaigns whose researchers are models: budgets, what is said of each role, and models that do not answer."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from agent_settings import forget_settings, provide
from scripted_models import OUTPUT, Json, ScriptedModels, input_tokens
from targets import git, make_repo

from overnight.git.repository import open_repository
from overnight.meta.charter import InnerBudget
from overnight.meta.inner import Halt, run_inner
from overnight.meta.record import finished
from overnight.meta.targets import pinned
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.meta.trials import part_of
from overnight.models.breaker import RetryTimes

CALL = input_tokens(0) + OUTPUT  # tokens
TARGET = """---
metric: {name: loss, direction: minimize}
measure: cat train.txt
editable: [train.txt]
limits: {wall: 10s, memory: 500MB}
gate: {noise: deterministic}
---
# Make the loss small
"""
EDITOR = "use: editor, model: m, patience: 1s"


def organisation(*roles: str) -> str:
    """A program with these entries under `researchers`."""
    listed = "".join(f"  - {{{role}}}\n" for role in roles)
    return TARGET.replace("---\n# Make", f"researchers:\n{listed}---\n# Make")


class Words:
    """A model that lowers the loss a little each time; as director it has an idea, as critic it agrees."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, body: Json) -> str:
        """The answer to a request."""
        self.calls += 1
        said = str(body)  # the messages are `input` on a wire that is tried when another one is refused
        if "as explorer" not in said:
            return "IDEA: lower it | effect: small | risk: safe\nACCEPT"
        old = re.findall(r"METRIC loss=([0-9.]+)", said)[0]
        edit = f"<<<<<<< SEARCH\nMETRIC loss={old}\n=======\nMETRIC loss={float(old) - 0.01 * self.calls:.4f}\n>>>>>>> REPLACE"
        return f"train.txt\n{edit}\nHYPOTHESIS: less"


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> InnerTask:
    """One explorer on a small target, whose user has one provider."""
    forget_settings(tmp_path, monkeypatch)
    provide(tmp_path, monkeypatch, models.url("ok/v1"))
    models.says = Words()
    repo = make_repo(tmp_path / "r", TARGET, files={"train.txt": "METRIC loss=5.0\n"})
    commit = git(repo, "rev-parse", "HEAD")
    return InnerTask(
        folder=str(tmp_path / "inner" / "t" / "r"),
        organisation=organisation(f"role: explorer, {EDITOR}"),
        path="program.md",
        secret="00",
        trials=10,
        audit_pairs=2,
        sandbox="process",
        source=str(pinned(open_repository(repo), commit, tmp_path)),
        commit=commit,
    )


def run(task: InnerTask) -> InnerResult:
    """Run an inner campaign that nobody halts."""

    async def unhalted() -> InnerResult | None:
        return await run_inner(task, Halt())

    result = anyio.run(unhalted)
    assert result is not None
    return result


@pytest.mark.parametrize("limits", [{"tokens": 6 * CALL}, {"cost_usd": 6 * CALL / 1e6}], ids=["tokens", "cost"])
def test_many_researchers_cannot_exceed_the_inner_budget(
    task: InnerTask, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any]
) -> None:
    """Eight at once ask at once; what they are given together is the budget, and what was made of it counts."""
    provide(tmp_path, monkeypatch, models.url("ok/v1"), '[prices."*"]\ninput = 1.0\noutput = 1.0\n')
    eight = organisation(f"role: explorer, {EDITOR}, count: 8")
    result = run(replace(task, organisation=eight, trials=40, **limits))
    assert result.tokens == CALL * sum(seen.method == "POST" for seen in models.seen)
    assert 0 < result.tokens <= 6 * CALL
    assert result.cost_usd == pytest.approx(result.tokens / 1e6)
    assert result.progress is not None and result.progress > 0


def test_each_role_has_its_line(task: InnerTask, models: ScriptedModels) -> None:
    """A director, an explorer and a critic: what each proposed, what was kept of it and its tokens, which add up."""
    roles = [f"role: {name}, {EDITOR}" for name in ("director", "explorer", "critic")]
    result = run(replace(task, organisation=organisation(*roles)))
    assert {*result.by_role} == {"director", "explorer", "critic"}
    assert all(row["tokens"] > 0 for row in result.by_role.values())
    assert sum(row["tokens"] for row in result.by_role.values()) == result.tokens
    assert result.by_role["explorer"]["proposed"] >= result.experiments > 0
    assert result.by_role["explorer"]["kept"] == result.kept > 0


@pytest.mark.parametrize("others", [(), ("role: script, use: scripted, edits: [[train.txt, '5.0', '4.0']]",)])
def test_models_that_refuse_give_no_value(
    task: InnerTask, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: tuple[str, ...]
) -> None:
    """Also if others go on working: it is postponed, and goes on when the models answer, without running a trial twice."""
    provide(tmp_path, monkeypatch, models.url("o2e401/v1"))
    task = replace(task, organisation=organisation(f"role: explorer, {EDITOR}", *others))
    result = run(task)
    assert (result.progress, result.blame) == (None, Blame.MODELS), result
    assert finished(Path(task.folder)) is None
    models.repaired.set()
    again = run(task)
    assert again.progress is not None and again.progress > 0
    assert again.trials == 10


def test_a_rate_limit_is_waited_for(
    task: InnerTask, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused for a while, it goes on after that, and has its whole budget."""
    monkeypatch.setattr("overnight.models.gateway.RetryTimes", partial(RetryTimes, busy_s=0.01, busiest_s=0.05))
    provide(tmp_path, monkeypatch, models.url("f429x4/v1"))
    result = run(task)
    assert (result.trials, result.blame) == (10, "")
    assert result.kept > 0


def test_a_role_that_nobody_can_play_is_no_value(
    task: InnerTask, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a provider the explorer would be left out, and its organisation judged by the others; with one it goes on."""
    (tmp_path / "settings.toml").write_text("")
    monkeypatch.delenv("KEY_OF_P")
    script = "role: script, use: scripted, edits: [[train.txt, '5.0', '4.0']]"
    task = replace(task, organisation=organisation(f"role: explorer, {EDITOR}", script))
    result = run(task)
    assert (result.progress, result.blame) == (None, Blame.SETUP)
    assert "explorer" in result.failure
    provide(tmp_path, monkeypatch, models.url("ok/v1"))
    assert run(task).by_role["explorer"]["proposed"] > 0


@pytest.mark.parametrize(("trials", "share", "screening"), [(600, 0.25, 150), (60, 0.25, 20), (14, 0.25, 14), (14, 3, 42)])
def test_a_campaign_that_screens_has_trials_for_proposals(trials: int, share: float, screening: int) -> None:
    """A quarter of a small budget would end in the baseline, and every organisation look the same."""
    assert part_of(InnerBudget(trials=trials), share).trials == screening
