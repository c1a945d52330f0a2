"""Rules that keep organisations: the real gate over simulated inner campaigns, and fixed designs."""

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from meta_worlds import World

from overnight.gate.error_budget import level_of
from overnight.gate.gate import next_step
from overnight.gate.memory import GateMemory, after_concluded, after_registered, after_trial, with_head
from overnight.gate.stats import student_cdf
from overnight.gate.steps import Conclude, Register, RunTrials
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Verdict
from overnight.program.program import Direction, GateSettings, Metric, Noise, Program

ERROR_RATE = 0.1
CHECKED = 4  # pairs of `meta check`
Rule = Callable[[World, Iterator[float]], Iterator[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One candidate and its verdict."""

    better: float
    kept: bool
    used: float  # inner campaigns so far


def run(world: World, rule: Rule, candidates: list[float], budget: float) -> list[Tried]:
    """The verdicts on these candidates, as far as the budget goes; a kept one is the head from then on."""
    found = list[Tried]()
    verdicts = rule(world, iter(candidates))
    for better, kept in zip(candidates, verdicts, strict=False):
        found.append(Tried(better=better, kept=kept, used=world.used))
        if kept:
            world.head *= better
        if world.used >= budget:
            break
    return found


def gate(world: World, candidates: Iterator[float], *, max_pairs: int = 30) -> Iterator[bool]:
    """`overnight meta`: the gate for expensive trials."""
    spreads = world.spreads(CHECKED)
    program = Program(
        path="meta.md",
        metric=Metric(
            name="progress", direction=Direction.MAXIMIZE, parts=tuple((f"t{n}", spread) for n, spread in enumerate(spreads))
        ),
        editable=("program.md",),
        measure="m",
        gate=GateSettings(error_rate=ERROR_RATE, noise=Noise.HEAVY, max_pairs=max_pairs, expensive=True),
    )
    memory, head = with_head(GateMemory(), "head 0"), 0
    for number, better in enumerate(candidates, 1):
        trials, level = list[Trial](), None
        while True:
            match next_step(program, memory, number, trials, level):
                case Register() as registered:
                    level, memory = registered.level, after_registered(memory)
                case RunTrials(trials=keys):
                    places = dict.fromkeys((key.stage, key.index) for key in keys)
                    for stage, index in places:
                        both = world.pair(better, screening=stage is Stage.SCREEN)
                        for key in (key for key in keys if (key.stage, key.index) == (stage, index)):
                            values = {f"t{n}": pair[key.arm is Arm.CANDIDATE] for n, pair in enumerate(both)}
                            value = statistics.fmean(values[f"t{n}"] / spread for n, spread in enumerate(spreads))
                            tree = f"head {head}" if key.arm is Arm.BASELINE else "candidate"
                            trials.append(Trial(key=key, seed=index, tree=tree, value=value, metrics=values))
                            memory = after_trial(memory, trials[-1])
                case Conclude(conclusion=conclusion):
                    memory = after_concluded(memory, conclusion, trials, program.metric)
                    if conclusion.verdict is Verdict.KEEP:
                        head, memory = number, with_head(memory, f"head {number}")
                    break
        yield conclusion.verdict is Verdict.KEEP


def one_run(world: World, candidates: Iterator[float]) -> Iterator[bool]:
    """One campaign each on every target, kept if the mean is better."""
    for better in candidates:
        yield statistics.fmean(after - before for before, after in world.pair(better)) > 0.0


def fixed(count: int, level: Callable[[int, int], float]) -> Rule:
    """`count` pairs and a one-sided t-test of the mean differences, at a level by test and keeps."""

    def rule(world: World, candidates: Iterator[float]) -> Iterator[bool]:
        spreads, keeps = world.spreads(CHECKED), 0
        for number, better in enumerate(candidates, 1):
            pairs = [world.pair(better) for _ in range(count)]
            gains = [statistics.fmean((b - a) / s for (a, b), s in zip(one, spreads, strict=True)) for one in pairs]
            spread = statistics.stdev(gains)
            score = statistics.fmean(gains) / spread * math.sqrt(count) if spread else 0.0
            kept = score > 0.0 and 1.0 - student_cdf(score, count - 1) <= level(number, keeps)
            keeps += kept
            yield kept

    return rule


def halving(world: World, candidates: Iterator[float]) -> Iterator[bool]:
    """Eight candidates with a quarter of the budget, the best four with a half, two with all of it; the best is kept.

    Without a final test: it is kept if it was better in its last pair.
    """
    group = list[float]()
    for better in candidates:
        group.append(better)
        if len(group) < 8:
            continue
        left = list(range(8))
        for repeats, screening in ((1, True), (2, True), (1, False)):
            score = {
                one: statistics.fmean(b - a for _ in range(repeats) for a, b in world.pair(group[one], screening=screening))
                for one in left
            }
            best = sorted(left, key=lambda one: -score[one])
            left, last = best[: max(1, len(left) // 2)], score[best[0]]
        yield from (one == left[0] and last > 0.0 for one in range(8))
        group.clear()


def few_tests(test: int, keeps: int) -> float:
    """The levels of the gate."""
    return level_of(ERROR_RATE, test=test, keeps=keeps, expensive=True)


def always(level: float) -> Callable[[int, int], float]:
    """One level for all tests: what a paper with one comparison uses."""
    return lambda _test, _keeps: level


RULES: dict[str, Rule] = {
    "overnight meta": gate,
    "overnight meta, 60 pairs": partial(gate, max_pairs=60),
    "one run each, keep if better": one_run,
    "5 runs, t-test p<.05": fixed(5, always(0.05)),
    "halving without a final test": halving,
    **{f"{count} pairs, t-test, our levels": fixed(count, few_tests) for count in (5, 10, 15, 20, 30)},
}
