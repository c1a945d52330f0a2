"""An audit in words."""

from dataclasses import replace

from overnight.gate.audit import ChangeAudit, Estimate, Standing
from overnight.research.views.audit import AuditReport, describe


def test_an_audit_says_what_harms() -> None:
    """Harm is reported rather than that a change can go, and times with the scale that they were compared on."""
    worse = Estimate(gain=-66.0, low=-66.0, high=-66.0, pairs=3, before=2098.0, after=2164.0)
    found = AuditReport(
        tag="t",
        audit=1,
        finished=True,
        start="s",
        head="h",
        total=Estimate(gain=2.948, low=1.0, high=4.8, pairs=20, before=26.985, after=23.776),
        reason="",
        changes=(
            ChangeAudit(number=4, standing=Standing.CAN_GO, estimate=worse),
            ChangeAudit(number=5, standing=Standing.CAN_GO, estimate=replace(worse, gain=0.0, low=0.0, high=0.0, after=2098.0)),
        ),
    )
    said = describe(found, ())
    assert "kept #4    harms: 66 better without it; gain -66, the same in 3 pairs" in said
    assert "kept #5    can go: no gain worth keeping is left; gain +0" in said
    assert "26.985 -> 23.776: a gain beyond noise; gain by the ratios of pairs +2.948" in said
