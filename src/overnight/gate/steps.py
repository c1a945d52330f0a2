"""What the gate may ask for next, and one open experiment as its stages see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from overnight.gate.noise import NoiseModel
from overnight.gate.pairs import Pair
from overnight.gate.stats import mean
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Program

VOIDS = 3  # pairs in which the head itself failed, before we give the candidate up


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTrials:
    """Run these trials, in any order or at once, then ask again."""

    trials: tuple[TrialKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Record that the proposal is tested at this level, then ask again with it."""

    level: float
    test: int
    margin: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """The verdict."""

    conclusion: Conclusion


Step = RunTrials | Register | Conclude


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One open experiment as the gate sees it."""

    program: Program
    number: int
    trials: Sequence[Trial]  # since its evidence last started again
    restart: int = 0  # as in `TrialKey`
    noise: NoiseModel
    simpler: bool = False  # it has less code, and the program keeps that if it is no worse
    margin: float = 0.0  # harm that such a change may do, on the working scale; 0: it must be better

    def run_trials(self, stage: Stage, *places: tuple[Arm, int]) -> RunTrials:
        """Ask for trials of this experiment."""
        return run_trials(self.number, stage, places, restart=self.restart)

    def run_pairs(self, stage: Stage, pairs: Sequence[Pair], count: int = 1) -> RunTrials:
        """Ask for both arms of the lowest indices that no pair has yet: a killed session may have left a gap."""
        begun = {pair.index for pair in pairs}
        fresh = [index for index in range(len(pairs) + count) if index not in begun][:count]
        return self.run_trials(stage, *((arm, index) for index in fresh for arm in Arm))

    def unfinished(self, stage: Stage, pairs: Sequence[Pair]) -> RunTrials | None:
        """Ask for the missing arms of pairs that have begun; a pair in which the head failed needs none."""
        places = [(arm, pair.index) for pair in pairs if not pair.valid and not pair.void for arm in pair.missing]
        return self.run_trials(stage, *places) if places else None

    def lead(self, screened: Sequence[float], *, luck: float = 0.0) -> float:
        """How far the mean of the candidate's values is ahead of the head and `luck`, on the working scale."""
        placed = mean([self.noise.scale.place(value) for value in screened])
        return self.program.metric.gain((self.noise.level or 0.0) + luck, placed)

    def gains(self, pairs: Sequence[Pair]) -> list[float]:
        """The candidate's gain in each pair, on the working scale."""
        return [pair.gain(self.program.metric, self.noise.scale) for pair in pairs]

    def in_units(self, gain: float, level: float | None = None) -> float:
        """A gain on the working scale, converted to the metric's units, from the head or from a baseline placed at `level`."""
        start = self.noise.level if level is None else level
        return self.noise.scale.in_units(self.program.metric, start or 0.0, gain)


def run_trials(number: int, stage: Stage, places: Iterable[tuple[Arm, int]], *, restart: int = 0) -> RunTrials:
    """Ask for trials of an experiment."""
    keys = (TrialKey(experiment=number, stage=stage, arm=arm, index=index, restart=restart) for arm, index in places)
    return RunTrials(trials=tuple(keys))


def conclude(verdict: Verdict, reason: str, *, gain: float | None = None) -> Conclude:
    """A verdict without a test."""
    return Conclude(conclusion=Conclusion(verdict=verdict, reason=reason, gain=gain))
