"""`overnight check`: measure the baseline before a night is spent on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import click

from overnight.cli.live import view_for
from overnight.cli.opening import fix_of, left_out
from overnight.cli.options import json_option, print_json, sandbox_option
from overnight.errors import UserError
from overnight.gate import guards
from overnight.gate.error_budget import level_of
from overnight.gate.explain import explain_noise, seed_note
from overnight.gate.noise import fewest_pairs, noise_report
from overnight.gate.trial import Stage, Trial
from overnight.git.repository import open_repository
from overnight.program.fit import loopholes
from overnight.program.program import Program
from overnight.research.events import TrialFinished
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.experiment import ExperimentRunner
from overnight.research.loop.stop import Stop
from overnight.research.places.port import View
from overnight.research.staffing import unpriced
from overnight.research.state import State
from overnight.research.views.words import number
from overnight.research.wiring import SessionRequest, rehearsal
from overnight.words.figures import rough
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration

LISTED = 8  # names of tunable values
NAME = 40  # characters of one
NO_CURVE = (
    "no line between 30 % and 50 % of a trial's run matches `curve`, so no trial is stopped early: fix the pattern, or print "
    "the curve as it comes (`flush=True`)"
)
TRIALS_PER_EXPERIMENT = 3.0  # what screening lets through on average, in gate.md's base world


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What `check --json` prints."""

    metric: str
    direction: str
    value: float  # mean of the baseline trials
    noise: str
    sigma: float
    trials: int
    trial_s: float  # wall time of one
    slots: int
    experiments: int | None  # that fit the budget, None without a limit
    smallest_effect: float | None  # that the gate proves 4 times of 5 within its cap of pairs; None: none, however large
    max_pairs: int  # that cap
    fewest_pairs: int  # that the first keep takes at the least
    curves: int | None  # of them printed their curve at 30 % of the run; None: the program has no `curve`
    tunable: tuple[str, ...] | None  # names of the values that the tuner can move; None: the program has no tuner
    notes: tuple[str, ...]


@click.command()
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once; by default what the cores allow.")
@json_option
def check(sandbox: str, slots: int | None, as_json: bool) -> None:
    """Check the program: measure the baseline, its noise, and what the gate could detect.

    Runs the checks, a few trials of what you have committed, and the commands of holdout and audit once;
    their answers are not shown. Nothing is recorded.
    """
    found = anyio.run(_check, Path.cwd(), SessionRequest(sandbox=sandbox, slots=slots), as_json)
    if as_json:
        print_json(found)
    else:
        click.echo(describe(found))


async def _check(folder: Path, request: SessionRequest, quiet: bool) -> CheckReport:
    repository = open_repository(folder)
    stop = Stop()
    with view_for(plain=True) as view, rehearsal(repository, request, stop, [] if quiet else [view.see]) as campaign:
        state = campaign.journal.state
        failed = await _first_failure(campaign.runner)
        if failed:
            fix = fix_of(repository, state.program, failed) or "make it pass by hand, in a fresh clone"
            raise UserError(f"what you have committed fails: {failed}", fix=fix)
        guarded = guard_notes(state.program, _baseline_trials(campaign))
        notes = (*repository.notes, *left_out(repository, state.program), *unpriced(state.program), *campaign.notes, *guarded)
        return report_on(campaign.journal.state, campaign, notes)


def _baseline_trials(campaign: Campaign) -> Sequence[Trial]:
    trials = (entry.event.trial for entry in campaign.journal.ledger.events() if isinstance(entry.event, TrialFinished))
    return [trial for trial in trials if trial.key.stage is Stage.BASELINE and trial.value is not None]


def guard_notes(program: Program, trials: Sequence[Trial]) -> tuple[str, ...]:
    """What the guards say of the baseline itself.

    Raises:
        UserError: a guard is about a metric that the baseline does not print, so that nothing could ever be kept.
    """
    notes = []
    for guard in program.guards:
        if any(guard.metric not in trial.metrics for trial in trials):
            raise UserError(
                f"the guard {printable(str(guard), NAME)} cannot be judged, so nothing could ever be kept: "
                f"{printable(guard.metric, NAME)} was not measured, but {_named(trials[0].metrics)}",
                fix="print it in every trial, or fix the name in `guards`",
            )
        if guards.breach([guard], trials, deterministic=False):
            value = sum(trial.metrics[guard.metric] for trial in trials) / len(trials)
            notes.append(
                f"what you have committed breaks the guard {printable(str(guard), NAME)} itself: there it is {number(value)}; "
                "only a change that fixes that too can be kept"
            )
    return tuple(notes)


