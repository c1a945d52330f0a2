"""Synthetic campaigns as the events a ledger would hold: seeded noise, screening, confirmation and keeps."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from builders import stopped

from overnight.gate.error_budget import level_of
from overnight.gate.stats import centre_interval, log_label_swap, mean
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Direction, Metric, Program
from overnight.research.ending import EndReason
from overnight.research.events import (
    Advanced,
    CampaignOpened,
    Concluded,
    Event,
    ProposalMissed,
    Proposed,
    Registered,
    Stopped,
    TrialFinished,
)
from overnight.research.record.port import Recorded

PROGRAM = """\
---
metric: {{name: {name}, direction: {direction}}}
measure: python train.py --seed {{seed}}
editable: [train.py]
holdout: python train.py --split holdout --seed {{seed}}
---
"""
SCREEN = (0.6, 0.8, 1.2, 1.4, 1.7)  # standardised lead that each screening trial needs
MOST_PAIRS = 60
SEALED = 7_654_320.0  # added to the holdout's values, so that a leak is visible
IDEAS = (
    "Raise the learning rate so that the short budget is used better",
    "Lower beta2 of Adam: the gradients are noisy early on",
    "Decay the value embeddings, which nobody has regularised so far",
    "Drop the bias of the output layer; it costs time and buys nothing",
    "Warm up over fewer steps",
    "Halve the batch and double the steps",
    "Initialise the residual projections at zero",
    "Remove the second normalisation: simpler, and perhaps as good",
    "Scale the query and key by 1.2 before the dot product, since the sharper attention suits short sequences with few tokens",
    "Use a cosine schedule instead of the linear one",
)


@dataclass(kw_only=True)
class World:
    """The truth about a simulated campaign, unknown to its gate."""

    experiments: int
    seed: int = 1
    tag: str = "nov21"
    metric: Metric = field(default_factory=lambda: Metric(name="val_bpb", direction=Direction.MINIMIZE))
    start: float = 1.742
    sigma: float = 0.012  # of one trial
    drift: float = 0.0  # of the level, per 100 experiments
    real: float = 0.12  # share of proposals that are better
    effect: float = 0.022  # mean true gain of those
    crashes: float = 0.07
    rejects: float = 0.06
    overfit: float = 0.0  # share of the proven changes that gain nothing on the holdout
    most_keeps: int = 10_000
    ideas: tuple[str, ...] = IDEAS
    stop: Stopped | None = None
    secret_sauce: str = "3f" * 16

    @property
    def program(self) -> Program:
        """The program of the campaign."""
        command = "python train.py --seed {seed}"
        holdout = "python train.py --split holdout --seed {seed}"
        return Program(path="program.md", metric=self.metric, editable=("train.py",), measure=command, holdout=holdout)


def record(world: World) -> Iterator[Recorded]:
    """The campaign's ledger."""
    simulation = _Simulation(world)
    for seq, event in enumerate(simulation.events(), 1):
        yield Recorded(seq=seq, at=simulation.at, event=event, digest=f"{seq:064x}")


