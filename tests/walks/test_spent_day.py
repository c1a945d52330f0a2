"""A campaign whose owner's limit for the day is spent: it waits for the next day, and says so."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from scripted_models import ScriptedModels
from targets import make_repo, read_json, recorded

from overnight.config import VARIABLE
from overnight.git.repository import open_repository
from overnight.models.spending import account as account_module
from overnight.models.spending.limits import SpendingRules
from overnight.models.spending.page import read_page
from overnight.research.ending import EndReason
from overnight.research.events import ProposalMissed, Stopped
from overnight.research.loop.stop import Stop
from overnight.research.record.ledger import SqliteLedger
from overnight.research.wiring import SessionRequest, open_session

LATE = 1_796_169_599.5  # Tuesday 2026-12-01, half a second before midnight, UTC
CALL = 1050  # tokens of the agent's first call
SETTINGS = """
[[providers]]
name = "p"
base_url = "{url}"
wires = ["openai-chat"]
[spending]
zone = "UTC"
day_tokens = 1000
"""
PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: cat train.txt
editable: [train.txt]
limits: {wall: 10s, memory: 500MB}
budget: {experiments: 2}
researchers:
  - {role: explorer, use: agent, model: m1}
---
# Make the loss small
"""


def test_a_spent_day_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """The edit that was made is measured; after midnight the next one is asked for. `status` says why, and both days count."""
    models.command = "cat /proc/sys/kernel/random/uuid >> train.txt"
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS.format(url=models.url("ok")))
    monkeypatch.setenv(VARIABLE, str(settings))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo, now, told = make_repo(tmp_path / "r", PROGRAM, files={"train.txt": "METRIC loss=5.0\n"}), [LATE], list[Any]()

    class Dated(account_module.SpendingAccount):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **{**named, "clock": lambda: now[0]})

    def see(sign: object) -> None:
        if isinstance(sign, ProposalMissed):
            told.append(read_json(repo, "status"))
            now[0] = LATE + 1.0

    async def session() -> Stopped:
        with open_session(open_repository(repo), SessionRequest(tag="t", sandbox="process"), Stop(), [see]) as campaign:
            return await campaign.run()

    monkeypatch.setattr(account_module, "SpendingAccount", Dated)
    monkeypatch.chdir(repo)
    assert anyio.run(session).ending.reason is EndReason.BUDGET
    misses: Sequence[ProposalMissed] = [event for event in recorded(repo) if isinstance(event, ProposalMissed)]
    assert len(misses) == 1
    assert "the day's limit of 1,000 tokens for all models is spent: 0 are left" in misses[0].reason
    assert "at midnight (UTC)" in misses[0].reason
    assert f"spending.day_tokens in {settings} sets it; asked again in" in misses[0].reason
    assert "the day's limit of 1,000 tokens" in told[0]["newest_missed"]["reason"]
    assert read_json(repo, "status")["experiments"] == 2
    shown = read_page(tmp_path / "state/overnight", SpendingRules(zone="UTC"), clock=lambda: LATE + 1.0, by=("job",))
    assert [(day.name, day.spent.tokens) for day in shown.by_day] == [("2026-12-01", CALL), ("2026-12-02", CALL)]
    assert [group.name for group in shown.by["job"]] == ["r/t"]
    with (
        closing(SqliteLedger.for_reading(repo / ".overnight/t")) as ledger,
        closing(sqlite3.connect(tmp_path / "state/overnight/spending.db")) as database,
    ):  # a copy of the campaign, which has the same first event, has the same budget
        assert database.execute("SELECT job, tokens FROM jobs").fetchall() == [(f"campaign:{ledger.origin()}", 2 * CALL)]
