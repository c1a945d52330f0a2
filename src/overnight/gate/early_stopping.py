"""Early stopping of a candidate's first trial: so far behind the head at 30 % of its run that the rest is not worth its price.

What counts as so far behind is learnt from candidates whose first trial ran to its end, and how a trial stands at 30 % is
never more than a reason to stop it: a curve is the candidate's own word, and no word of it can make it a winner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.gate.curve import CurveReader
from overnight.gate.memory import LOCAL, GateMemory
from overnight.gate.stats import mean
from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.program.program import Metric
from overnight.words.figures import figure

NEIGHBOURS = 20  # candidates that stood next ahead there; tuned in bench/gate
SURVIVORS = 2  # of them at most went past their first trial
RUN_ON = 8  # one experiment in so many is never stopped early, so that the record goes on telling the truth


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingBar:
    """Where a trial must stand at 30 % of its run to be run to its end."""

    metric: Metric
    head: float  # the head's mean there
    lead: float  # needed over that; below 0

    def verdict(self, value: float) -> str:
        """Why a trial that stands there is stopped; empty if it is not."""
        if self.metric.gain(self.head, value) >= self.lead:
            return ""
        return f"stopped at 30 % of its first trial: {figure(value, 4)} there, where the head has {figure(self.head, 4)}"


class CurveMonitor:
    """Hears a trial's output for its curve, and says when the trial is to be stopped."""

    def __init__(self, pattern: str, bar: StoppingBar | None) -> None:
        self._reader = CurveReader(pattern)
        self._bar = bar

    @property
    def early(self) -> float | None:
        """How the trial stood at 30 % of its run, if that was seen."""
        return self._reader.value

    def hear(self, output: bytes) -> str:
        """Take in more of what it prints; why to stop it, an empty text where it runs on."""
        found = self._reader.hear(output)
        return self._bar.verdict(found) if found is not None and self._bar else ""


def stopping_bar(key: TrialKey, metric: Metric, memory: GateMemory) -> StoppingBar | None:
    """The bar for a trial that is about to begin; None: it runs to its end."""
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
    """The best lead at 30 % below which trials are stopped: of those who stood next ahead, hardly any went on."""
    ordered = sorted(early)
    for place in range(len(ordered) - NEIGHBOURS, -1, -1):
        went_on = [survived for _, survived in ordered[: place + NEIGHBOURS]]
        if sum(went_on[place:]) <= SURVIVORS and sum(went_on) * NEIGHBOURS <= SURVIVORS * len(went_on):
            return ordered[place][0]
    return None
