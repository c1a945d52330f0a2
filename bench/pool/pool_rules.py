"""The rules under comparison: a hub's gate, and what a pool does that believes one run."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from pool_gate import PoolGate, hub_program
from pool_worlds import Laboratory

from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict

CLAIM = 2.0  # sd by which one trial has to beat the head
HEAD = 8  # trials of the head before


class Rule(Protocol):
    """What decides."""

    @property
    def trials(self) -> int:
        """So far."""
        ...

    def judge(self, number: int, *, keep: Callable[[], None]) -> bool:
        """Whether the submission is accepted."""
        ...


@dataclass(slots=True, kw_only=True)
class Overnight:
    """The gate of a hub, with bounds, holdout and error budget."""

    gate: PoolGate

    @property
    def trials(self) -> int:
        """So far."""
        return self.gate.trials

    def judge(self, number: int, *, keep: Callable[[], None]) -> bool:
        return self.gate.judge(number, keep=keep).verdict is Verdict.KEEP


@dataclass(slots=True, kw_only=True)
class OneRun:
    """One trial that beats the mean of eight of the head by two sd."""

    laboratory: Laboratory
    trials: int = 0
    head: float | None = None

    def judge(self, number: int, *, keep: Callable[[], None]) -> bool:
        if self.head is None:
            self.head = fmean(self.laboratory.value(Stage.BASELINE, Arm.BASELINE, -HEAD * number - at) for at in range(HEAD))
            self.trials += HEAD
        self.trials += 1
        if self.laboratory.value(Stage.SCREEN, Arm.CANDIDATE, number) > self.head - CLAIM:
            return False
        keep()
        self.head = None
        return True


def overnight(laboratory: Laboratory, seed: int) -> Rule:
    return Overnight(gate=PoolGate(program=hub_program(), measured=laboratory, secret=f"{seed}"))


def one_run(laboratory: Laboratory, _seed: int) -> Rule:
    return OneRun(laboratory=laboratory)


RULES: dict[str, Callable[[Laboratory, int], Rule]] = {"overnight": overnight, "one run": one_run}
