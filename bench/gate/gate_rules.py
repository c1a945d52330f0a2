"""The rules under comparison: ours, run through the real core, and those that others use, with equal numbers of trials."""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

from gate_worlds import World

from overnight.gate.early_stopping import stopping_bar
from overnight.gate.gate import baseline_step, next_step
from overnight.gate.memory import GateMemory, after_concluded, after_registered, after_trial
from overnight.gate.seeds import place_of_seed, trial_seed
from overnight.gate.stats import mean_interval, student_quantile
from overnight.gate.steps import Conclude, Register, RunTrials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Direction, GateSettings, Metric, Program

AUDIT_PAIRS = 20
METRIC = Metric(name="loss", direction=Direction.MINIMIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one campaign."""

    progress: float
    kept: int
    false: int
    seen: int
    registered: int = 0
    reported: float | None = None  # the gain that the rule itself reports at its end
    covered: bool | None = None  # whether the audit's interval holds the true gain

    @property
    def false_share(self) -> float:
        """The share of false discoveries among the kept changes."""
        return self.false / max(self.kept, 1)


Rule = Callable[[World], Outcome]


def overnight(world: World) -> Outcome:
    """Our gate, with 20 + 20 trials set aside for the audit."""
    return Campaign(world).run()


class Campaign:
    """Drives the core as the loop does, with a simulated target."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.memory = GateMemory()
        holdout = "h" if world.setting.holdout else None
        margin = world.setting.simpler
        self.program = Program(
            path="p",
            metric=replace(METRIC, min_effect=margin or None),
            editable=("x",),
            measure="m {seed}",
            holdout=holdout,
            gate=GateSettings(keep_simpler=margin > 0.0),
        )
        self.head = 0
        self.common: dict[int, float] = {}  # the effect of a seed on the trials that use it
        self.reserve = 2 * AUDIT_PAIRS

    def run(self) -> Outcome:
        """Run a whole campaign and its audit."""
        world, seen = self.world, 0
        while self._baseline() and self._experiment(seen + 1):
            seen += 1
        gains = world.audit(AUDIT_PAIRS)
        low, high = mean_interval(gains)
        return Outcome(
            progress=world.progress,
            kept=world.kept,
            false=world.false,
            seen=seen,
            registered=self.memory.tests,
            reported=statistics.fmean(gains),
            covered=low <= world.progress <= high,
        )

    def _baseline(self) -> bool:
        while wanted := baseline_step(self.program, self.memory, self.head):
            if not self._measure(wanted, 0):
                return False
        return True

    def _experiment(self, number: int) -> bool:
        proposal, trials, level, margin = self.world.next(), list[Trial](), None, 0.0
        while True:
            step = next_step(self.program, self.memory, number, trials, level, margin=margin, shrinks=True)
            match step:
                case Register():
                    self.memory, level, margin = after_registered(self.memory), step.level, step.margin
                case Conclude():
                    self.memory = after_concluded(self.memory, step.conclusion, trials, METRIC)
                    if step.conclusion.verdict is Verdict.KEEP:
                        self.world.keep(proposal)
                        self.head = number
                    return True
                case RunTrials():
                    finished = self._measure(step, proposal)
                    if not finished:
                        return False
                    trials += finished

    def _measure(self, wanted: RunTrials, proposal: int) -> list[Trial]:
        """Run trials, the arms of a pair in random order; none if they exceed the budget."""
        world = self.world
        if world.left() - self.reserve < len(wanted.trials):
            return []
        order = {key: (key.index, world.random.random()) for key in wanted.trials}
        finished = []
        for key in sorted(wanted.trials, key=order.__getitem__):
            seed = trial_seed("bench", place_of_seed(key, self.head))
            if seed not in self.common:
                self.common[seed] = world.error()
            bar = stopping_bar(key, METRIC, self.memory)
            stops = bar.verdict if bar else None
            value, early = world.run_with_curve(key.stage, key.arm, proposal, self.common[seed], stops)
            finished.append(self._trial(key, seed, value, early))
        return finished

    def _trial(self, key: TrialKey, seed: int, value: float | None, early: float | None) -> Trial:
        tree = f"head {self.head}" if key.arm is Arm.BASELINE else "candidate"
        fault = Fault.BEHIND if value is None else None
        trial = Trial(key=key, seed=seed, tree=tree, value=value, early=early, fault=fault)
        self.memory = after_trial(self.memory, trial)
        return trial


def single_run(world: World) -> Outcome:
    """One trial; kept if lower than the best value recorded."""
    start = best = _base(world)
    seen = 0
    while world.left() >= 1:
        proposal, seen = world.next(), seen + 1
        value = _candidate(world, proposal)
        if value < best:
            world.keep(proposal)
            best = value
    return _outcome(world, seen, start - best)


def margin(world: World) -> Outcome:
    """One trial; kept if lower than the record by two sd of five baseline trials."""
    values = [_base(world) for _ in range(5)]
    start = best = statistics.fmean(values)
    needed, seen = 2.0 * statistics.stdev(values), 0
    while world.left() >= 1:
        proposal, seen = world.next(), seen + 1
        value = _candidate(world, proposal)
        if value < best - needed:
            world.keep(proposal)
            best = value
    return _outcome(world, seen, start - best)


def t_test(count: int, *, fail_fast: bool) -> Rule:
    """`count` trials against the stored trials of the head, one-sided t-test at 1 %.

    Fail-fast drops a proposal whose first trial is worse than the head's mean.
    """
    critical = student_quantile(0.99, 2 * count - 2)

    def rule(world: World) -> Outcome:
        head = [_base(world) for _ in range(count)]
        start, seen = statistics.fmean(head), 0
        while world.left() >= count:
            proposal, seen = world.next(), seen + 1
            values = [_candidate(world, proposal)]
            if fail_fast and values[0] >= statistics.fmean(head):
                continue
            values += [_candidate(world, proposal) for _ in range(count - 1)]
            spread = math.sqrt((statistics.variance(head) + statistics.variance(values)) / count)
            lead = statistics.fmean(head) - statistics.fmean(values)
            if lead > critical * spread:
                world.keep(proposal)
                head = values
        return _outcome(world, seen, start - statistics.fmean(head))

    return rule


def bootstrap(world: World) -> Outcome:
    """Three seeds; kept if 95 % of the bootstrap means are lower; drops a proposal whose first trial is worse."""
    head = [_base(world) for _ in range(3)]
    start, seen = statistics.fmean(head), 0
    while world.left() >= 3:
        proposal, seen = world.next(), seen + 1
        values = [_candidate(world, proposal)]
        if values[0] >= statistics.fmean(head):
            continue
        values += [_candidate(world, proposal) for _ in range(2)]
        means = [sum(draw) for draw in product(head, repeat=3)]
        wins = sum(sum(draw) < mean for draw in product(values, repeat=3) for mean in means)
        if wins >= 0.95 * len(means) ** 2:
            world.keep(proposal)
            head = values
    return _outcome(world, seen, start - statistics.fmean(head))


def _base(world: World) -> float:
    return world.run(Stage.BASELINE, Arm.BASELINE, 0)


def _candidate(world: World, proposal: int) -> float:
    return world.run(Stage.SCREEN, Arm.CANDIDATE, proposal)


def _outcome(world: World, seen: int, reported: float) -> Outcome:
    return Outcome(progress=world.progress, kept=world.kept, false=world.false, seen=seen, reported=reported)


RULES: dict[str, Rule] = {
    "one run, keep if lower": single_run,
    "must win by 2 sigma": margin,
    "5 runs, t-test p<.01": t_test(5, fail_fast=False),
    "8 runs, fail-fast, p<.01": t_test(8, fail_fast=True),
    "3 seeds, bootstrap": bootstrap,
    "overnight": overnight,
}
