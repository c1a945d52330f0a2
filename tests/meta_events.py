"""Events of a meta-campaign on the targets `plant` (public) and `rock` (sealed), for tests that run no inner campaign."""

from dataclasses import replace

from builders import opened, trial

from overnight.gate.audit import Longer
from overnight.gate.trial import Arm, Stage
from overnight.research.events import AuditOpened, CampaignOpened, TrialFinished

PROGRAM = """---
metric: {name: progress, direction: maximize, parts: {plant: 2.0}, sealed_parts: {rock: 0.5}}
measure: overnight meta
holdout: overnight meta
editable: [program.md]
gate: {expensive: true, noise: heavy, max_pairs: 12}
---
Find a better organisation.
"""


def meta_opened() -> CampaignOpened:
    """Its first event."""
    return replace(opened(PROGRAM), tag="meta-t", file="meta.md")


def inner(
    number: int,
    index: int,
    progress: dict[str, float] | None,
    *,
    stage: Stage = Stage.CONFIRM,
    arm: Arm = Arm.CANDIDATE,
    times: int = 0,
) -> TrialFinished:
    """A trial with this progress by target, of 50 inner trials on each; None: it failed."""
    event = trial(number, index, stage=stage, arm=arm, value=None if progress is None else progress.get("plant", 0.0) / 2.0)
    found = progress or {}
    metrics = {**found, "trials": 50.0 * len(found), "tokens": 1000.0, "cost_usd": 0.25, "kept": 1.0}
    made = replace(event.trial, key=replace(event.trial.key, part=times), metrics=metrics, wall_s=36.0)
    return TrialFinished(trial=made)


def audit_opened(*, pairs: int = 3, longer: Longer | None = None) -> AuditOpened:
    """An audit begins."""
    return AuditOpened(audit=1, start="s", head="h", first=0, pairs=pairs, longer=longer)


def audited(start: dict[str, float], head: dict[str, float], index: int) -> tuple[TrialFinished, TrialFinished]:
    """One pair of an audit."""
    before = inner(0, index, start, stage=Stage.AUDIT, arm=Arm.BASELINE)
    return before, inner(0, index, head, stage=Stage.AUDIT)
