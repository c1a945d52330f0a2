"""The real gate over simulated trials, one after another, until the budget is spent."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from overnight.gate.forecast import proof_trials
from overnight.gate.gate import baseline_step, next_step
from overnight.gate.memory import GateMemory, after_concluded, after_registered, after_trial
from overnight.gate.noise import noise_model
from overnight.gate.seeds import candidate_first, place_of_seed, trial_seed
from overnight.gate.steps import Conclude, Register, RunTrials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion
from overnight.program.program import Noise, Program
from tuning.objective import PATH, Objective
from tuning.search import SimulatedSearch

FAILED = "exit code 1"


class Spent(Exception):  # noqa: N818  # a normal outcome
    """The trials are used up; what was under way does not count."""


@dataclass(slots=True, kw_only=True)
class Laboratory:
    """Runs the trials of one campaign; `trials` is its budget, of all stages together."""

    objective: Objective
    trials: int
    secret: str
    head: str  # source
    head_number: int = 0  # experiment that made it
    memory: GateMemory = field(default_factory=GateMemory)
    used: Counter[Stage] = field(default_factory=Counter)
    cpu_s: float = 0.0  # of its trials

    @property
    def program(self) -> Program:
        """Of the campaign."""
        return self.objective.program

    @property
    def left(self) -> int:
        """Trials that are not used yet."""
        return self.trials - self.used.total()

    def baseline(self) -> None:
        """Measure the head until the gate knows enough about it.

        Raises:
            Spent: the budget is.
        """
        while wanted := baseline_step(self.program, self.memory, self.head_number):
            for key in wanted.trials:
                self._trial(key, self.head)

    def search(self, base: str, role: str) -> SimulatedSearch:
        """The search of one assignment."""
        noise = noise_model(self.program, self.memory)
        exact = noise.kind is Noise.DETERMINISTIC
        return SimulatedSearch(
            base=base,
            role=role,
            cost=partial(proof_trials, self.program, self.memory),
            sigma=noise.sigma,
            exact=exact,
            head_values=self.memory.baseline,
            left=lambda: self.left,
            run=self._search_trial,
        )

    def judge(self, number: int, source: str, *, screened: bool) -> tuple[Conclusion, list[Trial]]:
        """Take a proposal to its verdict.

        Raises:
            Spent: the budget is, and the proposal has none.
        """
        trials, level, margin = list[Trial](), None, 0.0
        while True:
            step = next_step(self.program, self.memory, number, trials, level, margin=margin, screened=screened)
            match step:
                case Register():
                    self.memory, level, margin = after_registered(self.memory), step.level, step.margin
                case Conclude(conclusion=conclusion):
                    self.memory = after_concluded(self.memory, conclusion, trials, self.program.metric)
                    return conclusion, trials
                case RunTrials(trials=keys):
                    for key in sorted(keys, key=self._place):
                        trials.append(self._trial(key, self.head if key.arm is Arm.BASELINE else source))

    def _place(self, key: TrialKey) -> tuple[int, bool]:
        """Where a trial comes among others: the arms of a pair run in random order."""
        return key.index, (key.arm is Arm.CANDIDATE) is not candidate_first(self.secret, key)

    def _search_trial(self, files: Mapping[str, bytes], repeat: int) -> float | None:
        key = TrialKey(experiment=0, stage=Stage.SEARCH, arm=Arm.CANDIDATE, index=self.used[Stage.SEARCH])
        return self._value(key, self._seed(key, repeat), files[PATH].decode() if files else self.head)

    def _trial(self, key: TrialKey, source: str) -> Trial:
        seed = self._seed(key)
        value = self._value(key, seed, source)
        fault, reason = (Fault.EXIT, FAILED) if value is None else (None, "")
        trial = Trial(key=key, seed=seed, tree=source, value=value, fault=fault, reason=reason)
        self.memory = after_trial(self.memory, trial)
        return trial

    def _seed(self, key: TrialKey, repeat: int = 0) -> int:
        return trial_seed(self.secret, place_of_seed(key, self.head_number, repeat=repeat))

    def _value(self, key: TrialKey, seed: int, source: str) -> float | None:
        if self.left < 1:
            raise Spent
        self.used[key.stage] += 1
        began = time.process_time()
        value = self.objective.trial(source, seed)
        self.cpu_s += time.process_time() - began
        return value
