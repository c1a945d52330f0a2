"""What a near miss is, in the brief and in the report."""

import pytest

from overnight.gate.near_miss import is_near_miss
from overnight.gate.noise import NoiseReport
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Noise

NOISE = NoiseReport(
    kind=Noise.GAUSSIAN,
    known=True,
    sigma=1.0,
    paired_sigma=1.0,
    trials=20,
    correlation=0.0,
    drifting=False,
    smallest_effect=1.0,
)


@pytest.mark.parametrize(
    ("gain", "pairs", "trials", "near"),
    [
        (0.34, 0, 1, False),  # ahead by a third of a standard error
        (3.0, 0, 1, False),  # one trial alone
        (0.9, 0, 2, True),
        (0.6, 0, 2, False),
        (0.1, 12, 5, True),
        (-0.1, 12, 5, False),
        (None, 0, 0, False),
    ],
)
def test_chance_is_no_near_miss(gain: float | None, pairs: int, trials: int, near: bool) -> None:
    """Put to a test with a gain, or ahead by more than a standard error of at least two trials."""
    discard = Conclusion(verdict=Verdict.DISCARD, reason="no", gain=gain, pairs=pairs)
    assert is_near_miss(discard, trials, NOISE) is near
    assert not is_near_miss(Conclusion(verdict=Verdict.CRASH, reason="no", gain=gain, pairs=pairs), trials, NOISE)
