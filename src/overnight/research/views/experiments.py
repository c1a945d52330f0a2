"""A page of a campaign's experiments, and one experiment with all that its verdict is based on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from overnight.egress.connection import HostUse, by_host
from overnight.gate.explain import explain, explain_noise
from overnight.gate.noise import noise_report
from overnight.gate.trial import Stage, Trial
from overnight.research.caution import doubts_of
from overnight.research.events import Event, Moved, NetworkUsed, Registered, TrialFinished
from overnight.research.experiment import Experiment, SessionTranscript
from overnight.research.given import GivenOrder
from overnight.research.history import as_judged
from overnight.research.state import State
from overnight.research.views.trial_use import TrialUse, use_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentList:
    """What `log --json` prints."""

    total: int  # experiments of the campaign, or those with the requested verdict
    offset: int  # how many were skipped
    experiments: Sequence[Experiment]
    doubts: Mapping[str, Sequence[str]]  # about kept ones of this page, by number, as in `show N`
    trials_used: Sequence[TrialUse]  # of the campaign, for what; purposes without a trial are left out
    unbelievable: Sequence[int]  # kept ones of this page whose gains cannot be true until a person has read them
    orders: Sequence[GivenOrder]  # to the campaign: the newest, newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPage:
    """What `show N --json` prints."""

    experiment: Experiment
    newest: int  # experiment of the campaign
    level: Registered | None  # the registered test; null before one
    moves: Sequence[Moved]  # onto heads that were made meanwhile; trials of a restart before the last no longer count
    trials: Sequence[Trial]  # of holdout trials, values are null, times and memory 0; faults for the owner alone
    diff: str
    explanation: Sequence[str]  # sentences on the verdict and on the noise of the campaign
    doubts: Sequence[str]  # what makes the value of a kept one hard to believe; for people, no part of the verdict
    unbelievable: bool  # its gain cannot be true until a person has read it, and `finalize` refuses it
    believed: bool  # a person has read it, and said so with `believe`
    log: str | None  # captured output; null without `--log`
    network: Mapping[str, HostUse]  # what its trials and checks reached and were refused, by host
    transcripts: Sequence[SessionTranscript] | None  # of its author and critics, foreign text; null without `--transcript`


def experiment_list(
    experiments: Sequence[Experiment], *, total: int, offset: int, state: State, orders: Sequence[GivenOrder] = ()
) -> ExperimentList:
    """A page of the log."""
    found = doubts_of(state)
    here = [found[each.number] for each in experiments if each.number in found]
    return ExperimentList(
        total=total,
        offset=offset,
        experiments=experiments,
        doubts={str(doubt.number): doubt.says for doubt in here},
        unbelievable=[doubt.number for doubt in here if doubt.held],
        trials_used=use_of(state.tally),
        orders=orders,
    )


def experiment_page(
    experiment: Experiment,
    events: Sequence[Event],
    *,
    diff: str,
    state: State,
    output: bytes | None,
    transcripts: Sequence[SessionTranscript] | None = None,
    faults: bool = True,
) -> ExperimentPage:
    """One experiment by its events; `output` is what a trial of it printed, None if it was not requested, as `transcripts`.

    `faults`: also how holdout trials failed, which the machine's user alone is shown.
    """
    verdict = explain(experiment.conclusion, state.program) if experiment.conclusion else []
    doubt = doubts_of(state).get(experiment.number)
    return ExperimentPage(
        experiment=experiment,
        newest=state.next_number - 1,
        level=opened.registered if (opened := as_judged(events)) else None,
        moves=[event for event in events if isinstance(event, Moved)],
        trials=[sealed(trial, faults=faults) for trial in trials_in(events)],
        diff=diff,
        explanation=[*verdict, explain_noise(noise_report(state.program, state.gate))],
        doubts=doubt.says if doubt else (),
        unbelievable=doubt.held if doubt else False,
        believed=any(kept.believed for kept in state.kept if kept.number == experiment.number),
        log=output.decode(errors="replace") if output else None,
        network=by_host(one for event in events if isinstance(event, NetworkUsed) for one in event.connections),
        transcripts=transcripts,
    )


def trials_in(events: Sequence[Event]) -> Sequence[Trial]:
    """The trials that ended."""
    return [event.trial for event in events if isinstance(event, TrialFinished)]


def telling_trial(trials: Sequence[Trial]) -> Trial | None:
    """The trial whose output says most: the last that failed, else the last; None if no output was kept."""
    logged = [trial for trial in trials if trial.log]
    return next((trial for trial in reversed(logged) if trial.fault), logged[-1] if logged else None)


def sealed(trial: Trial, *, faults: bool = True) -> Trial:
    """The trial without the holdout's answer; time and memory may be what is measured, so they are the answer, too."""
    if trial.key.stage is not Stage.HOLDOUT:
        return trial
    trial = trial if faults else replace(trial, fault=None, reason="")
    return replace(trial, value=None, metrics={}, early=None, curve=(), wall_s=0.0, cpu_s=0.0, peak_memory_bytes=0)
