"""How far public and sealed data err by themselves, from the changes that one proved and the other did not confirm.

A small set of data has an error of its own about each change, which no fresh seed cures. Then changes are proven in public
whose gain is that error, and some of them pass the holdout by its error. How many is estimated from those that did not pass:
had the holdout no error, it would have answered near zero, so what lies further below is its error. This decides nothing; it
says what a claim is about.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from overnight.gate.stats import mean, sum_of_squares

MISSED = 0.06  # share of real gains that a holdout without an error does not confirm, at most
_UNUSUAL = 2.33  # standard errors above that, as in 1 of 100 campaigns
_FEWEST = 3  # refused changes that say something
_PASSES = 1.3  # standard errors that the answer needs at least to pass, where half the expected gain is less
_SMALL = 0.1  # an error, in sd of a pair, that does not matter: half a standard error of a test of 25 pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Sums over what the sealed holdout answered of proven changes; gains in sd of a pair of the change's own test."""

    asked: int = 0
    refused: int = 0
    below: int = 0  # of the refused: those that lost
    squares: float = 0.0  # of what these lost, less what noise explains
    thresholds: float = 0.0  # of the refused: half the gain that was expected
    noise: float = 0.0  # of the refused: variance of the answer

    def add(self, confirmed: Sequence[float], hidden: Sequence[float], *, kept: bool) -> "Answers":
        """These with a further answer; `confirmed` and `hidden` are the gains of its pairs, better if positive."""
        freedom = len(confirmed) - 1
        sd = math.sqrt(sum_of_squares(confirmed) / freedom) if freedom > 0 else 0.0
        if not hidden or not (0.0 < sd < math.inf):
            return self
        if kept:
            return replace(self, asked=self.asked + 1)
        public, answer = mean(confirmed) / sd, mean(hidden) / sd
        noise = 1.0 / len(hidden)
        return replace(
            self,
            asked=self.asked + 1,
            refused=self.refused + 1,
            below=self.below + (answer < 0.0),
            squares=self.squares + (answer * answer - noise if answer < 0.0 else 0.0),
            thresholds=self.thresholds + max(public - len(confirmed) ** -0.5, public / 2.0) / 2.0,
            noise=self.noise + noise,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitError:
    """What the answers say of the data."""

    false: float  # kept changes that are expected to be better on these data alone
    larger: float  # how many times as large the holdout would have to be for its error not to matter; 1: it is large enough


def split_error(answers: Answers) -> SplitError | None:
    """What is known; None: no more was refused than noise explains."""
    expected = MISSED * answers.asked
    if answers.refused < _FEWEST or answers.refused <= expected + _UNUSUAL * math.sqrt(expected * (1.0 - MISSED)) + 0.5:
        return None
    variance = max(0.0, answers.squares / max(_FEWEST, answers.below))
    noise = answers.noise / answers.refused
    threshold = max(answers.thresholds / answers.refused, _PASSES * math.sqrt(noise))
    passes = 0.5 * math.erfc(threshold / math.sqrt(2.0 * (variance + noise)))
    return SplitError(false=answers.refused * passes / (1.0 - passes), larger=max(1.0, variance / _SMALL**2))
