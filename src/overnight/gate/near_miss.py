"""What a near miss is: a discard that looked better by more than chance explains."""

import math

from overnight.gate.noise import NoiseReport
from overnight.gate.verdict import Conclusion, Verdict


def is_near_miss(conclusion: Conclusion | None, trials: int, noise: NoiseReport) -> bool:
    """Whether chance would rarely show the gain of a discard, or it is only too small for the program's minimum.

    It was put to a test, or its `trials` in screening lead by a standard error of their mean; a single trial says too little.
    """
    if conclusion is None or conclusion.verdict is not Verdict.DISCARD or (conclusion.gain or 0.0) <= 0.0:
        return False
    if conclusion.pairs > 0 or noise.deterministic:
        return True
    error = noise.paired_sigma if noise.paired else noise.sigma
    return trials > 1 and (conclusion.gain or 0.0) > error / math.sqrt(trials)
