"""An audit of organisations with real inner campaigns, and what is remembered of real ones."""

from pathlib import Path

import anyio
import pytest
from meta_walk import TAG, FormulaWorkers, meta_repository, run_meta, session_of

from overnight.git.repository import Repository
from overnight.meta.audit import AuditSize, audit_session
from overnight.meta.memory import background
from overnight.meta.outcome import Purpose
from overnight.meta.report import meta_report
from overnight.meta.sums import read_sums
from overnight.meta.workers import workers
from overnight.research.loop.journal import Journal
from overnight.research.reading import reading
from overnight.research.wiring import SessionRequest

META = """---
organisation: program.md
targets: [lab:plant]
inner: {trials: 12, audit_pairs: 2}
allowed_researchers: [{role: tuner, use: tuner}]
gate: {error_rate: 0.5, max_pairs: 12}
---
Find a better organisation.
"""


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_start_and_head_and_a_longer_campaign_really_run(tmp_path: Path) -> None:
    """Every target has values of both, the longer campaign had its multiple of trials, and nothing is left in its folder."""
    repository = meta_repository(tmp_path / "repo", META)
    state = run_meta(repository, FormulaWorkers(), spreads={"plant": 0.2})
    assert state.kept
    size = AuditSize(pairs=2, times=3, blocks=1, head=False, leave_one_out=False)
    said: list[str] = []
    anyio.run(audit_session, repository, SessionRequest(tag=TAG, slots=2), state, size, said.append)
    assert len(said) == 5
    with reading(TAG, repository.toplevel) as campaign:
        found = meta_report(campaign.ledger, repository, campaign.state()).outcome
    assert [target.name for target in found.targets] == ["plant"] and found.targets[0].start.campaigns == 2
    assert found.times == 3 and found.targets[0].longer_start is not None
    assert found.spent[Purpose.AUDIT].trials == 4 * 12 and found.spent[Purpose.LONGER].trials == 3 * 12


def test_ledgers_of_real_inner_campaigns_are_remembered(tmp_path: Path) -> None:
    """Who proposed what, from the records that are kept after the rest of an inner campaign is deleted."""
    repository = meta_repository(tmp_path / "repo", META.replace("trials: 12", "trials: 80"))  # of which screening has 20
    anyio.run(screened, repository)
    with reading(TAG, repository.toplevel) as campaign:
        text = background(Journal(campaign.ledger, campaign.state()), campaign.folder)
        sums = read_sums(campaign.folder)
    assert (
        sums.targets["plant"]["campaigns"] >= 2
        and sums.roles["tuner"].get("judged", 0) + sums.roles["tuner"].get("searched", 0) > 0
    )
    assert "- On plant: " in text and "- Role tuner: " in text


async def screened(repository: Repository) -> None:
    """One organisation is tried by real campaigns."""
    async with workers() as hands:
        await session_of(repository, hands, spreads={"plant": 0.2}, experiments=1)
