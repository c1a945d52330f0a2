"""A Gaussian process over the constants: what the metric would be at values that nobody measured, and how sure that is.

Matern 5/2 with a length for each constant, noise, and an effect that all trials of one block share: those of one seed, on one
version of the code. Its parameters are the most probable ones given priors, found by Rprop on exact gradients. Source:
Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 5; lengths grow with the root of the
number of constants (Hvarfner, Hellsten and Nardi, 2024).
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from overnight.research.researchers.tuner.arithmetic import Array

_ROOT5 = math.sqrt(5.0)
_JITTER = 1e-6
_APART = 0.5  # squared distance of two options: as far as half of a range, and a bit
_TYPICAL_LENGTH = 0.5  # of a range, with four constants
_FIRST_STEPS, _STEPS = 50, 25  # of Rprop
_LEAST_NOISE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What was measured: n trials of d constants, oriented so that less is better."""

    places: "Array"  # (n, d): 0 to 1 over the range of a constant; the index of an option
    values: "Array"  # (n,)
    shares: "Array"  # (n,): of the variance of one trial that each value has, 1 for one trial, less for a mean
    blocks: "Array"  # (n,): the number of each trial's block


class Surrogate:
    """The process; fitted to data, then asked."""

    def __init__(self, options: "npt.NDArray[np.bool_]") -> None:
        """`options`: for each constant, whether its places are indices of options."""
        import numpy as np

        self._options = options
        self.constants = len(options)
        self._length = math.log(_TYPICAL_LENGTH) + 0.5 * math.log(max(self.constants, 1) / 4)
        lengths = np.full(self.constants, self._length)
        # Logarithms of the lengths, of the sd over the range, of the noise's sd, and of the sd of a block's effect.
        self._parameters: Array = np.concatenate([lengths, [0.0, math.log(0.3), math.log(0.1)]])
        self._fitted = False

    def fit(self, data: Data, noise: float) -> None:
        """Find the most probable parameters, from the last ones; `noise` is what the sd of a trial is thought to be."""
        import numpy as np

        distances = self._distances(data.places, data.places)
        same = np.equal.outer(data.blocks, data.blocks).astype(float)
        parameters, hint = self._parameters.copy(), math.log(max(noise, _LEAST_NOISE))
        steps, before = np.full_like(parameters, 0.15), np.zeros_like(parameters)
        best = math.inf, parameters
        for _ in range(_STEPS if self._fitted else _FIRST_STEPS):
            loss, gradient = self._loss(parameters, distances, same, data, hint)
            if loss < best[0]:
                best = loss, parameters.copy()
            agree = np.sign(gradient) * np.sign(before)
            steps = np.clip(np.where(agree > 0, 1.3 * steps, np.where(agree < 0, 0.5 * steps, steps)), 1e-3, 0.6)
            before = np.where(agree < 0, 0.0, gradient)
            parameters = np.clip(parameters - np.sign(before) * steps, -5.0, 3.0)
        self._parameters, self._fitted = best[1], True

    def learn(self, data: Data) -> None:
        """Take in the data with the parameters as they are."""
        import numpy as np

        same = np.equal.outer(data.blocks, data.blocks).astype(float)
        prior = self._prior(self._distances(data.places, data.places), self._parameters)[0]
        self._inverse = self._inverted(prior, same, data.shares, self._parameters)[0]
        ones = self._inverse.sum(1)
        self._mean = float(ones @ data.values / ones.sum())
        self._places, self._weights = data.places, self._inverse @ (data.values - self._mean)

    def means(self, places: "Array") -> "Array":
        """The expected values at (m, d) places, on average over blocks."""
        return self._mean + self._prior(self._distances(places, self._places), self._parameters)[0] @ self._weights

    def joint(self, places: "Array") -> "tuple[Array, Array]":
        """The expected values at (m, d) places and their (m, m) covariance, without noise."""
        across = self._prior(self._distances(places, self._places), self._parameters)[0]
        within = self._prior(self._distances(places, places), self._parameters)[0]
        return self._mean + across @ self._weights, within - across @ self._inverse @ across.T

    def _distances(self, some: "Array", others: "Array") -> "Array":
        """Squared, for each constant: (d, n, m)."""
        import numpy as np

        apart = some.T[:, :, None] - others.T[:, None, :]
        apart *= apart
        if self._options.any():
            apart[self._options] = np.where(apart[self._options] > 0.0, _APART, 0.0)
        return apart

    def _prior(self, distances: "Array", parameters: "Array") -> "tuple[Array, Array]":
        """The covariance of the noiseless metric, and its derivative by half of the scaled squared distance, negated."""
        import numpy as np

        scaled = np.exp(-2.0 * parameters[: self.constants])
        far = np.sqrt(np.maximum(np.tensordot(scaled, distances, 1), 1e-20))
        falling = math.exp(2.0 * parameters[self.constants]) * np.exp(-_ROOT5 * far)
        return falling * (1.0 + _ROOT5 * far + 5.0 / 3.0 * far * far), 5.0 / 3.0 * falling * (1.0 + _ROOT5 * far)

    def _inverted(self, prior: "Array", same: "Array", shares: "Array", parameters: "Array") -> "tuple[Array, float]":
        """The inverse of the covariance of the data, and half of the logarithm of its determinant."""
        import numpy as np

        full = prior + math.exp(2.0 * parameters[-1]) * same
        full[np.diag_indices_from(full)] += math.exp(2.0 * parameters[-2]) * shares + _JITTER
        lower = np.linalg.cholesky(full)
        inverse = np.linalg.inv(lower)
        return inverse.T @ inverse, float(np.log(np.diag(lower)).sum())

    def _loss(self, parameters: "Array", distances: "Array", same: "Array", data: Data, hint: float) -> "tuple[float, Array]":
        """The negative logarithm of the posterior of the parameters, and its gradient."""
        import numpy as np

        d = self.constants
        prior, slope = self._prior(distances, parameters)
        inverse, half = self._inverted(prior, same, data.shares, parameters)
        ones = inverse.sum(1)
        rest = data.values - ones @ data.values / ones.sum()
        weights = inverse @ rest
        pull = inverse - np.outer(weights, weights)
        gradient = np.zeros_like(parameters)
        gradient[:d] = 0.5 * np.tensordot(distances, pull * slope, 2) * np.exp(-2.0 * parameters[:d])
        gradient[d] = float((pull * prior).sum())
        gradient[-2] = float((np.diag(pull) * data.shares).sum()) * math.exp(2.0 * parameters[-2])
        gradient[-1] = float((pull * same).sum()) * math.exp(2.0 * parameters[-1])
        centres = np.concatenate([np.full(d, self._length), [0.0, hint, hint - 1.0]])
        widths = np.concatenate([np.ones(d), [1.0, 0.5, 1.0]])
        off = (parameters - centres) / widths
        return half + 0.5 * float(rest @ weights) + 0.5 * float(off @ off), gradient + off / widths