class _Simulation:
    def __init__(self, world: World) -> None:
        self.world = world
        self.random = random.Random(world.seed)
        self.opened_at = 1_763_700_000.0
        self.at = self.opened_at
        self.level = world.start  # true value of the head
        self.head = 0
        self.tests = self.keeps = self.trials = self.number = 0
        self.pool: list[float] = []  # the head's baseline trials

    def events(self) -> Iterator[Event]:
        world = self.world
        yield CampaignOpened(
            tag=world.tag,
            version="0.1.0",
            program=PROGRAM.format(name=world.metric.name, direction=world.metric.direction.value),
            start=_commit(0),
            secret=world.secret_sauce,
            sandbox="jail",
            environment={"cpu": "AMD EPYC 9B14, 2 cores", "python": "3.11.7", "lock": "sha256:9f2c"},
        )
        yield from self.baseline(8)
        for self.number in range(1, world.experiments + 1):
            yield from self.experiment()
        yield world.stop or stopped(
            EndReason.BUDGET, f"the budget of {world.experiments} experiments is spent", elapsed_s=self.elapsed()
        )

    def elapsed(self) -> float:
        return self.at - self.opened_at

    def baseline(self, count: int) -> Iterator[Event]:
        self.pool = []
        for index in range(count):
            trial = self.trial(Stage.BASELINE, Arm.BASELINE, index, 0.0)
            self.pool.append(trial.value or 0.0)
            yield TrialFinished(trial=trial)

    def trial(self, stage: Stage, arm: Arm, index: int, gain: float, fault: Fault | None = None) -> Trial:
        self.trials += 1
        wall_s = 4.0 + self.random.random()
        self.at += wall_s + 0.2
        metric = self.world.metric
        better = -gain if metric.direction is Direction.MINIMIZE else gain
        drift = self.world.drift * self.number / 100
        value = self.level + better + drift + self.random.gauss(0.0, self.world.sigma)
        return Trial(
            key=TrialKey(experiment=self.head if stage is Stage.BASELINE else self.number, stage=stage, arm=arm, index=index),
            seed=self.random.randrange(2**31),
            tree=f"{self.head if arm is Arm.BASELINE else self.number:x}" * 4,
            value=None if fault else value,
            fault=fault,
            reason="exit code 1: ValueError: shapes (64,) and (65,) do not match" if fault else "",
            wall_s=wall_s,
            cpu_s=wall_s * 0.97,
            peak_memory_bytes=int(self.random.uniform(80e6, 160e6)),
        )

    def experiment(self) -> Iterator[Event]:
        yield self.propose()
        fate = self.random.random()
        if fate < self.world.rejects:
            yield self.conclude(Verdict.REJECT, f"this tree was tried before, as experiment {max(1, self.number - 3)}")
        elif fate < self.world.rejects + self.world.crashes:
            yield TrialFinished(trial=self.trial(Stage.SCREEN, Arm.CANDIDATE, 0, 0.0, Fault.EXIT))
            yield self.conclude(Verdict.CRASH, "exit code 1: ValueError: shapes (64,) and (65,) do not match")
        else:
            yield from self.measure(self.true_gain())
        if self.random.random() < 0.02:
            yield ProposalMissed(role="explorer", reason="the agent changed no file")

    def propose(self) -> Proposed:
        self.at += 0.3
        return Proposed(
            number=self.number,
            role=self.random.choice(("tuner", "explorer")),
            researcher="tuner",
            hypothesis=self.world.ideas[self.number % len(self.world.ideas)],
            base=_commit(self.head),
            commit=_commit(self.number),
            tree=f"{self.number:x}" * 4,
            notes={"learning_rate": round(self.random.uniform(1e-4, 1e-2), 6), "warmup": self.random.randrange(100)},
        )

    def true_gain(self) -> float:
        if self.random.random() < self.world.real and self.keeps < self.world.most_keeps:
            return self.random.expovariate(1 / self.world.effect)
        if self.random.random() < 0.05:
            return -self.random.expovariate(1 / (50 * self.world.effect))  # diverged
        return -self.random.expovariate(1 / self.world.effect) * self.random.random()

    def measure(self, gain: float) -> Iterator[Event]:
        if self.world.sigma == 0:
            yield from self.decide_at_once(gain)
            return
        values: list[float] = []
        for index, bar in enumerate(SCREEN):
            trial = self.trial(Stage.SCREEN, Arm.CANDIDATE, index, gain)
            yield TrialFinished(trial=trial)
            values.append(trial.value or 0.0)
            lead = self.world.metric.gain(mean(self.pool), mean(values))
            error = self.world.sigma * (1 / len(values) + 1 / len(self.pool)) ** 0.5
            if lead / error < bar:
                yield self.conclude(Verdict.DISCARD, f"behind after {index + 1} screening trials: lead {lead:.4f}", lead=lead)
                return
        yield from self.confirm(gain)

    def decide_at_once(self, gain: float) -> Iterator[Event]:
        yield TrialFinished(trial=self.trial(Stage.SCREEN, Arm.CANDIDATE, 0, gain))
        if gain > 0:
            yield self.conclude(Verdict.KEEP, "better; the metric is deterministic, one trial decides", lead=gain)
            yield from self.advance(gain)
        else:
            yield self.conclude(Verdict.DISCARD, "not better; the metric is deterministic", lead=gain)

    def confirm(self, gain: float) -> Iterator[Event]:
        self.tests += 1
        level = level_of(0.1, test=self.tests, keeps=self.keeps)
        yield Registered(number=self.number, test=self.tests, level=level)
        differences: list[float] = []
        while len(differences) < MOST_PAIRS and (not differences or 2.718 ** log_label_swap(differences) < 1 / level):
            arms = [Arm.BASELINE, Arm.CANDIDATE]
            self.random.shuffle(arms)
            pair = {
                arm: self.trial(Stage.CONFIRM, arm, len(differences), gain if arm is Arm.CANDIDATE else 0.0) for arm in arms
            }
            for trial in pair.values():
                yield TrialFinished(trial=trial)
            differences.append(self.world.metric.gain(pair[Arm.BASELINE].value or 0.0, pair[Arm.CANDIDATE].value or 0.0))
            if len(differences) >= 6 and mean(differences) < 0:
                break
        yield from self.judge(gain, differences, level)

    def judge(self, gain: float, differences: list[float], level: float) -> Iterator[Event]:
        low, high = centre_interval(differences) or (None, None)
        log_e = log_label_swap(differences)
        proven = 2.718**log_e >= 1 / level
        refused = proven and self.world.overfit > 0 and self.random.random() < self.world.overfit
        reason = f"proven after {len(differences)} pairs" if proven else f"not proven after {len(differences)} pairs: futile"
        evidence = Conclusion(
            verdict=Verdict.KEEP if proven and not refused else Verdict.DISCARD,
            reason="better in public, but not confirmed by the sealed holdout" if refused else reason,
            gain=mean(differences),
            low=low,
            high=high,
            log_e=log_e,
            level=level,
            pairs=len(differences),
            holdout_gain=round(gain * (not refused) + self.random.gauss(0, self.world.sigma / 3), 3) if proven else None,
        )
        if proven:
            yield from self.ask_holdout(gain)
        yield Concluded(number=self.number, conclusion=evidence, elapsed_s=self.elapsed())
        if proven and not refused:
            yield from self.advance(gain)

    def ask_holdout(self, gain: float) -> Iterator[Event]:
        for arm, true in ((Arm.BASELINE, 0.0), (Arm.CANDIDATE, gain)):
            trial = self.trial(Stage.HOLDOUT, arm, 0, true)
            yield TrialFinished(trial=replace(trial, value=SEALED + (trial.value or 0.0)))

    def advance(self, gain: float) -> Iterator[Event]:
        yield Advanced(number=self.number, old=_commit(self.head), new=_commit(self.number))
        self.keeps += 1
        self.head = self.number
        self.level -= gain if self.world.metric.direction is Direction.MINIMIZE else -gain
        yield from self.baseline(8)

    def conclude(self, verdict: Verdict, reason: str, *, lead: float | None = None) -> Concluded:
        return Concluded(
            number=self.number, conclusion=Conclusion(verdict=verdict, reason=reason, gain=lead), elapsed_s=self.elapsed()
        )


def _commit(number: int) -> str:
    return f"{number * 2654435761 % 2**32:08x}" * 5


DIFF = """\
diff --git a/train.py b/train.py
index 1111111..2222222 100644
--- a/train.py
+++ b/train.py
@@ -10,3 +10,4 @@ def main() -> None:
 \tmodel = GPT(config)
-LEARNING_RATE = 0.004
+LEARNING_RATE = 0.0057
+BETA2 = 0.95
"""

CASES = {
    "usual": World(experiments=80),
    "maximize": World(experiments=60, start=2.31, metric=Metric(name="sum_of_radii", direction=Direction.MAXIMIZE)),
    "many keeps": World(experiments=150, real=0.5, effect=0.03, seed=3, start=4.0, most_keeps=40),
    "one keep": World(experiments=100, real=0.05, most_keeps=1, seed=4),
    "nothing real": World(experiments=60, real=0.0),
    "crashes only": World(experiments=30, crashes=1.0),
    "no experiment": World(experiments=0),
    "overfit": World(experiments=100, real=0.4, overfit=0.4, seed=7),
    "deterministic": World(experiments=40, sigma=0.0),
}
