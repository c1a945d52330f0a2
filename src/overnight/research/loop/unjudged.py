"""Whether a verdict says something about the change: only then is the idea behind it used up."""

from overnight.gate.gate import LOSSES_OF_NODES, NO_HEAD
from overnight.gate.trial import Arm, Fault, Stage
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.loop.moving import IN_THE_HEAD
from overnight.research.standing import OpenExperiment


def is_unjudged(conclusion: Conclusion, opened: OpenExperiment, *, measured: bool) -> bool:
    """Whether an experiment ended for something else than its change.

    That is so if it was out of scope together with what was kept meanwhile, if its inputs could not be made, if machines were
    lost while it ran, or if no trial of the head has a value. `measured`: it was brought onto the head of its end.
    """
    if not measured:
        return conclusion.reason != IN_THE_HEAD
    if conclusion.verdict is Verdict.DISCARD:
        return conclusion.reason == NO_HEAD
    if len(opened.losses) >= LOSSES_OF_NODES:
        return True
    failed = [t for t in opened.trials if t.key.arm is Arm.CANDIDATE and t.value is None and t.key.stage is not Stage.HOLDOUT]
    return conclusion.verdict is Verdict.CRASH and bool(failed) and all(t.fault is Fault.PREPARE for t in failed)
