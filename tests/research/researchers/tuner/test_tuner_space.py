"""Ranges and scales."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.names import is_untouched
from overnight.research.researchers.tuner.space import AxisScale, Dimension, build_space


def dimensions(source: str) -> dict[str, Dimension]:
    """The space of a source text by name."""
    return {d.constant.name: d for d in build_space(scan_python("t.py", source.encode()).constants)}


@pytest.mark.parametrize(
    ("source", "scale", "low", "high"),
    [
        ("LEARNING_RATE = 0.016", AxisScale.LOG, 0.001, 0.26),
        ("weight_decay = 0.03", AxisScale.LOG, 0.001, 0.9),
        ("INIT_STD = 0.02", AxisScale.LOG, 0.00067, 0.6),
        ("BETA2 = 0.99", AxisScale.LOG_REST, 0.999, 0.9),
        ("momentum = 0.5", AxisScale.LOG_REST, 0.95, 0.29),
        ("DECAY = 0.999", AxisScale.LOG_REST, 0.9999, 0.99),
        ("WEIGHT_DECAY = 0.0", AxisScale.LOG, 0.0, 1.0),
        ("DROPOUT = 0.1", AxisScale.LINEAR, 0.0, 0.6),
        ("MLP_RATIO = 0.5", AxisScale.LINEAR, 0.0, 1.0),
        ("FINAL_LR = 1e-5", AxisScale.LOG, 6.2e-7, 1.6e-4),
        ("BATCH = 32", AxisScale.LOG, 4, 128),
        ("DEPTH = 3", AxisScale.LOG, 1, 9),
        ("LAYERS = 1", AxisScale.LOG, 1, 3),
        ("CLIP = 1", AxisScale.LOG, 0.1, 10.0),
        ("OTHER = 5.0", AxisScale.LOG, 1.2, 20.0),
        ("BIAS = -2.0", AxisScale.LINEAR, -4.0, 0.0),
        ("NORM = True", AxisScale.OPTIONS, False, True),
    ],
)
def test_range_follows_name_and_value(source: str, scale: AxisScale, low: float, high: float) -> None:
    """The kind of a constant decides its scale and how far it moves."""
    (dimension,) = dimensions(source).values()
    assert dimension.scale is scale
    assert dimension.at(dimension.low) == pytest.approx(low)
    assert dimension.at(dimension.high) == pytest.approx(high)


@pytest.mark.parametrize("source", ["COUNT = 0", "START = 0.0", "WORKERS_LEFT = -1", "LR = 0.0"])
def test_zero_and_minus_one_have_no_range(source: str) -> None:
    """A zero that names no decay or dropout, and a negative integer, are not amounts."""
    assert dimensions(source) == {}


def test_learning_rate_comes_first() -> None:
    """The space is in the order in which constants are worth trying."""
    source = "EPS = 1e-8\nDIM = 64\nDROPOUT = 0.1\nBETA1 = 0.9\nINIT_STD = 0.1\nLR = 0.1\n"
    assert list(dimensions(source)) == ["LR", "INIT_STD", "BETA1", "DROPOUT", "DIM", "EPS"]


@given(
    name=st.sampled_from(["LR", "BETA1", "DROPOUT", "WEIGHT_DECAY", "WIDTH", "EPS", "SCALE", "WARMUP", "OTHER"]),
    number=st.one_of(st.integers(1, 10**6), st.floats(1e-9, 1e6), st.floats(0.001, 0.999)),
    by=st.floats(-10, 10),
)
def test_moves_stay_in_range_and_kind(name: str, number: float, by: float) -> None:
    """For any constant and step, a new value differs, is in range, and is whole if it must be."""
    for dimension in dimensions(f"{name} = {number!r}\n").values():
        value = dimension.moved(by)
        if value is not None:
            assert value != number
            assert dimension.low - 1e-9 <= dimension.position(value) <= dimension.high + 1e-9
            assert isinstance(value, int) == dimension.whole
            assert math.isfinite(float(value))
            if dimension.octaves:
                assert math.log2(float(value)).is_integer()


def test_a_step_of_a_small_integer_is_at_least_one() -> None:
    """A step too small to change an integer changes it by one."""
    depth = dimensions("DEPTH = 3\n")["DEPTH"]
    assert (depth.moved(0.01), depth.moved(-0.01)) == (4, 2)


@pytest.mark.parametrize(
    "name",
    ["SEED", "random_seed", "rngState", "EVAL_STEPS", "val_batch", "DATA_PATH", "TIMEOUT", "device", "VERSION", "MAX_STEPS",
     "num_iters", "epochs", "eval.batch", "BUDGET", "train.max.keepdims", "np.mean.axis"],
)  # fmt: skip
def test_untouched_names(name: str) -> None:
    """The tuner leaves seeds, evaluation, places, budgets, shapes and the length of the run alone."""
    assert is_untouched(name)


@pytest.mark.parametrize(
    "name", ["LEARNING_RATE", "WARMUP_STEPS", "LOGIT_SCALE", "valueDecay", "DIRECTION", "step_size", "KERNEL"]
)
def test_names_are_judged_by_whole_words(name: str) -> None:
    """A name that only contains such a word is tuned."""
    assert not is_untouched(name)
