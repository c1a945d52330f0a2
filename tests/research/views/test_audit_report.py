"""An audit in words."""

from dataclasses import replace

import pytest

from overnight.gate.audit import ChangeAudit, Estimate, Standing
from overnight.research.views.audit import AuditReport, describe, total_verdict


def test_an_audit_says_what_harms() -> None:
    """Harm is reported rather than that a change can go, and times with the scale that they were compared on."""
    worse = Estimate(gain=-66.0, low=-66.0, high=-66.0, pairs=3, before=2098.0, after=2164.0)
    found = AuditReport(
        tag="t",
        audit=1,
        finished=True,
        start="s",
        head="h",
        metric="cpu_s",
        direction="minimize",
        total=Estimate(gain=2.948, low=1.0, high=4.8, pairs=20, before=26.985, after=23.776),
        reason="",
        changes=(
            ChangeAudit(number=4, standing=Standing.CAN_GO, estimate=worse),
            ChangeAudit(number=5, standing=Standing.CAN_GO, estimate=replace(worse, gain=0.0, low=0.0, high=0.0, after=2098.0)),
        ),
        parts=(),
        unmeasured=0,
    )
    said = describe(found, ())
    assert "kept #4    harms: 66 better without it; gain -66, the same in 3 pairs" in said
    assert "kept #5    can go: no gain worth keeping is left; gain +0" in said
    assert "cpu_s (minimize) 26.985 -> 23.776: better beyond noise; gain by the ratios of pairs +2.948" in said


@pytest.mark.parametrize(
    ("gain", "low", "high", "says"),
    [
        (1.0, 0.5, 1.5, "better beyond noise"),
        (1.0, -0.5, 2.5, "not better beyond noise"),
        (-1.0, -1.5, -0.5, "worse beyond noise"),
        (1.0, 1.0, 1.0, "better, without noise"),
        (0.0, 0.0, 0.0, "no better, without noise"),
    ],
)
def test_the_headline_says_which_way_it_went(gain: float, low: float, high: float, says: str) -> None:
    """A loss is not called `no gain`, and exact trials have no noise to be beyond."""
    assert total_verdict(Estimate(gain=gain, low=low, high=high, pairs=3, before=2.0, after=1.0)) == says
