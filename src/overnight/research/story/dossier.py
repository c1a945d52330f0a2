"""What one experiment gathers between its proposal and its verdict."""

from dataclasses import dataclass, field

from overnight.gate.pairs import judged_pairs
from overnight.gate.plausibility import Doubt
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Conclusion
from overnight.models.usage import Usage
from overnight.research.events import Advanced, Proposed
from overnight.research.researchers.tuner.past import without_bookkeeping
from overnight.research.story.spread import Interval
from overnight.research.story.story import Example, KeepEvidence, PairRow


@dataclass(slots=True)
class Dossier:
    """One experiment; dropped as soon as its verdict is counted."""

    proposed: Proposed
    at: float  # Unix time of the proposal, s
    used: Usage  # by the calls to models for it
    screening: list[float] = field(default_factory=list)
    confirming: dict[int, list[Trial]] = field(default_factory=dict)  # by pair; its trials in the order that they ran
    valued: int = 0  # trials of the candidate that have a value
    trials: int = 0
    sealed: bool = False  # the holdout was asked
    cpu_s: float = 0.0
    conclusion: Conclusion | None = None
    seconds: float = 0.0

    def take(self, trial: Trial) -> None:
        """File one trial of this experiment."""
        self.trials += 1
        self.cpu_s += trial.cpu_s
        self.sealed |= trial.key.stage is Stage.HOLDOUT
        if trial.key.arm is Arm.CANDIDATE and trial.value is not None:
            self.valued += 1
            if trial.key.stage is Stage.SCREEN:
                self.screening.append(trial.value)
        if trial.key.stage is Stage.CONFIRM:
            self.confirming.setdefault(trial.key.index, []).append(trial)

    def move(self) -> None:
        """The head moved: evidence starts again, costs do not."""
        self.screening.clear()
        self.confirming.clear()

    def conclude(self, conclusion: Conclusion, at: float) -> None:
        """File the verdict."""
        self.conclusion = conclusion
        self.seconds = max(0.0, at - self.at)

    def pairs(self) -> tuple[PairRow, ...]:
        """The confirmation pairs that the verdict is about, in order."""
        trials = [trial for both in self.confirming.values() for trial in both]
        judged = judged_pairs(trials, self.conclusion.pairs if self.conclusion else 0)
        return tuple(_pair(self.confirming[pair.index]) for pair in judged)

    def example(self) -> Example:
        """The experiment as one of many that were not kept."""
        conclusion = self.conclusion
        return Example(
            number=self.proposed.number,
            hypothesis=self.proposed.hypothesis,
            reason=conclusion.reason if conclusion else "",
            gain=conclusion.gain if conclusion else None,
            low=conclusion.low if conclusion else None,
            high=conclusion.high if conclusion else None,
        )

    def keep(
        self,
        conclusion: Conclusion,
        *,
        move: Advanced,
        fresh: Interval | None,
        replaced_by: int = 0,
        doubt: Doubt | None = None,
    ) -> KeepEvidence:
        """The experiment as a kept one."""
        proposed = self.proposed
        return KeepEvidence(
            number=proposed.number,
            role=proposed.role,
            researcher=proposed.researcher,
            hypothesis=proposed.hypothesis,
            notes=without_bookkeeping(proposed.notes),
            assignment=proposed.assignment,
            base=move.old,
            commit=move.new,
            conclusion=conclusion,
            screening=tuple(self.screening),
            pairs=self.pairs(),
            fresh=fresh,
            replaced_by=replaced_by,
            searched=proposed.searched,
            together=proposed.together,
            unscreened=proposed.searched > 0 and bool(self.confirming) and not self.screening,
            doubts=doubt.says if doubt else (),
            held=doubt.held if doubt else False,
            believed=doubt.believed if doubt else False,
            trials=self.trials,
            cpu_s=self.cpu_s,
            seconds=self.seconds,
            tokens=self.used.tokens,
            cost_usd=self.used.cost_usd,
        )


def _pair(trials: list[Trial]) -> PairRow:
    values = {trial.key.arm: trial.value for trial in trials}
    return PairRow(
        seed=trials[0].seed,
        baseline=values.get(Arm.BASELINE),
        candidate=values.get(Arm.CANDIDATE),
        first=trials[0].key.arm,
    )
