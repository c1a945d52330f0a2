"""Probing changes, and the group tests that find dead values."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.probes import Liveness, find_dead, probe, probing_value
from overnight.research.researchers.tuner.space import build_space
from overnight.research.researchers.tuner.target import Target

SOURCE = b"LR = 0.1\nWIDTH = 32\nNORM = True\nACT = 'relu'\nx = ACT == 'gelu'\nDROPOUT = 0.0\nDEPTH = 1\n"


def search(values: Sequence[str], alive: set[str], most_trials: int = 10**6) -> tuple[Liveness, list[Sequence[str]]]:
    """Run the group tests against a command that reads only the living values."""
    groups: list[Sequence[str]] = []

    async def measure(group: Sequence[str]) -> bool:
        groups.append(group)
        return not alive.intersection(group)

    return asyncio.run(find_dead(values, measure, most_trials=most_trials)), groups


@given(data=st.data())
def test_the_dead_are_found_and_nothing_else(data: st.DataObject) -> None:
    """Whichever values live, all are told apart, in less than two trials a value, none asked twice."""
    values = [f"v{index}" for index in range(data.draw(st.integers(0, 60)))]
    alive = set(data.draw(st.lists(st.sampled_from(values)))) if values else set[str]()
    found, groups = search(values, alive)
    assert found.dead == tuple(value for value in values if value not in alive)
    assert found.alive == tuple(value for value in values if value in alive)
    assert found.unknown == ()
    assert len(groups) == found.trials <= max(1, 2 * len(values) - 1)
    assert len(set(groups)) == len(groups)


@given(data=st.data())
def test_a_bound_on_trials_holds_and_leaves_the_rest_unknown(data: st.DataObject) -> None:
    """However few the trials, what is said is right, and every value is in one of the three kinds."""
    values = [f"v{index}" for index in range(data.draw(st.integers(1, 60)))]
    alive = set(data.draw(st.lists(st.sampled_from(values))))
    most = data.draw(st.integers(0, 20))
    found, groups = search(values, alive, most)
    assert len(groups) <= most
    assert not alive.intersection(found.dead)
    assert alive.issuperset(found.alive)
    assert sorted([*found.dead, *found.alive, *found.unknown]) == sorted(values)


def test_one_trial_shows_that_all_are_dead() -> None:
    """A command that reads none of the files takes one trial; one living value among 64 takes few."""
    values = [f"v{index}" for index in range(64)]
    assert search(values, set())[0].trials == 1
    found, _ = search(values, {"v40"}, most_trials=64)
    assert found.alive == ("v40",)
    assert found.trials <= 13


def test_few_values_are_asked_one_by_one() -> None:
    """If most of them live, halves would take twice as many trials; all are told apart within the bound."""
    values = [f"v{index}" for index in range(15)]
    found, _ = search(values, set(values[1:]), most_trials=16)
    assert (found.dead, found.unknown, found.trials) == (("v0",), (), 16)


def test_a_probing_value_is_clearly_different_and_plausible() -> None:
    """Half of a size, another option, a switch turned, a decay that is off turned on."""
    values: dict[str, Value | None] = {
        d.constant.name: probing_value(d) for d in build_space(scan_python("t.py", SOURCE).constants)
    }
    assert values == {"LR": 0.04, "WIDTH": 16, "NORM": False, "ACT": "gelu", "DROPOUT": 0.15, "DEPTH": 2}


@pytest.mark.parametrize("keys", [(), ("t.py:WIDTH",), ("t.py:WIDTH", "t.py:LR", "t.py:GONE")])
def test_a_probe_changes_the_values_asked_for(keys: tuple[str, ...]) -> None:
    """The edit has the new content of each file in which a value is changed."""
    space = build_space(scan_python("t.py", SOURCE).constants)
    target = Target(contents={"t.py": SOURCE}, digests={"t.py": ""}, space=space, removals=(), skipped=(), left_alone=())
    expected = SOURCE.replace(b"32", b"16") if keys else SOURCE
    expected = expected.replace(b"LR = 0.1", b"LR = 0.04") if len(keys) > 1 else expected
    assert probe(target, keys) == ({"t.py": expected} if keys else {})
