"""The gate of a hub's campaign, one submission after another, over trials that are numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from overnight.gate.gate import baseline_step, next_step
from overnight.gate.memory import GateMemory, after_concluded, after_registered, after_trial
from overnight.gate.seeds import candidate_first, place_of_seed, trial_seed
from overnight.gate.steps import Conclude, Register, RunTrials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.pool.hub.program import hub_program_text
from overnight.pool.hub.settings import HubSettings
from overnight.program.parser import parse_program
from overnight.program.program import Program

METRIC = "loss"  # less is better
BOUNDS = (-1000.0, 100.0)  # in sd of one trial of the start, which is at 50: a loss of more than 50 is outside
FOUNDERS = f"""---
metric: {{name: {METRIC}, direction: minimize}}
produce: python train.py {{seed}}
artifacts: [out.json]
score: python score.py
holdout: python score.py --sealed
editable: [train.py, 'ideas/']
hidden: [score.py]
---
# Make the loss smaller
"""


class Measured(Protocol):
    """What trials are run of."""

    def value(self, stage: Stage, arm: Arm, seed: int) -> float | None:
        """One trial: of the head, or of what is judged on top of it; None: it failed."""
        ...


def hub_program(bounds: tuple[float | None, float | None] = BOUNDS) -> Program:
    """The program as a hub with these bounds runs it."""
    return parse_program(hub_program_text(FOUNDERS, HubSettings(project="bench", bounds=bounds)), "program.md")


@dataclass(slots=True, kw_only=True)
class PoolGate:
    """Judges as the campaign's loop does with one slot."""

    program: Program
    measured: Measured
    secret: str
    memory: GateMemory = field(default_factory=GateMemory)
    head: int = 0  # submission that made it
    trials: int = 0

    def judge(self, number: int, *, keep: Callable[[], None]) -> Conclusion:
        """The verdict on a submission; `keep` is called before anything is measured on the new head."""
        while wanted := baseline_step(self.program, self.memory, self.head):
            self._run(wanted)
        trials, level, margin = list[Trial](), None, 0.0
        while True:
            step = next_step(self.program, self.memory, number, trials, level, margin=margin)
            match step:
                case Register():
                    self.memory, level, margin = after_registered(self.memory), step.level, step.margin
                case RunTrials():
                    trials += self._run(step)
                case Conclude():
                    self.memory = after_concluded(self.memory, step.conclusion, trials, self.program.metric)
                    if step.conclusion.verdict is Verdict.KEEP:
                        self.head = number
                        keep()
                    return step.conclusion

    def _run(self, wanted: RunTrials) -> list[Trial]:
        """Trials, the arms of a pair in the order of the campaign."""
        return [self._trial(key) for key in sorted(wanted.trials, key=self._order)]

    def _order(self, key: TrialKey) -> tuple[int, bool]:
        return key.index, (key.arm is Arm.CANDIDATE) != candidate_first(self.secret, key)

    def _trial(self, key: TrialKey) -> Trial:
        seed = trial_seed(self.secret, place_of_seed(key, self.head))
        value = self.measured.value(key.stage, key.arm, seed)
        tree = f"head {self.head}" if key.arm is Arm.BASELINE else "candidate"
        metrics, fault = ({}, Fault.GUARD) if value is None else ({METRIC: value}, None)
        trial = Trial(key=key, seed=seed, tree=tree, value=value, metrics=metrics, fault=fault)
        self.memory = after_trial(self.memory, trial)
        self.trials += 1
        return trial
