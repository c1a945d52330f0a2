"""Which verdicts say nothing about the change."""

from dataclasses import replace

from builders import proposed, trial

from overnight.gate.gate import NO_HEAD
from overnight.gate.trial import Fault
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.events import TrialFinished
from overnight.research.loop.moving import IN_THE_HEAD
from overnight.research.loop.unjudged import is_unjudged
from overnight.research.standing import OpenExperiment, continued, opened_by


def opened(*faults: Fault | None) -> OpenExperiment:
    """An experiment with a trial for each, which has a value without a fault."""
    found = opened_by(proposed(1))
    for index, fault in enumerate(faults):
        finished = trial(1, index, value=1.0 if fault is None else None).trial
        found = continued(found, TrialFinished(trial=replace(finished, fault=fault)))
    return found


def ended(verdict: Verdict, reason: str = "because") -> Conclusion:
    return Conclusion(verdict=verdict, reason=reason)


def test_a_verdict_on_trials_of_the_change_judges_it() -> None:
    """A crash of its own too, also beside a failure of its inputs."""
    assert not is_unjudged(ended(Verdict.KEEP), opened(None), measured=True)
    assert not is_unjudged(ended(Verdict.DISCARD), opened(None), measured=True)
    assert not is_unjudged(ended(Verdict.CRASH), opened(Fault.EXIT, Fault.PREPARE), measured=True)
    assert not is_unjudged(ended(Verdict.CRASH, "a check failed"), opened(), measured=True)


def test_what_is_not_the_change_s_does_not() -> None:
    """Its inputs could not be made, no head to compare with, or the scope of what it was merged with."""
    assert is_unjudged(ended(Verdict.CRASH), opened(None, Fault.PREPARE), measured=True)
    assert is_unjudged(ended(Verdict.DISCARD, NO_HEAD), opened(None), measured=True)
    assert is_unjudged(ended(Verdict.DISCARD, "out of scope"), opened(), measured=False)
    assert not is_unjudged(ended(Verdict.DISCARD, IN_THE_HEAD), opened(), measured=False), "it is tried already"
