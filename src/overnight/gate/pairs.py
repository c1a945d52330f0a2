"""The pairs of an experiment: both arms of one index, run with one seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from overnight.gate.scale import Scale
from overnight.gate.stats import clip, mean
from overnight.gate.trial import Arm, Fault, Stage, Trial
from overnight.program.program import Metric

MOST_SPREADS = 4.0  # at which the gain of one part in one pair is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One index of a stage: the arms that are finished."""

    index: int
    baseline: Trial | None = None
    candidate: Trial | None = None

    @property
    def void(self) -> bool:
        """Whether the head itself failed or there was nothing to run on, which says nothing about the candidate."""
        return self.unprepared or (self.baseline is not None and self.baseline.value is None)

    @property
    def unprepared(self) -> bool:
        """Whether at least one arm had nothing to run on."""
        return any(trial is not None and trial.fault is Fault.PREPARE for trial in (self.baseline, self.candidate))

    @property
    def valid(self) -> bool:
        """Whether both arms have a value."""
        return all(trial is not None and trial.value is not None for trial in (self.baseline, self.candidate))

    @property
    def crashed(self) -> bool:
        """Whether the candidate failed, through its own fault."""
        trial = self.candidate
        return trial is not None and trial.value is None and trial.fault is not Fault.PREPARE

    @property
    def finished(self) -> bool:
        """Whether nothing of it is left to run."""
        return self.valid or self.void or self.crashed

    @property
    def missing(self) -> tuple[Arm, ...]:
        """The arms that still have to run."""
        return tuple(arm for arm, trial in ((Arm.BASELINE, self.baseline), (Arm.CANDIDATE, self.candidate)) if trial is None)

    def gain(self, metric: Metric, scale: Scale) -> float:
        """The candidate's gain in this pair; the pair must be valid.

        If the metric is a mean of parts: the mean of their gains, each divided by its spread, so that no part decides alone.
        """
        baseline, candidate = self.values
        if metric.parts and self.baseline and self.candidate:
            sealed = self.candidate.key.stage is Stage.HOLDOUT
            return gain_of_parts(metric, self.baseline.metrics, self.candidate.metrics, sealed=sealed)
        return scale.gain(metric, baseline, candidate)

    @property
    def values(self) -> tuple[float, float]:
        """Baseline and candidate; the pair must be valid."""
        if self.baseline is None or self.candidate is None or self.baseline.value is None or self.candidate.value is None:
            raise ValueError(f"pair {self.index} is not complete")
        return self.baseline.value, self.candidate.value


def gain_of_parts(metric: Metric, before: Mapping[str, float], after: Mapping[str, float], *, sealed: bool = False) -> float:
    """The mean over the parts of a metric of how much better `after` is, each in spreads and cut at `MOST_SPREADS`.

    It is an odd function of the two sides: with the arms swapped it has the other sign, and 0 if all parts are equal.
    """
    spreads = metric.spreads(sealed=sealed)
    gains = [clip(metric.gain(before[name], after[name]) / spread, MOST_SPREADS) for name, spread in spreads.items()]
    return mean(gains)


def why_void(pairs: Sequence[Pair]) -> str:
    """What failed in void pairs."""
    return "`prepare`" if any(pair.unprepared for pair in pairs) else "the head itself"


def pairs_of(trials: Sequence[Trial], stage: Stage) -> list[Pair]:
    """The pairs of a stage by index, whatever the order in which their trials finished."""
    arms: dict[int, dict[Arm, Trial]] = {}
    for trial in trials:
        if trial.key.stage is stage:
            arms.setdefault(trial.key.index, {})[trial.key.arm] = trial
    return [
        Pair(index=index, baseline=both.get(Arm.BASELINE), candidate=both.get(Arm.CANDIDATE))
        for index, both in sorted(arms.items())
    ]


def finished_in_order(pairs: Sequence[Pair]) -> list[Pair]:
    """The finished pairs up to the first gap: what is measured behind it has no say until it is closed."""
    return [pair for _, pair in takewhile(lambda placed: placed[1].index == placed[0] and placed[1].finished, enumerate(pairs))]


def judged_pairs(trials: Sequence[Trial], valid: int) -> list[Pair]:
    """The confirmation pairs that a verdict is about, in order: up to its last of `valid` valid ones."""
    pairs, left = list[Pair](), valid
    for pair in pairs_of(trials, Stage.CONFIRM):
        if not left:
            break
        pairs.append(pair)
        left -= pair.valid
    return pairs
