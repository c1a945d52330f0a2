"""The Gaussian process: its gradient, what it predicts, and that no data break it."""

import math
import os
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.observations import Observation, scaled
from overnight.research.researchers.tuner.space import build_space
from overnight.research.researchers.tuner.surrogate import Data, Surrogate

Array = npt.NDArray[np.float64]
SPACE = build_space(scan_python("t.py", b"LR = 0.1\nWIDTH = 33\nNORM = True\n").constants)
LR = "t.py:LR"


def data(places: Array, values: Array, blocks: Array | None = None) -> Data:
    """Single trials, all of one block if nothing else is said."""
    n = len(values)
    return Data(places=places, values=values, shares=np.ones(n), blocks=np.zeros(n) if blocks is None else blocks)


def fitted(measured: Data, noise: float = 0.05, options: tuple[bool, ...] = ()) -> Surrogate:
    """A surrogate that learned these data."""
    surrogate = Surrogate(np.array(options or (False,) * measured.places.shape[1]))
    surrogate.fit(measured, noise)
    surrogate.learn(measured)
    return surrogate


def test_the_gradient_is_that_of_the_loss() -> None:
    """Finite differences agree in every parameter, with options, blocks and means of several trials."""
    random = np.random.default_rng(1)
    places = np.column_stack([random.random((20, 2)), random.integers(0, 3, 20)])
    measured = Data(
        places=places,
        values=random.standard_normal(20),
        shares=random.choice([1.0, 0.25], 20),
        blocks=random.integers(0, 3, 20).astype(float),
    )
    surrogate = Surrogate(np.array([False, False, True]))
    distances = surrogate._distances(places, places)
    same = np.equal.outer(measured.blocks, measured.blocks).astype(float)
    at = random.uniform(-1.5, 0.5, 6)
    _, gradient = surrogate._loss(at, distances, same, measured, math.log(0.1))
    for i, step in enumerate(np.eye(6) * 1e-5):
        high, low = (surrogate._loss(at + sign * step, distances, same, measured, math.log(0.1))[0] for sign in (1, -1))
        assert gradient[i] == pytest.approx((high - low) / 2e-5, rel=1e-4, abs=1e-5)


def test_a_smooth_function_is_predicted() -> None:
    """With little noise, errors at new places are small beside the differences of the values, and it is sure of them."""
    random = np.random.default_rng(2)
    places, new = random.random((60, 3)), random.random((40, 3))

    def value(at: Array) -> Array:
        return np.asarray((at[:, 0] - 0.3) ** 2 + 0.5 * np.sin(3 * at[:, 1]), dtype=np.float64)

    surrogate = fitted(data(places, value(places) + 0.01 * random.standard_normal(60)))
    means, covariance = surrogate.joint(new)
    errors = means - value(new)
    assert np.sqrt(np.mean(errors**2)) < 0.2 * value(new).std()
    assert np.allclose(means, surrogate.means(new))
    assert np.mean(np.abs(errors) < 3 * np.sqrt(np.diag(covariance))) > 0.9


def test_the_luck_of_a_seed_does_not_hide_an_effect() -> None:
    """Two seeds whose values differ by much more than the effect: the better place is found all the same."""
    random = np.random.default_rng(3)
    places, blocks = random.random((40, 2)), np.tile([0.0, 1.0], 20)
    values = (places[:, 0] - 0.7) ** 2 + 5.0 * blocks + 0.01 * random.standard_normal(40)
    surrogate = fitted(data(places, values, blocks))
    line = np.column_stack([np.linspace(0, 1, 101), np.full(101, 0.5)])
    assert line[np.argmin(surrogate.means(line)), 0] == pytest.approx(0.7, abs=0.06)


def test_options_are_equally_far_apart() -> None:
    """The middle one of three may be best, and its neighbours say nothing of it by their order."""
    places = np.array([[float(i % 3)] for i in range(30)])
    surrogate = fitted(data(places, np.array([(1.0, 0.0, 1.1)[i % 3] for i in range(30)])), options=(True,))
    assert surrogate.means(np.array([[0.0], [1.0], [2.0]])) == pytest.approx([1.0, 0.0, 1.1], abs=0.1)
    assert (surrogate._distances(places, places)[0] > 0).sum() == 30 * 20
    assert len(np.unique(surrogate._distances(places, places))) == 2


@given(
    values=st.lists(st.sampled_from((0.0, 1.0, 1e-9, 50.0, -50.0)), min_size=1, max_size=30),
    noise=st.sampled_from((0.0, 1e-12, 0.3, 100.0)),
    same=st.booleans(),
)
def test_no_data_break_it(values: list[float], noise: float, same: bool) -> None:
    """Duplicates, constant values and values far apart leave finite means and variances."""
    places = np.array([[0.5, 0.5] if same else [0.1 * (i % 3), 0.2 * (i % 5)] for i in range(len(values))])
    means, covariance = fitted(data(places, np.array(values)), noise).joint(np.vstack([places, [[0.9, -3.0]]]))
    assert np.isfinite(means).all()
    assert np.isfinite(covariance).all()
    assert np.diag(covariance).min() > -1e-3 * max(1.0, np.diag(covariance).max())


NUMBERS = st.one_of(
    st.sampled_from((0.0, 1e300, -1e300, 1.7e308, -1.7e308, 1e-300, 5e-324, 1.0, math.inf, -math.inf, math.nan, 10.0**18)),
    st.floats(-2, 2),
    st.none(),
)


@given(values=st.lists(NUMBERS, max_size=20), sigma=st.sampled_from((0.0, 0.1, 1e300, 1e-300, math.inf, math.nan)))
def test_any_values_of_a_metric_are_scaled(values: list[float | None], sigma: float) -> None:
    """Whatever trials report, the surrogate gets moderate numbers, or nothing if none is finite."""
    observations = [Observation(values={LR: 0.1 * 1.1**i}, value=value, block="b") for i, value in enumerate(values)]
    found = scaled(SPACE, observations, sigma)
    assert (found is None) == (not any(value is not None and math.isfinite(value) for value in values))
    if found:
        assert np.abs(found.data.values).max() < 2000
        assert 0.0 < found.span < math.inf
        assert np.isfinite(fitted(found.data, 0.1, (False, False, True)).means(found.data.places)).all()


def test_order_is_kept_and_crashes_are_worst() -> None:
    """Good values are on a linear scale; bad ones, however bad, come before a crash."""
    values = [*(i / 10 for i in range(10)), 5.0, 1e6, None]
    observations = [Observation(values={LR: 0.1}, value=value, block="b") for value in values]
    found = scaled(SPACE, observations, 0.0)
    assert found
    assert list(found.data.values) == sorted(found.data.values)
    good = np.diff(found.data.values[:7])
    assert good == pytest.approx(good[0])
    assert found.data.values[-1] - found.data.values[-2] == pytest.approx(0.1)
    assert found.data.values[-1] < 20


@pytest.mark.parametrize("before", [{}, {"OMP_NUM_THREADS": "7"}])
def test_numpy_computes_in_one_thread_and_leaves_no_trace(before: dict[str, str]) -> None:
    """Its libraries see one thread as they load; afterwards the environment is as it was."""
    code = (
        "import os; was = dict(os.environ)\n"
        "from overnight.research.researchers.tuner.arithmetic import load_numpy\n"
        "load_numpy()\n"
        "import numpy as np; np.ones((700, 700)) @ np.ones((700, 700))\n"
        "print(os.environ == was, len(os.listdir('/proc/self/task')))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean | before)
    assert done.stdout == "True 1\n"
