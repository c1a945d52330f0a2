"""Simulated targets: lower is better, one trial of the start has sd 1 ("sigma"), and each proposal has a known true gain."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from overnight.gate.trial import Arm, Stage

BUFFER = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One world: its proposals, the noise of its trials, and how many trials a campaign has."""

    name: str
    real: float = 0.02  # share of proposals that truly improve
    gains: tuple[float, float] = (0.2, 2.0)
    neutral: float = 0.60  # share without any effect; the rest harms
    harms: tuple[float, float] = (0.2, 4.0)
    overfit: float = 0.0  # share that gains only on the public measure
    bias: float = 0.0  # sd of the public split's error about a proposal; the hidden split has an error of its own
    noise: str = "gauss"  # or "t3" (sd 1), "spikes" (5 % one-sided outliers of 4 sd), "none"
    grain: float = 0.0  # values are multiples of this
    simpler: float = 0.0  # if not 0: every proposal has less code and may lose less than this, in sigma
    common: tuple[float, ...] = (0.0,)  # correlation of head and candidate on the same seed: one of these per proposal
    drift: float = 0.0  # amplitude of a slow wave of 400 trials, with a random walk on top
    spread: tuple[float, float] = (1.0, 1.0)  # of a candidate's own sd
    proposals: int = 2000
    trials: int = 4000
    holdout: bool = False
    curve: float = 0.0  # share of a run after which its curve is checked; 0: it prints none
    foretold: tuple[float, float] = (0.8, 0.6)  # what the curve predicts: share of the gain, and of the noise at the end


WORLDS = (
    Setting(name="1 in 50"),
    Setting(name="1 in 50, 10,000 trials", trials=10_000),
    Setting(name="1 in 50, curves", curve=0.3),
    Setting(name="1 in 50, 10,000 proposals", proposals=10_000),
    Setting(name="1 in 50, 10,000 proposals, curves", proposals=10_000, curve=0.3),
    Setting(name="1 in 50, 10,000 proposals, poor curves", proposals=10_000, curve=0.3, foretold=(0.3, 0.3)),
    Setting(name="1 in 50, 10,000 proposals, curves that say nothing", proposals=10_000, curve=0.3, foretold=(0.0, 0.0)),
    Setting(name="1 in 200", real=0.005),
    Setting(name="1 in 20", real=0.05),
    Setting(name="t3 noise", noise="t3"),
    Setting(name="5 % spikes", noise="spikes"),
    Setting(name="whole numbers", grain=1.0),
    Setting(name="common seeds .8", common=(0.8,)),
    Setting(name="common seeds .34 to .99", common=(0.34, 0.48, 0.82, 0.95, 0.99)),
    Setting(name="own noise .7 to 1.8", spread=(0.7, 1.8)),
    Setting(name="own noise .15 to 1", spread=(0.15, 1.0)),
    Setting(name="drift 1.5", drift=1.5),
    Setting(name="overfitting, sealed holdout", overfit=0.02, holdout=True),
    Setting(name="split bias .3, sealed holdout", bias=0.3, holdout=True),
    Setting(name="1 in 50, sealed holdout", holdout=True),
    Setting(name="deterministic", noise="none"),
    Setting(name="1 in 1,000", real=0.001, gains=(0.5, 2.0), proposals=10_000, trials=20_000),
    Setting(name="1 in 10,000", real=0.0001, gains=(0.5, 2.0), proposals=100_000, trials=200_000),
    Setting(name="nothing real", real=0.0, neutral=0.62),
    Setting(name="nothing real, 1 trial in 30 differs", real=0.0, neutral=0.62, grain=4.26),
    Setting(name="nothing real, 1 trial in 10 differs", real=0.0, neutral=0.62, grain=3.29),
    Setting(name="nothing real, 1 trial in 4 differs", real=0.0, neutral=0.62, grain=2.3),
    Setting(name="less code: half is neutral, half costs 1", real=0.0, neutral=0.5, harms=(1.0, 1.0), simpler=1.0),
    Setting(name="less code: all costs 1", real=0.0, neutral=0.0, harms=(1.0, 1.0), simpler=1.0),
)


