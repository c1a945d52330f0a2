"""Measures what is committed, before a night is spent on it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from overnight.errors import UserError
from overnight.gate import guards
from overnight.gate.noise import noise_report
from overnight.gate.trial import Stage, Trial
from overnight.git.repository import Repository
from overnight.program.judge.runs import judges
from overnight.program.judge.steps import Judge
from overnight.program.program import Program
from overnight.research.caution import split_words
from overnight.research.events import TrialFinished
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.command import TrialFailed
from overnight.research.loop.committed import committed_text
from overnight.research.loop.head import NO_KNOWN_CAUSE, HeadRunner, failure_of
from overnight.research.loop.journal import Watcher
from overnight.research.loop.stop import Stop
from overnight.research.places.campaigns import newest_tag
from overnight.research.places.seclusion import check_secluded
from overnight.research.readiness.roles import heading_notes, require_roles, role_notes, try_roles
from overnight.research.reading import reading
from overnight.research.researchers.tuner.probes import MOST_TRIALS
from overnight.research.researchers.tuner.target import Target
from overnight.research.setup.alike import measure_machines
from overnight.research.setup.causes.table import fix_of
from overnight.research.setup.connection.liveness import find_life, prover_of, refuse_dead
from overnight.research.setup.connection.proof import Observed, allowed_s
from overnight.research.setup.connection.readiness import is_tuner_alone, mutator_readiness, ready_tuner, require_notice
from overnight.research.setup.preconditions import left_out
from overnight.research.setup.remedies import remedy
from overnight.research.views.check import CheckReport, report_on
from overnight.research.views.connection import Life
from overnight.research.views.numbers import number
from overnight.research.wiring import SessionRequest, rehearsal
from overnight.words.foreign import printable
from overnight.words.quantities import listed

LISTED = 8  # names of metrics
NAME = 40  # characters of one


async def check_baseline(
    repository: Repository, request: SessionRequest, watchers: Sequence[Watcher], say: Callable[[Sequence[str]], None]
) -> CheckReport:
    """Try every role, run the checks and the baseline trials, and report what they show; nothing is recorded.

    `say` gets what is wrong with a role, before anything is measured.

    Raises:
        UserError: nobody can propose anything, what is committed cannot be measured, or nothing could ever be kept.
    """
    with rehearsal(repository, replace(request, on=""), Stop(), watchers) as campaign:
        state = campaign.journal.state
        roles = await try_roles(state.program, repository.toplevel)
        require_roles(roles, state.program.path)
        say((*role_notes(roles), *heading_notes(state.program)))
        refused = require_notice(campaign)
        unsure = await check_secluded(state.program, repository) if request.sandbox == "jail" else ""
        tuner = ready_tuner(campaign)
        failed = await _first_failure(campaign.head)
        notes = (*repository.notes, *left_out(repository, state.program), *campaign.notes)
        notes += tuner.notes if tuner else ()
        notes += (unsure,) if unsure else ()
        notes += past_notes(repository, state.program)
        if failed:
            fix = _fix(repository, state.program, failed)
            raise UserError(f"what you have committed fails: {failed}", fix=fix, excerpt=failed.excerpt, notes=notes)
        notes += guard_notes(state.program, _baseline_trials(campaign))
        measured = campaign.journal.state
        whole, sigma = await _observe(campaign)
        connection = await prover_of(campaign).prove(whole, sigma)
        alone = is_tuner_alone(state.program, refused)
        life = await _life(campaign, tuner.target, whole, alone=alone) if sigma == 0 and tuner and tuner.names else None
        found = report_on(
            measured,
            slots=campaign.queue.slots,
            tunable=tuner.names if tuner else None,
            life=life,
            connection=connection,
            mutator=mutator_readiness(state.program, refused, connection),
            judges=_judges(campaign),
            roles=roles,
            notes=notes,
        )
    if not request.on:
        return found
    return replace(found, machines=await measure_machines(repository, request, watchers))


async def _observe(campaign: Campaign) -> tuple[Observed, float]:
    """A trial of the head with the seed of its first baseline trial; also how far trials of one seed are apart."""
    first = next(trial for trial in _baseline_trials(campaign) if trial.value is not None)
    whole = await prover_of(campaign).observe(first.seed)
    if whole.trial.value is None:
        raise UserError(f"a trial failed that had a value before: {whole.trial.reason}", fix="run it again; see `limits`")
    apart = abs(whole.trial.value - (first.value or 0.0))
    state = campaign.journal.state
    return whole, max(noise_report(state.program, state.gate).sigma, apart) if apart else 0.0


async def _life(campaign: Campaign, target: Target, whole: Observed, *, alone: bool) -> Life:
    """Which of the tuner's values live; if it is alone, one must."""
    prover = prover_of(campaign)
    affordable = int(allowed_s(whole.trial.wall_s) / max(whole.trial.wall_s, 0.01))
    found = await find_life(prover, target, whole, most_trials=min(MOST_TRIALS, affordable))
    if alone:
        refuse_dead(target, found, whole.trial.value or 0.0, prover.program.metric.name)
    said = {dimension.key: printable(dimension.constant.name, NAME) for dimension in target.space}
    return Life(*(tuple(said[key] for key in keys) for keys in (found.alive, found.dead, found.unknown)))


