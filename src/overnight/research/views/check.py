"""What the baseline of a program says before a night is spent on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.gate.error_budget import level_of
from overnight.gate.explain import explain_noise, seed_note
from overnight.gate.noise import fewest_pairs, noise_report
from overnight.program.fit import loopholes
from overnight.program.judge.rules import is_editable
from overnight.program.judge.steps import Judge
from overnight.program.program import Budget, Noise, Program
from overnight.research.caution import judge_words, search_note
from overnight.research.readiness.role import RoleReadiness, describe_problem
from overnight.research.state import State
from overnight.research.views.connection import Connection, Life, MutatorReadiness, connection_lines
from overnight.research.views.numbers import number
from overnight.words.figures import rough
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration, listed

LISTED = 8  # names of tunable values, or of files
NAME = 80  # characters of a path
WHY = 200  # characters of a reason
MOST_RUN = 500  # files that commands run
NO_CURVE = (
    "no line between 30 % and 50 % of a trial's run matches `curve`, so no trial is stopped early: fix the pattern, or print "
    "the curve while it runs (`flush=True`)"
)
TRIALS_PER_EXPERIMENT = 3.0  # what screening lets through on average, in gate.md's base world


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """A committed file that a command of the program runs."""

    command: str  # measure, produce, score, prepare, holdout, audit or checks
    path: str
    role: str  # "wrapper": it runs further committed files; "leaf": it runs last; "test": a test runner collects it
    way: tuple[str, ...]  # from the command to the file
    editable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineMeasure:
    """What one machine of a name in the settings measured of what is committed."""

    node: str
    slots: int
    speed_class: str  # what must be equal for trials on two machines to be compared
    left_out: str  # why no trial would run on it; empty: trials would
    lost: str  # why it went away; empty: it did not
    trials: int
    mean: float | None  # of the metric; None: no trial has a value
    trial_s: float | None  # mean wall time of one
    apart: float | None  # mean difference from the others with the same seeds, in the metric's units; None: there is no other
    error: float | None  # standard error of that
    alike: bool | None  # whether it measures what the others do, up to noise
    failed: str  # why a trial of it has no value


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What `check --json` prints."""

    metric: str
    direction: str  # "minimize" or "maximize"
    value: float  # mean of the baseline trials
    noise: str  # kind of noise, as the gate sees it
    sigma: float  # standard deviation of one trial
    trials: int  # of the baseline
    trial_s: float  # wall time of one
    slots: int  # trials at once
    experiments: int | None  # that fit the budget, None without a limit
    smallest_effect: float | None  # that the gate proves 4 times out of 5 within its cap of pairs; None: none, however large
    max_pairs: int  # the cap
    fewest_pairs: int  # that the first keep needs at least
    curves: int | None  # trials whose curve was seen at 30 % of the run; None: the program has no `curve`
    tunable: tuple[str, ...] | None  # names of the values that the tuner can move; None: the program has no tuner
    life: Life | None  # which of them live; None: none can be moved, or trials with one seed differ
    mutator: MutatorReadiness | None  # None: the program has no mutator
    runs: tuple[RunFile, ...]  # the first 500 committed files that the commands run, as far as that can be read
    connection: Connection  # of metric, checks and editable files
    roles: tuple[RoleReadiness, ...]  # whether each can be played
    notes: tuple[str, ...]  # what to know before a night
    machines: tuple[MachineMeasure, ...] = ()  # with `--on`


def experiments_that_fit(budget: Budget, *, trial_s: float, slots: int) -> int | None:
    """How many experiments a budget is for, with trials of this time on so many slots; None without a limit of any."""
    hours = None if budget.hours is None else budget.hours * 3600 * slots / trial_s
    fits = [int(trials / TRIALS_PER_EXPERIMENT) for trials in (hours, budget.trials) if trials is not None]
    return min(fits + ([] if budget.experiments is None else [budget.experiments]), default=None)


def report_on(
    state: State,
    *,
    slots: int,
    tunable: tuple[str, ...] | None,
    life: Life | None,
    mutator: MutatorReadiness | None,
    connection: Connection,
    judges: Sequence[Judge],
    roles: tuple[RoleReadiness, ...],
    notes: tuple[str, ...],
) -> CheckReport:
    """The report on a campaign whose baseline is measured."""
    program, fresh, noise = state.program, state.gate.baseline, noise_report(state.program, state.gate)
    trial_s = state.tally.trial_wall_s / state.tally.trials
    notes = (*notes, *filter(None, [judge_words(state), seed_note(program, noise.kind), search_note(program)]))
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
        experiments=experiments_that_fit(program.budget, trial_s=trial_s, slots=slots),
        smallest_effect=noise.smallest_effect,
        max_pairs=program.gate.max_pairs,
        fewest_pairs=fewest_pairs(level_of(program.gate.error_rate, test=1, keeps=0, expensive=program.gate.expensive)),
        curves=curves,
        tunable=tunable,
        life=life,
        mutator=mutator,
        runs=tuple(_run_file(judge, program) for judge in judges[:MOST_RUN]),
        connection=connection,
        roles=roles,
        notes=(*notes, *connection.notes, *loopholes(program)),
    )