class World:
    """A target and a stream of proposals; counts the trials that are run."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting = setting
        self.random = np.random.default_rng(seed)
        draw, count = self.random, setting.proposals
        kind = draw.random(count)
        self.gain = np.zeros(count)
        real = kind < setting.real
        self.gain[real] = draw.uniform(*setting.gains, real.sum())
        harmful = kind >= setting.real + setting.neutral
        self.gain[harmful] = -draw.uniform(*setting.harms, harmful.sum())
        lucky = (kind >= setting.real) & (kind < setting.real + setting.overfit)
        self.public = self.gain + draw.normal(0.0, 1.0, count) * setting.bias
        self.public[lucky] += draw.uniform(*setting.gains, lucky.sum())
        self.hidden = self.gain + draw.normal(0.0, 1.0, count) * setting.bias
        self.sd = draw.uniform(*setting.spread, count)
        self.common = draw.choice(setting.common, count)
        self.order = draw.permutation(count)
        self.taken = np.zeros(count, bool)
        self.place = 0
        self.used = 0.0
        self.kept = 0
        self.false = 0
        self.progress = 0.0
        self.levels = {Stage.BASELINE: 0.0, Stage.HOLDOUT: 0.0, Stage.AUDIT: 0.0}
        self.head_sd = 1.0
        self._phase = draw.uniform(0.0, 2.0 * math.pi)
        self._walk = 0.0
        self._normals = self._numbers()
        self._noises = self._errors()

    @property
    def available(self) -> float:
        """The sum of all true gains."""
        return float(self.gain[self.gain > 0.0].sum())

    def left(self) -> float:
        """How many trials remain."""
        return self.setting.trials - self.used

    def next(self) -> int:
        """The next proposal that is not kept yet; starts over at the end of the list."""
        while True:
            proposal = int(self.order[self.place % len(self.order)])
            self.place += 1
            if not self.taken[proposal]:
                return proposal

    def run(self, stage: Stage, arm: Arm, proposal: int, common: float | None = None) -> float:
        """One trial of the head or of a proposal on it; `common` is the effect of its seed on the head, in sd."""
        value, _ = self.run_with_curve(stage, arm, proposal, common)
        if value is None:
            raise AssertionError("nothing stops this trial")
        return value

    def run_with_curve(
        self, stage: Stage, arm: Arm, proposal: int, common: float | None = None, stops: Callable[[float], str] | None = None
    ) -> tuple[float | None, float | None]:
        """The same, with its curve's early value; if `stops` gives a reason, it ends there, costs less and has no value."""
        self.used += 1
        stage = stage if stage in self.levels else Stage.BASELINE
        level, sd = self.levels[stage], self.head_sd
        if arm is Arm.CANDIDATE:
            level -= float({Stage.BASELINE: self.public, Stage.HOLDOUT: self.hidden}.get(stage, self.gain)[proposal])
            sd = float(self.sd[proposal])
        error = self.error() if common is None or arm is Arm.CANDIDATE else common
        if arm is Arm.CANDIDATE and common is not None:
            rho = float(self.common[proposal])
            error = rho * common + math.sqrt(1.0 - rho**2) * error
        early = self._early(arm, proposal, error) if self.setting.curve else None
        if early is not None and stops and stops(early):
            self.used += self.setting.curve - 1.0
            return None, early
        value = level + sd * error + self._drift()
        return round(value / self.setting.grain) * self.setting.grain if self.setting.grain else value, early

    def _early(self, arm: Arm, proposal: int, error: float) -> float:
        """The early value of the curve."""
        gain, shared = self.setting.foretold
        level, sd = self.levels[Stage.BASELINE], self.head_sd
        if arm is Arm.CANDIDATE:
            level, sd = level - gain * float(self.public[proposal]), float(self.sd[proposal])
        return level + sd * (shared * error + math.sqrt(1.0 - shared**2) * next(self._normals)) + self._drift()

    def error(self) -> float:
        """The noise of one trial, in units of its tree's sd."""
        return 0.0 if self.setting.noise == "none" else next(self._noises)

    def keep(self, proposal: int) -> None:
        """Make a proposal the head."""
        self.taken[proposal] = True
        gain = float(self.gain[proposal])
        self.levels[Stage.BASELINE] -= float(self.public[proposal])
        self.levels[Stage.HOLDOUT] -= float(self.hidden[proposal])
        self.levels[Stage.AUDIT] -= gain
        self.head_sd = float(self.sd[proposal])
        self.progress += gain
        self.kept += 1
        self.false += gain <= -self.setting.simpler

    def audit(self, pairs: int) -> list[float]:
        """Gains of the head over the start in fresh interleaved trials on an untouched split."""
        differences = []
        for _ in range(pairs):
            self.used += 2
            start = self.error() + self._drift()
            differences.append(start - (self.levels[Stage.AUDIT] + self.head_sd * self.error() + self._drift()))
        return differences

    def _drift(self) -> float:
        amplitude = self.setting.drift
        if not amplitude:
            return 0.0
        self._walk += 0.03 * amplitude * next(self._normals)
        return amplitude * math.sin(2.0 * math.pi * self.used / 400.0 + self._phase) + self._walk

    def _numbers(self) -> Iterator[float]:
        while True:
            yield from self.random.standard_normal(BUFFER).tolist()

    def _errors(self) -> Iterator[float]:
        while True:
            draw = self.random.standard_normal(BUFFER)
            if self.setting.noise == "t3":
                draw = self.random.standard_t(3, BUFFER) / math.sqrt(3.0)
            if self.setting.noise == "spikes":
                spikes = np.abs(self.random.standard_normal(BUFFER)) * 4.0
                draw = draw + np.where(self.random.random(BUFFER) < 0.05, spikes, 0.0)
            yield from draw.tolist()