def _judges(campaign: Campaign) -> Sequence[Judge]:
    """The committed files that the program's commands run."""
    state, history = campaign.journal.state, campaign.asking.intake.history
    paths = [file.path for file in history.files(state.start)]
    return judges(state.program, paths, committed_text(history, state.start))


def _baseline_trials(campaign: Campaign) -> Sequence[Trial]:
    trials = (entry.event.trial for entry in campaign.journal.ledger.events() if isinstance(entry.event, TrialFinished))
    return [trial for trial in trials if trial.key.stage is Stage.BASELINE and trial.value is not None]


def past_notes(repository: Repository, program: Program) -> tuple[str, ...]:
    """What the newest campaign with this holdout showed of its data."""
    tag = newest_tag(repository)
    if tag is None:
        return ()
    with (
        suppress(UserError),
        reading(tag, repository.toplevel) as campaign,
    ):  # an empty or foreign one says nothing
        state = campaign.state()
        if (state.program.holdout, state.program.metric) == (program.holdout, program.metric) and (words := split_words(state)):
            return (f"the campaign `{tag}`: {words}",)
    return ()


def guard_notes(program: Program, trials: Sequence[Trial]) -> tuple[str, ...]:
    """What the guards say about the baseline itself.

    Raises:
        UserError: a guard is about a metric that the baseline does not print, so that nothing could ever be kept.
    """
    notes = []
    for guard in program.guards:
        if any(guard.metric not in trial.metrics for trial in trials):
            raise UserError(
                f"the guard {printable(str(guard), NAME)} cannot be judged, so nothing could ever be kept: "
                f"{printable(guard.metric, NAME)} was not measured, only {_named(trials[0].metrics)}",
                fix="print it in every trial, or fix the name in `guards`",
            )
        if guards.breach([guard], trials, deterministic=False):
            value = sum(trial.metrics[guard.metric] for trial in trials) / len(trials)
            notes.append(
                f"what you have committed breaks the guard {printable(str(guard), NAME)} itself: its value is {number(value)}; "
                "only a change that also fixes that can be kept"
            )
    return tuple(notes)


def _named(metrics: Mapping[str, float]) -> str:
    return listed((printable(name, NAME) for name in sorted(metrics)), LISTED)


def _fix(repository: Repository, program: Program, failed: TrialFailed) -> str:
    if known := fix_of(repository, program, str(failed), failed.excerpt):
        return known.words
    found = remedy(program, str(failed))
    return found.in_program() if found else NO_KNOWN_CAUSE


async def _first_failure(head: HeadRunner) -> TrialFailed | None:
    """Why what is committed cannot be measured; the quickest comes first: checks, trials, the holdout."""
    if failed := await head.checks():
        return failed
    await head.warm_up()
    bad = await head.once() or await head.baseline()
    return failure_of(bad) if bad else await head.rehearse()
