"""Where search trials go, and what becomes of them as one jump."""

import math
from collections.abc import Mapping, Sequence

import pytest

from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.exploring import Explorer, Point
from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.jump import best_jump
from overnight.research.researchers.tuner.observations import Observation
from overnight.research.researchers.tuner.space import Space, build_space

FOUR = b"LR = 0.1\nDECAY = 0.1\nNORM = True\nSPARE = 2.0\n"
LR, DECAY, NORM, SPARE = ("t.py:LR", "t.py:DECAY", "t.py:NORM", "t.py:SPARE")
SMALL = b"NORM = True\nDEPTH = 1\n"  # 2 x 3 choices


def space_of(source: bytes) -> Space:
    """The space of a file."""
    return build_space(scan_python("t.py", source).constants)


def loss(values: Mapping[str, Value]) -> float:
    """Best with a quarter of the rate and without the norm; the decay matters little, the spare one not at all."""
    rate, decay = float(values[LR]), float(values[DECAY])
    return math.log2(rate / 0.025) ** 2 + 0.001 * math.log2(decay / 0.2) ** 2 + (1.0 if values[NORM] else 0.0)


def searched(trials: int, seed: int = 0, sigma: float = 0.0) -> tuple[Explorer, list[Observation]]:
    """An explorer after so many trials without noise, the head's first."""
    space = space_of(FOUR)
    explorer = Explorer(space)
    own = {d.key: d.constant.value for d in space}
    seen = [Observation(values=own, value=loss(own), block="b")]
    for number in range(1, trials):
        explorer.learn(seen, sigma)
        values = explorer.suggest({tuple(one.values.items()) for one in seen}, seed * 1000 + number)
        assert values
        seen.append(Observation(values=values, value=loss(values), block="b"))
    explorer.learn(seen, sigma)
    return explorer, seen


def points(seen: Sequence[Observation]) -> list[Point]:
    """The choices of values in order."""
    return [tuple(one.values.items()) for one in seen]


def test_nothing_is_suggested_twice_and_the_optimum_is_found() -> None:
    """Of 60 trials all differ, and the expected best is close to the true one."""
    explorer, seen = searched(60)
    assert len(set(points(seen))) == 60
    best = explorer.best(1)
    assert abs(math.log2(float(best[LR]) / 0.025)) < 0.4
    assert best[NORM] is False
    assert explorer.potential is not None
    assert 0.0 <= explorer.potential < 1.0


def test_the_same_seeds_give_the_same_search() -> None:
    """And other seeds another one."""
    once, again, other = (points(searched(25, seed)[1]) for seed in (1, 1, 2))
    assert once == again != other


@pytest.mark.parametrize("value", [1.0, None])
def test_a_finite_space_is_exhausted(value: float | None) -> None:
    """Every choice is suggested once, whether all values are equal or all crash; then there is none."""
    explorer, seen = Explorer(space_of(SMALL)), set[Point]()
    own: Point = tuple((d.key, d.constant.value) for d in explorer.space)
    observations = [Observation(values=dict(own), value=value, block="b")]
    for seed in range(60):
        explorer.learn(observations, 0.1)
        values = explorer.suggest(seen | {own}, seed)
        if values:
            assert tuple(values.items()) not in seen
            seen.add(tuple(values.items()))
            observations.append(Observation(values=values, value=value, block="b"))
    assert len(seen) == 2 * 3 - 1


def test_before_any_trial_the_head_is_best_and_nothing_is_known() -> None:
    """Gains have no bound, and there is no jump."""
    explorer = Explorer(space_of(FOUR))
    explorer.learn([Observation(values={}, value=None, block="b")], 0.1)
    assert explorer.best(0) == {d.key: d.constant.value for d in explorer.space}
    gains, errors = explorer.gains([{LR: 0.2}])
    assert (gains[0], errors[0], explorer.potential) == (0.0, math.inf, None)
    assert best_jump(explorer, 0) is None


def test_a_jump_leaves_out_what_adds_nothing() -> None:
    """The constants that matter are changed, largest share first; the others keep their values."""
    explorer, _ = searched(80, sigma=0.1)
    jump = best_jump(explorer, 0)
    assert jump
    assert list(jump.values) == [LR, NORM]
    assert jump.shares.keys() == jump.values.keys()
    assert list(jump.shares.values()) == sorted(jump.shares.values(), reverse=True)
    assert jump.shares[LR] == pytest.approx(0.8, abs=0.15)
    assert jump.shares[NORM] == pytest.approx(0.2, abs=0.15)
    assert jump.gain == pytest.approx(5.0, rel=0.15)
    assert jump.error < 1.0


def test_no_jump_leads_away_from_the_best() -> None:
    """If everything else is worse, the head stays."""
    explorer = Explorer(space_of(b"LR = 0.1\n"))
    rates = [0.1, 0.05, 0.2, 0.08, 0.12, 0.01, 0.9, 0.1 * 1.05, 0.1 / 1.05]
    seen = [Observation(values={LR: rate}, value=10 * abs(math.log2(rate / 0.1)), block="b") for rate in rates]
    explorer.learn(seen, 0.0)
    jump = best_jump(explorer, 0)
    assert jump is None or jump.gain < 0.2


def test_gains_are_in_the_metrics_units_however_far_the_best_is_from_the_head() -> None:
    """Most trials of a long search are close to the best; the gain over the head is still the true one."""
    explorer, _ = searched(80)
    assert explorer.gains([{LR: 0.025, NORM: False}])[0][0] == pytest.approx(5.0, rel=0.05)
