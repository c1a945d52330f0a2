"""Inner campaigns that ask models: their own budget, and that of the meta-campaign, which several workers spend at once."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from agent_settings import forget_settings, provide
from inner_campaigns import task_on
from scripted_models import ScriptedModels
from targets import make_repo

from overnight.meta.record import inner_ledgers
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.meta.workers import workers

PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: cat train.txt
editable: [train.txt]
limits: {wall: 10s, memory: 500MB}
researchers:
  - {role: explorer, use: agent, model: m1}
---
# Make the loss small
"""
OWN, ALL, CALL = 5000, 8000, 1300  # tokens: of one inner campaign, of all, and more than one call uses
JOB = "campaign:of-a-meta-campaign"


def run_together(tasks: Sequence[InnerTask]) -> list[InnerResult]:
    """Run each on a worker of its own, at the same time."""
    ended: list[InnerResult] = []

    async def work() -> None:
        async with workers() as hands, anyio.create_task_group() as group:

            async def one(slot: int, task: InnerTask) -> None:
                ended.append(await hands.run(task, slot, lambda: False))

            for slot, task in enumerate(tasks):
                group.start_soon(one, slot, task)

    anyio.run(work)
    return ended


def counted(state: Path) -> dict[str, int]:
    """The tokens of each job in the owner's account."""
    with closing(sqlite3.connect(state / "overnight/spending.db")) as database:
        return dict(database.execute("SELECT job, tokens FROM jobs").fetchall())


def test_both_budgets_hold_over_two_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """The meta-campaign's budget ends both without a value; with more they go on, each to its own; all counts as one job."""
    forget_settings(tmp_path, monkeypatch)
    provide(tmp_path, monkeypatch, models.url("ok/v1"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    models.command = "cat /proc/sys/kernel/random/uuid >> train.txt"
    target = make_repo(tmp_path / "target", PROGRAM, files={"train.txt": "METRIC loss=5.0\n"})
    tasks = [
        task_on(
            target, tmp_path / f"inner/{n}/target", trials=None, tokens=OWN, payer=JOB, payer_label="r/meta-t", payer_tokens=ALL
        )
        for n in range(2)
    ]
    first = run_together(tasks)
    assert Blame.BUDGET in {result.blame for result in first}
    assert all("the meta-campaign's budget of tokens is spent" in r.failure for r in first if r.blame == Blame.BUDGET)
    assert ALL - 2 * CALL <= counted(tmp_path / "state")[JOB] <= ALL + CALL
    more = [InnerTask.parse(task.text().replace(f'"payer_tokens": {ALL}', '"payer_tokens": null')) for task in tasks]
    second = run_together(more)
    assert [(result.progress, result.blame) for result in second] == [(0.0, "")] * 2
    assert all(OWN - 2 * CALL <= result.tokens <= OWN + CALL for result in second)
    records = list(inner_ledgers(tmp_path))
    assert sum(record.result.tokens for record in records) == counted(tmp_path / "state")[JOB]
    assert set(counted(tmp_path / "state")) == {JOB}
    assert records[0].result.by_role["explorer"]["tokens"] == records[0].result.tokens
