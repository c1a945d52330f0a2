"""The made campaigns are real ones: they restore, they verify, and they are the same each time."""

from pathlib import Path

from surface_campaigns import Made, campaign_of, early_campaign, running

from overnight.operations.operation import Context
from overnight.research.operations import status, verify
from overnight.research.views.status import Status


def status_of(made: Made) -> Status:
    return status.run(Context(where=made.repository), status.StatusInput())


def test_a_made_campaign_holds(tmp_path: Path) -> None:
    """Its chain, tables and commits agree with its events, and it has what a real one has."""
    made = campaign_of(tmp_path / "repo", 300)
    now = status_of(made)
    assert (now.experiments + now.rejected, now.open, now.running) == (300, 0, None)
    assert now.kept and now.crashed and now.rejected and now.audit and now.cost_usd
    found = verify.run(Context(where=made.repository), verify.VerifyInput())
    assert {"ledger", "experiments", "snapshots"} <= {each.what for each in found}
    assert [each for each in found if each.what in {"ledger", "experiments", "snapshots"} and not each.holds] == []


def test_a_made_campaign_runs(tmp_path: Path) -> None:
    """One that has not ended has experiments under way, and runs while it is held."""
    made = campaign_of(tmp_path / "repo", 3, ended=False)
    assert status_of(made).running is None
    with running(made):
        now = status_of(made)
        assert now.running is not None
    assert (now.open, now.unmeasured) == (2, 1)


def test_an_early_campaign_has_no_level(tmp_path: Path) -> None:
    """Its first trials failed, or are too few."""
    assert "torch" in status_of(early_campaign(tmp_path / "failed", failing=True)).failed
    assert status_of(early_campaign(tmp_path / "begun", failing=False)).sigma is None