def _run_file(judge: Judge, program: Program) -> RunFile:
    return RunFile(
        command=judge.command,
        path=judge.path,
        role=judge.role.value,
        way=judge.way,
        editable=is_editable(judge.path, program),
    )


def _mutator(found: MutatorReadiness) -> str:
    return f"{found.refuses}; {found.fix}" if found.refuses else "changes hot code and flags that checks notice"


def _runs(found: CheckReport) -> Iterator[str]:
    """A line for commands that run the same files, frozen and editable ones apart: `measure runs bench.py (frozen)`."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for run in found.runs:
        groups.setdefault((run.command, run.editable), []).append(printable(run.path, NAME))
    alike: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
    for (command, editable), paths in groups.items():
        alike.setdefault((editable, tuple(paths)), []).append(command)
    for (editable, same), commands in alike.items():
        verb = "run" if commands[1:] or commands == ["checks"] else "runs"
        yield f"{', '.join(commands)} {verb} {listed(same, LISTED, noun='file')} ({'editable' if editable else 'frozen'})"


def _detectable(found: CheckReport) -> str:
    if found.smallest_effect is not None:
        return f"a gain of about {rough(found.smallest_effect)} is proven four times out of five, a smaller one less often"
    if not found.sigma:
        return "not known before the first test: say in `metric.parts` what a pair of equal trees differs by"
    return (
        f"nothing: no gain can be proven within {counted(found.max_pairs, 'pair')}, however large; the first keep needs "
        f"at least {found.fewest_pairs}: raise `gate: {{max_pairs: ...}}`, or leave it out for the default"
    )


def _tunable(names: tuple[str, ...]) -> str:
    if not names:
        return "finds nothing to move in the editable files: name other files, or another researcher (`overnight agents`)"
    return f"can move {counted(len(names), 'value')}: {listed(names, LISTED)}"


def _life(found: Life) -> str:
    live = len(found.live)
    tried = counted(live, "value") if found.unknown else f"{live} of {counted(live + len(found.dead), 'value')}"
    dead = f"; moved, these change nothing: {listed(found.dead, LISTED)}" if found.dead else ""
    unknown = f"; not tried, to save time: {listed(found.unknown, LISTED)}" if found.unknown else ""
    return f"the metric changes with {tried}{dead}{unknown}"


def _role(role: RoleReadiness) -> str:
    """Whether it is ready, who plays it, and all that is wrong with it."""
    said = "; ".join(map(describe_problem, role.problems))
    if not role.ready:
        return f"`{role.role}` is not ready: {said}"
    played = ", ".join(filter(None, [role.player, role.route]))
    return f"`{role.role}` is ready: {played}" + (f"; but {said}" if said else "")


def _fits(found: CheckReport) -> str:
    """How many experiments the budget is for; the tuner makes few of them, and spends most trials before."""
    fits = f"about {counted(found.experiments or 0, 'experiment')} would fit"
    return f"{fits}, fewer of the tuner: most of its trials search" if found.tunable else fits


def _machine(found: MachineMeasure) -> str:
    name = printable(found.node, NAME)
    if found.left_out or found.lost or found.failed or found.mean is None or found.trial_s is None:
        why = f"left out: {found.left_out}" if found.left_out else found.lost or found.failed or "no trial ended on it"
        return f"{name}: {printable(why, WHY)}"
    said = f"{name}: {counted(found.slots, 'slot')}, {number(found.mean)} in {duration(found.trial_s)} a trial"
    if found.apart is None or found.error is None:
        return said
    if found.apart == found.error == 0.0:
        return f"{said}, the same as the others to the last digit"
    apart = f"{number(found.apart)} ± {number(found.error)} from the others"
    return f"{said}, {apart}: {'alike' if found.alike else 'NOT ALIKE: give it a name of its own in the settings'}"


def describe(found: CheckReport) -> str:
    """The report in a few lines for people."""
    same = found.noise == Noise.DETERMINISTIC
    noise = (
        "deterministic: one trial decides"
        if same
        else f"{found.noise}, standard deviation {number(found.sigma)} over {counted(found.trials, 'trial')}"
    )
    lines = [
        f"metric      {found.metric} ({found.direction}), baseline {number(found.value)}",
        f"noise       {noise}",
        f"time        {duration(found.trial_s)} a trial, {found.slots} at once",
        f"budget      {_fits(found)}"
        if found.experiments is not None
        else "budget      no limit on experiments, trials or hours is set: Ctrl-C ends the campaign",
    ]
    if not same:
        lines.append(f"detectable  {_detectable(found)}")
    if found.curves:
        lines.append(
            f"curve       seen in {found.curves} of {counted(found.trials, 'trial')}: first trials may be stopped early"
        )
    if found.tunable is not None:
        lines.append(f"tuner       {_tunable(found.tunable)}")
    if found.life:
        lines.append(f"alive       {_life(found.life)}")
    if found.mutator:
        lines.append(f"mutator     {_mutator(found.mutator)}")
    lines += [f"runs        {line}" for line in _runs(found)]
    lines += [f"connected   {line}" for line in connection_lines(found.connection)]
    lines += [f"role        {_role(role)}" for role in found.roles]
    lines += [f"machine     {_machine(machine)}" for machine in found.machines]
    return "\n".join([*lines, *(f"note        {note}" for note in found.notes)])
