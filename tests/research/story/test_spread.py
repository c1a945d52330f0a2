"""Intervals that the report makes from trials."""

import random

import pytest

from overnight.research.story.heads import HeadTally
from overnight.research.story.spread import Moments, difference, pooled, single_look


def group(rng: random.Random, count: int, sd: float) -> Moments:
    """Trials of a tree whose mean is 0."""
    moments = Moments()
    for _ in range(count):
        moments.add(rng.gauss(0.0, sd))
    return moments


@pytest.mark.parametrize(("start", "head", "sd"), [(8, 8, 1.0), (8, 29, 0.28), (8, 100, 0.28), (8, 30, 3.0), (8, 100, 0.0)])
def test_a_gain_lies_in_its_interval_whatever_a_change_did_to_the_noise(start: int, head: int, sd: float) -> None:
    """In 95 of 100 campaigns, also if the head is much quieter or louder than the start and has more trials."""
    rng, held = random.Random(start + head), 0
    for _ in range(1000):
        before, after = group(rng, start, 1.0), group(rng, head, sd)
        interval = single_look(after.mean - before.mean, *difference(before, after, pooled([before, after])))
        held += interval.low <= 0.0 <= interval.high
    assert 0.92 <= held / 1000 <= 0.995


def test_trials_without_any_spread_have_an_exact_difference() -> None:
    """A deterministic metric, and a single trial of each, show nothing about noise."""
    rng = random.Random(1)
    assert difference(group(rng, 3, 0.0), group(rng, 3, 0.0), (0.0, 4)) == (0.0, 4)
    assert difference(group(rng, 1, 0.0), group(rng, 1, 0.0), (0.0, 0)) == (0.0, 0)


def test_a_quiet_head_has_a_narrow_band() -> None:
    """Its own trials say how sure its mean is; a head with few trials has the spread of all."""
    rng, tally = random.Random(3), HeadTally()
    widths = []
    for number, (count, sd) in enumerate([(20, 1.0), (20, 0.05), (3, 0.05)]):
        tally.enthrone(number=number, commit=f"c{number}", hours=0.0)
        for _ in range(count):
            tally.add(f"t{number}", rng.gauss(0.0, sd))
    for head in tally.heads():
        assert head.band is not None
        widths.append(head.band.high - head.band.low)
    assert widths[1] < widths[0] / 8
    assert widths[2] > widths[0]