def _named(metrics: Mapping[str, float]) -> str:
    names = [printable(name, NAME) for name in sorted(metrics)]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED])}{more}"


async def _first_failure(runner: ExperimentRunner) -> str:
    """Why what is committed cannot be measured; what is soonest done comes first: checks, trials, the holdout."""
    if failed := await runner.checks():
        return failed
    await runner.warm_up()
    bad = await runner.baseline()
    return bad.reason if bad else await runner.rehearse()


def report_on(state: State, campaign: Campaign, notes: tuple[str, ...]) -> CheckReport:
    """The report on a campaign whose baseline is measured."""
    program, fresh, noise = state.program, state.gate.baseline, noise_report(state.program, state.gate)
    trial_s, slots = state.tally.trial_wall_s / state.tally.trials, campaign.runner.slots.count
    fit = None
    if program.budget.hours is not None:
        fit = int(program.budget.hours * 3600 * slots / (trial_s * TRIALS_PER_EXPERIMENT))
    fit = min((n for n in (fit, program.budget.experiments) if n is not None), default=None)
    notes = (*notes, *filter(None, [seed_note(program, noise.kind)]))
    if noise.drifting:
        notes = (*notes, explain_noise(noise))
    curves = len(state.gate.head_early) if program.metric.curve else None
    if curves == 0:
        notes = (*notes, NO_CURVE)
    return CheckReport(
        metric=program.metric.name,
        direction=program.metric.direction.value,
        value=sum(fresh) / len(fresh),
        noise=noise.kind.value,
        sigma=noise.sigma,
        trials=len(fresh),
        trial_s=trial_s,
        slots=slots,
        experiments=fit,
        smallest_effect=noise.smallest_effect,
        max_pairs=program.gate.max_pairs,
        fewest_pairs=fewest_pairs(level_of(program.gate.error_rate, test=1, keeps=0)),
        curves=curves,
        tunable=_tunable(campaign),
        notes=(*notes, *loopholes(program)),
    )


def _tunable(campaign: Campaign) -> tuple[str, ...] | None:
    """What the tuner would find in the head."""
    from overnight.research.researchers.tuner.target import read_target

    state, workspaces = campaign.journal.state, campaign.intake.workspaces
    if not any(spec.use == "tuner" for spec in state.program.researchers):
        return None
    folder = workspaces.create(state.head, View.OPEN)
    try:
        return tuple(printable(d.constant.name, NAME) for d in read_target(folder, state.program, {}).space)
    finally:
        workspaces.remove(folder)


def _told_detectable(found: CheckReport) -> str:
    if found.smallest_effect is not None:
        return f"a gain of about {rough(found.smallest_effect)} is proven four times of five, a smaller one less often"
    return (
        f"nothing: no gain can be proven within {counted(found.max_pairs, 'pair')}, however large; the first keep takes "
        f"{found.fewest_pairs} at the least: raise `gate: {{max_pairs: ...}}`, or leave it out for the default"
    )


def _told_tunable(names: tuple[str, ...]) -> str:
    if not names:
        return "finds nothing to move in the editable files: name other files, or another researcher (`overnight agents`)"
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"can move {counted(len(names), 'value')}: {', '.join(names[:LISTED])}{more}"


def describe(found: CheckReport) -> str:
    """The report in a few lines for people."""
    same = found.noise == "deterministic"
    noise = (
        "deterministic: one trial decides"
        if same
        else f"{found.noise}, standard deviation {number(found.sigma)} over {counted(found.trials, 'trial')}"
    )
    lines = [
        f"metric      {found.metric} ({found.direction}), baseline {number(found.value)}",
        f"noise       {noise}",
        f"time        {duration(found.trial_s)} a trial, {found.slots} at once",
        f"budget      about {counted(found.experiments, 'experiment')} would fit"
        if found.experiments is not None
        else "budget      no limit of experiments or hours is set: Ctrl-C ends the campaign",
    ]
    if not same:
        lines.append(f"detectable  {_told_detectable(found)}")
    if found.curves:
        lines.append(
            f"curve       seen in {found.curves} of {counted(found.trials, 'trial')}: first trials may be stopped early"
        )
    if found.tunable is not None:
        lines.append(f"tuner       {_told_tunable(found.tunable)}")
    return "\n".join([*lines, *(f"note        {note}" for note in found.notes)])
