"""Walks an experiment or a campaign through the gate, with trials from a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from overnight.gate.gate import baseline_step, next_step
from overnight.gate.lesson import Lesson
from overnight.gate.memory import GateMemory, after_concluded, after_registered, after_trial
from overnight.gate.seeds import place_of_seed, trial_seed
from overnight.gate.steps import Conclude, Register, RunTrials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Direction, GateSettings, Guard, Metric, Noise, Program

Values = Callable[[TrialKey], float | Trial]  # a value, or a whole trial (whose key is then set)
Numbers = Callable[[TrialKey], float]
FUSE = 1000  # steps after which a walk counts as endless


def program(
    *,
    noise: Noise = Noise.AUTO,
    direction: Direction = Direction.MINIMIZE,
    min_effect: float | None = None,
    holdout: bool = False,
    guards: tuple[Guard, ...] = (),
    max_pairs: int = 60,
    name: str = "loss",
    keep_simpler: bool = False,
) -> Program:
    """A program with the parts that the gate reads."""
    return Program(
        path="program.md",
        metric=Metric(name=name, direction=direction, min_effect=min_effect),
        editable=("x",),
        measure="m",
        holdout="h" if holdout else None,
        guards=guards,
        gate=GateSettings(noise=noise, max_pairs=max_pairs, keep_simpler=keep_simpler),
    )


def crash(reason: str = "exit code 1") -> Trial:
    """A trial without a value, for any key."""
    key = TrialKey(experiment=0, stage=Stage.SCREEN, arm=Arm.CANDIDATE, index=0)
    return Trial(key=key, seed=0, tree="", value=None, fault=Fault.EXIT, reason=reason)


def failing(values: Numbers, stage: Stage, arm: Arm, below: int, reason: str) -> Values:
    """The same target, but trials of one stage and arm fail at the indices below `below`."""

    def value(key: TrialKey) -> float | Trial:
        return crash(reason) if (key.stage, key.arm) == (stage, arm) and key.index < below else values(key)

    return value


@dataclass(slots=True)
class Walk:
    """A campaign in progress: its memory, and what the gate asked for."""

    program: Program
    values: Values
    memory: GateMemory = field(default_factory=GateMemory)
    head: int = 0
    trials: list[Trial] = field(default_factory=list)  # of the open experiment
    level: float | None = None
    margin: float = 0.0
    shrinks: bool = False  # every candidate has less code
    lesson: Lesson = Lesson.ALL  # of every experiment
    asked: list[TrialKey] = field(default_factory=list)

    def baseline(self) -> "Walk":
        """Run trials of the head until the gate has enough."""
        for _ in range(FUSE):
            wanted = baseline_step(self.program, self.memory, self.head)
            if wanted is None:
                return self
            for key in wanted.trials:
                self.run(key)
        raise AssertionError("the baseline never ends")

    def experiment(self, number: int = 1) -> Conclusion:
        """Take one experiment to its verdict."""
        self.trials, self.level, self.margin = [], None, 0.0
        for _ in range(FUSE):
            match next_step(
                self.program, self.memory, number, self.trials, self.level, margin=self.margin, shrinks=self.shrinks
            ):
                case Conclude(conclusion=conclusion):
                    self.memory = after_concluded(self.memory, conclusion, self.trials, self.program.metric, self.lesson)
                    self.head = number if conclusion.verdict is Verdict.KEEP else self.head
                    return conclusion
                case Register(level=level, margin=margin):
                    self.level, self.margin, self.memory = level, margin, after_registered(self.memory)
                case RunTrials(trials=keys):
                    assert keys and len(set(keys)) == len(keys)
                    for key in keys:
                        self.trials.append(self.run(key))
        raise AssertionError("the experiment never ends")

    def run(self, key: TrialKey) -> Trial:
        """One finished trial, added to the memory."""
        assert key not in {trial.key for trial in self.trials}, "a finished trial was asked for again"
        made = self.values(key)
        tree = f"head {self.head}" if key.arm is Arm.BASELINE else f"candidate {key.experiment}"
        trial = made if isinstance(made, Trial) else Trial(key=key, seed=0, tree="", value=made)
        trial = replace(trial, key=key, seed=trial_seed("secret", place_of_seed(key, self.head)), tree=tree)
        self.asked.append(key)
        self.memory = after_trial(self.memory, trial, self.lesson)
        return trial


def stages(keys: Sequence[TrialKey]) -> list[str]:
    """What was asked for, in short: "screen", "confirm" and so on, of the candidate alone."""
    return [key.stage.value for key in keys if key.arm is Arm.CANDIDATE]
