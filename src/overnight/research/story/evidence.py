"""The tests of a campaign: what each drew from the error budget, and how it ended."""

import math
from collections.abc import Sequence
from dataclasses import replace

from overnight.gate.error_budget import level_of
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.events import Concluded, Registered
from overnight.research.story.sealed import SealedTally
from overnight.research.story.story import Draw, ErrorBudget, Outcome, SealedAnswer
from overnight.research.story.thinning import Thinned

DRAWS = 1_000  # tests without a keep that a story holds; more are thinned evenly


class EvidenceTally:
    """Counts tests and their levels, and follows each to its end."""

    def __init__(self) -> None:
        self.tests = 0
        self.registered = 0  # experiments that were put to at least one test
        self._moved: set[int] = set()  # open experiments whose first test was given up
        self._spent = 0.0
        self._open: dict[int, Draw] = {}  # by experiment
        self._kept: list[Draw] = []
        self._others: Thinned[Draw] = Thinned(DRAWS)
        self._sealed = SealedTally()

    def register(self, event: Registered, *, allowed: float) -> None:
        """A test drew its level; `allowed` is how many false keeps may be expected at this point."""
        self.tests += 1
        self.registered += event.number not in self._moved
        self._spent += event.level
        self._open[event.number] = Draw(
            number=event.number,
            test=self.tests,
            level=event.level,
            allowed=allowed,
            spent=self._spent,
            log_e=None,
            outcome=Outcome.OPEN,
        )

    def move(self, number: int) -> None:
        """The head moved: a test under way is given up; the experiment may get another."""
        if draw := self._open.pop(number, None):
            self._others.add(replace(draw, outcome=Outcome.MOVED))
            self._moved.add(number)

    def conclude(self, event: Concluded) -> None:
        """An experiment got its verdict."""
        self._sealed.take(event)
        self._moved.discard(event.number)
        if (draw := self._open.pop(event.number, None)) is None:
            return
        conclusion = event.conclusion
        ended = replace(draw, log_e=conclusion.log_e, outcome=_outcome(conclusion))
        if ended.outcome is Outcome.KEPT:
            self._kept.append(ended)
        else:
            self._others.add(ended)

    def budget(self, error_rate: float, kept: Sequence[Conclusion], *, keeps: int, expensive: bool = False) -> ErrorBudget:
        """What was spent, what the next test gets, and which keep is the weakest."""
        proven = [one for one in kept if one.level is not None and one.log_e is not None]
        return ErrorBudget(
            error_rate=error_rate,
            tests=self.tests,
            spent=self._spent,
            next_level=level_of(error_rate, test=self.tests + 1, keeps=keeps, expensive=expensive),
            weakest=min(proven, key=_margin, default=None),
            draws=tuple(sorted((*self._kept, *self._others.items(), *self._open.values()), key=lambda draw: draw.test)),
        )

    def answers(self) -> tuple[SealedAnswer, ...]:
        """The answers of the sealed holdout."""
        return self._sealed.answers()


def _outcome(conclusion: Conclusion) -> Outcome:
    if conclusion.verdict is Verdict.KEEP:
        return Outcome.KEPT
    return Outcome.UNPROVEN if conclusion.holdout_gain is None else Outcome.REFUSED


def _margin(conclusion: Conclusion) -> float:
    return (conclusion.log_e or 0.0) + math.log(conclusion.level or 1.0)
