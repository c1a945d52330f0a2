"""Trials that agree whatever the seed."""

import random

import pytest
from gate_walk import Walk, program

from overnight.gate.memory import GateMemory
from overnight.gate.noise import NoiseModel, noise_model
from overnight.gate.one_draw import is_one_draw
from overnight.program.program import Noise

HEAD = (5.1, 4.6, 5.3, 4.9, 5.2, 4.7)


def known(*values: float, noise: Noise = Noise.GAUSSIAN) -> NoiseModel:
    """The noise if the gate knows the mean of these values and nothing else about their spread."""
    memory = GateMemory(baseline=values, trials=len(values), varied=True)
    return noise_model(program(noise=noise), memory)


@pytest.mark.parametrize(
    ("values", "head"),
    [
        ([4.8] * 6, HEAD),
        ([4.2] * 6, HEAD),
        ([5.25] * 6, HEAD),
        ([4.2 + 1e-6 * place for place in range(6)], HEAD),
        ([0.92] * 6, (0.9, 0.91, 0.9, 0.895, 0.905, 0.91)),
        ([230.0] * 6, (300.0, 281.0, 322.0, 260.0, 331.0, 297.0)),
    ],
    ids=["usual", "the best of many", "worse", "but for the last digits", "a coarse metric", "large whole numbers"],
)
def test_one_draw_for_every_seed_is_found(values: list[float], head: tuple[float, ...]) -> None:
    """The head's luck, drawn once: one value whatever the seed while the head has several, even if some of them tie."""
    assert is_one_draw(values, head, known(*head))


@pytest.mark.parametrize(
    ("values", "head"),
    [
        ([4.8] * 5 + [4.9], HEAD),
        ([4.8 + 0.01 * place for place in range(6)], HEAD),
        ([3.5 + 0.01 * place for place in range(6)], (*HEAD[:5], 1e6)),
        ([3.0] * 6, HEAD),
        ([0.0] * 6, (0.02, 0.015, 0.03, 0.01, 0.025, 0.022)),
        ([1.0] * 6, (0.9995, 0.9996, 0.9993, 0.9994, 0.9997, 0.9992)),
        ([100.0] * 6, (99.5, 99.6, 99.3, 99.4, 99.7, 99.2)),
        ([4.6] * 6, HEAD),
        ([0.92] * 6, (0.9, 0.9, 0.9, 0.9, 0.91, 0.9)),
        ([14.0] * 6, (20.0, 18.0, 22.0, 20.0, 21.0, 17.0)),
        ([4.8] * 4, HEAD[:4]),
        ([5.0] * 6, (5.0,) * 6),
    ],
    ids=[
        "it varies",
        "it varies little",
        "one trial of the head diverged",
        "far away",
        "no loss",
        "a perfect share",
        "a perfect percentage",
        "an optimum that the head reaches at times",
        "so coarse that trials agree by chance",
        "counts",
        "too few",
        "no noise",
    ],
)
def test_other_agreement_is_none(values: list[float], head: tuple[float, ...]) -> None:
    """All trials agree for a good reason, or too few were seen."""
    assert not is_one_draw(values, head, known(*head))


def test_what_is_known_of_the_head_counts() -> None:
    """Five values that happen to lie close together do not make the head's usual luck impossible."""
    close = (5.0, 5.01, 4.99, 5.02, 4.98)
    assert not is_one_draw([4.8] * 5, close, known(*close))
    draw = random.Random(1)
    walk = Walk(program(), lambda _: draw.gauss(5.0, 0.1)).baseline()
    assert is_one_draw([4.8] * 5, close, noise_model(walk.program, walk.memory))


def test_times_are_compared_by_ratio() -> None:
    """The distance of a candidate's one time from the head's is their ratio."""
    head = (1.0, 10.0, 2.0, 5.0, 3.0)
    assert is_one_draw([0.4] * 5, head, known(*head, noise=Noise.TIMING))
    assert not is_one_draw([0.001] * 5, head, known(*head, noise=Noise.TIMING))
