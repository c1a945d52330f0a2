"""One experiment, built from its events."""

import math
from collections.abc import Iterable

from overnight.gate.seeds import is_first
from overnight.gate.trial import Arm, Fault, Stage, Trial
from overnight.research.events import (
    Concluded,
    Event,
    Moved,
    NetworkUsed,
    Proposed,
    Registered,
    Reopened,
    TrialFinished,
    TrialVoided,
)
from overnight.research.experiment import Experiment
from overnight.research.search_trial import SearchTrial
from overnight.research.standing import OpenExperiment, continued, opened_by, voided

OWN_STAGES = (Stage.SCREEN, Stage.CONFIRM)
SEARCH = 0  # no experiment has this number: the ledger has search trials under it


def mean_value(trials: Iterable[Trial]) -> tuple[float | None, int]:
    """The mean and the number of the candidate's own public trials; (None, n) if none has a value."""
    own = [t for t in trials if t.key.arm is Arm.CANDIDATE and t.key.stage in OWN_STAGES]
    values = [t.value for t in own if t.value is not None]
    return (math.fsum(value / len(values) for value in values) if values else None), len(own)


def same_as_head(trials: Iterable[Trial], anchors: Iterable[tuple[int, float]]) -> bool:
    """Whether the candidate's trials with seeds of the head's, of which there is one, have the head's values to the last digit.

    `anchors` are seeds and values of the head.
    """
    head = dict(anchors)
    pairs = [(trial.value, head[trial.seed]) for trial in trials if trial.key.arm is Arm.CANDIDATE and trial.seed in head]
    return bool(pairs) and all(value == of_head for value, of_head in pairs)


def as_experiment(opened: OpenExperiment, concluded: Concluded | None, *, at: float, until: float) -> Experiment:
    """The row that `log` shows for an experiment; `at` and `until` are the Unix times of its first and last event."""
    proposed = opened.proposed
    value, count = mean_value(opened.trials)
    return Experiment(
        number=proposed.number,
        role=proposed.role,
        researcher=proposed.researcher,
        hypothesis=proposed.hypothesis,
        base=opened.base,
        commit=opened.commit,
        tree=opened.tree,
        restart=opened.restart,
        replaces=opened.replaces,
        notes=proposed.notes,
        value=value,
        trials=count,
        conclusion=concluded.conclusion if concluded else None,
        same_as_head=concluded is not None and concluded.same_as_head,
        at=at,
        seconds=max(0.0, until - at),
        cost_usd=proposed.cost_usd,
        tokens=proposed.tokens,
        assignment=proposed.assignment,
        by_products=proposed.by_products,
        edit=proposed.edit,
        searched=proposed.searched,
        unscreened=opened.unscreened,
        together=proposed.together,
        curve=next((trial.curve for trial in opened.trials if is_first(trial.key)), ()),
    )


def experiment_number(event: Event) -> int | None:
    """The experiment that an event belongs to, None for an event of the campaign.

    Trials of heads and audits belong to none; those of searches are found under SEARCH.
    """
    match event:
        case NetworkUsed():
            return event.number or None if not event.role else None
        case TrialFinished(trial=Trial(key=key)) | TrialVoided(key=key):
            return key.experiment if key.stage not in {Stage.BASELINE, Stage.AUDIT} else None
        case _:
            return getattr(event, "number", None)


def as_search_trial(event: TrialFinished) -> SearchTrial | None:
    """A finished trial as a researcher knows it; None if it is no search trial."""
    if event.searched is None:
        return None
    trial, searched = event.trial, event.searched
    return SearchTrial(
        base=searched.base,
        role=searched.role,
        notes=searched.notes,
        repeat=searched.repeat,
        value=None if searched.breach else trial.value,
        reason=searched.breach or trial.reason,
        void=trial.fault is Fault.PREPARE,
        wall_s=trial.wall_s,
    )


def fold_experiment(events: Iterable[tuple[float, Event]]) -> Experiment | None:
    """The experiment that these (Unix time, event) pairs describe; None if there is no proposal among them."""
    opened: OpenExperiment | None = None
    concluded: Concluded | None = None
    at = until = 0.0
    for when, event in events:
        until = when
        opened = _continued(opened, event)
        match event:
            case Proposed():
                at = when
            case Reopened():
                concluded = None
            case Concluded():
                concluded = event
            case _:
                pass
    return as_experiment(opened, concluded, at=at, until=until) if opened else None


def as_judged(events: Iterable[Event]) -> OpenExperiment | None:
    """An experiment by its events, with the trials and the test that its verdict is about; None without a proposal."""
    opened: OpenExperiment | None = None
    for event in events:
        opened = _continued(opened, event)
    return opened


def _continued(opened: OpenExperiment | None, event: Event) -> OpenExperiment | None:
    match event:
        case Proposed() | Reopened():
            return opened_by(event)
        case Moved() | Registered() | TrialFinished():
            return continued(opened, event) if opened else None
        case TrialVoided():
            return voided(opened, event, "") if opened else None
        case _:
            return opened
