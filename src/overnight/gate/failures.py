"""What ends an experiment whatever its gain: its own crash, or a guard that it breaks."""

from collections.abc import Sequence

from overnight.gate import guards
from overnight.gate.steps import VOIDS, Case, Conclude, conclude
from overnight.gate.trial import Arm, Fault, Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Noise


def crash(trials: Sequence[Trial]) -> Conclude | None:
    """The verdict if one of these trials of the candidate failed; a failure on the holdout is reported as no gain instead."""
    failed = [t for t in trials if t.key.arm is Arm.CANDIDATE and t.value is None and t.key.stage is not Stage.HOLDOUT]
    blamed = [t for t in failed if t.fault is not Fault.PREPARE]  # else a trial that has inputs takes its place
    unprepared = [t for t in failed if t.fault is Fault.PREPARE and t.key.stage is Stage.SCREEN]
    if not blamed and len(unprepared) >= VOIDS:
        blamed = unprepared
    if not blamed:
        return None
    first = min(blamed, key=lambda t: (t.key.stage.value, t.key.index))
    reason = first.reason or (first.fault.value if first.fault else "no value")
    return Conclude(conclusion=Conclusion(verdict=Verdict.CRASH, reason=reason, excerpt=first.excerpt))


def breach(case: Case, trials: Sequence[Trial]) -> Conclude | None:
    """The verdict if these trials of the candidate clearly break a guard."""
    judged = [t for t in trials if t.key.arm is Arm.CANDIDATE and t.key.stage in {Stage.SCREEN, Stage.CONFIRM}]
    reason = guards.breach(case.program.guards, judged, deterministic=case.noise.kind is Noise.DETERMINISTIC)
    return conclude(Verdict.DISCARD, reason) if reason else None
