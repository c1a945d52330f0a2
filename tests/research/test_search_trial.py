"""A recorded search trial, as its researcher knows it."""

from dataclasses import replace

from builders import baseline, searched

from overnight.gate.trial import Fault
from overnight.research.events import TrialFinished
from overnight.research.history import as_search_trial


def failed(fault: Fault) -> TrialFinished:
    """A search trial that failed."""
    event = searched(0, None, base="b" * 40)
    return replace(event, trial=replace(event.trial, fault=fault, reason="why"))


def test_only_failed_inputs_make_it_void() -> None:
    """What failed before the tree ran says nothing of the tree; anything else does."""
    found = {fault: as_search_trial(failed(fault)) for fault in Fault}
    assert {fault for fault, trial in found.items() if trial and trial.void} == {Fault.PREPARE}
    assert {(trial.base, trial.value, trial.reason) for trial in found.values() if trial} == {("b" * 40, None, "why")}


def test_what_did_not_search_is_none() -> None:
    """Such as a trial of the head."""
    assert as_search_trial(baseline(0, 1.0)) is None


def test_a_value_that_breaks_a_guard_counts_for_nothing() -> None:
    """The reason is the guard; the values are to blame."""
    event = searched(0, 2.0)
    assert event.searched is not None
    trial = as_search_trial(replace(event, searched=replace(event.searched, breach="too large")))
    assert trial is not None and (trial.value, trial.reason, trial.void) == (None, "too large", False)
