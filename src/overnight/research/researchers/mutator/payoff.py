"""Which operators paid in this campaign: a fold of fixed size over its experiments."""

from collections import Counter
from dataclasses import dataclass, field

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Experiment

OPERATOR = "operator"  # the note that says which
_KEPT, _BETTER = 4.0, 0.5  # what a keep counts, and a gain that was not proven


@dataclass(slots=True)
class Payoff:
    """What came of each operator."""

    tried: Counter[str] = field(default_factory=Counter)
    earned: dict[str, float] = field(default_factory=dict)

    def learn(self, experiment: Experiment) -> None:
        """Take in an ended experiment of a mutator."""
        operator, conclusion = experiment.notes.get(OPERATOR), experiment.conclusion
        if not isinstance(operator, str) or conclusion is None:
            return
        if operator not in self.tried and len(self.tried) >= 128:  # noqa: PLR2004  # names that no table has
            return
        self.tried[operator] += 1
        better = conclusion.verdict is Verdict.DISCARD and (conclusion.gain or 0.0) > 0
        self.earned[operator] = self.earned.get(operator, 0.0) + _KEPT * (conclusion.verdict is Verdict.KEEP) + _BETTER * better

    def of(self, operator: str) -> float:
        """What another try of an operator promises, relative to one that nobody tried: 1."""
        return (self.earned.get(operator, 0.0) + 1.0) / (self.tried[operator] + 1.0)
