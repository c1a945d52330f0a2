"""Stops a candidate's first trial early if it is so far behind the head at 30 % of its run that the rest is not worth running.

That distance is learnt from candidates whose first trial ran to its end. The value at 30 % is only ever a reason to stop: a
curve is the candidate's own claim, which can never make it a winner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.gate.curve import CurveReader
from overnight.gate.memory import LOCAL, GateMemory
from overnight.gate.stats import mean
from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.program.program import Metric
from overnight.words.figures import figure

NEIGHBOURS = 20  # candidates next ahead at 30 %; tuned in bench/gate
SURVIVORS = 2  # at most so many of them went past their first trial
RUN_ON = 8  # one experiment in so many is never stopped early, so that the record stays true


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingBar:
    """The value that a trial must have at 30 % of its run to be run to its end."""

    metric: Metric
    head: float  # the head's mean there
    lead: float  # needed over `head`; below 0

    def verdict(self, value: float) -> str:
        """Why a trial with this value at 30 % is stopped; empty if it is not."""
        if self.metric.gain(self.head, value) >= self.lead:
            return ""
        return f"stopped at 30 % of its first trial: {figure(value, 4)} there, {figure(self.head, 4)} for the head"


class CurveMonitor:
    """Follows the curve in a trial's output and says when to stop the trial."""

    def __init__(self, pattern: str, bar: StoppingBar | None) -> None:
        self._reader = CurveReader(pattern)
        self._bar = bar

    @property
    def early(self) -> float | None:
        """The trial's value at 30 % of its run, if it was seen."""
        return self._reader.value

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """A few points of the curve, as shares of the run and values."""
        return self._reader.points

    def read(self, output: bytes) -> str:
        """Read more of what it prints; return why to stop it, or an empty text if it runs on."""
        found = self._reader.read(output)
        return self._bar.verdict(found) if found is not None and self._bar else ""


def stopping_bar(key: TrialKey, metric: Metric, memory: GateMemory) -> StoppingBar | None:
    """The bar for a trial that is about to start; None if it runs to its end in any case."""
    first = key.stage is Stage.SCREEN and key.arm is Arm.CANDIDATE and key.index == 0
    if not first or key.experiment % RUN_ON == 0 or not memory.head_early:
        return None
    lead = _hopeless_lead(memory.early)
    if lead is None or lead >= 0.0:
        return None
    return StoppingBar(
        metric=metric, head=mean(memory.head_early[-LOCAL:] if memory.drifting else memory.head_early), lead=lead
    )


def _hopeless_lead(early: Sequence[tuple[float, bool]]) -> float | None:
    """The best lead at 30 % below which trials are stopped, because hardly any of those next ahead went on."""
    ordered = sorted(early)
    for place in range(len(ordered) - NEIGHBOURS, -1, -1):
        went_on = [survived for _, survived in ordered[: place + NEIGHBOURS]]
        if sum(went_on[place:]) <= SURVIVORS and sum(went_on) * NEIGHBOURS <= SURVIVORS * len(went_on):
            return ordered[place][0]
    return None
