"""What the tuner remembers of experiments and search trials."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.verdict import Verdict
from overnight.program.program import Direction, Metric
from overnight.research.experiment import Draft, Edit, Experiment, Scalar
from overnight.research.researchers.tuner.past import BEST, NEWEST, REMEMBERED, Past
from overnight.research.search_trial import SearchTrial
from overnight.testing import ended

LOSS = Metric(name="loss", direction=Direction.MINIMIZE)
LR, WIDTH = "t.py:LR", "t.py:WIDTH"
OWN: dict[str, Scalar] = {LR: 0.1, WIDTH: 32}


def trial(value: float | None, *, base: str = "c0", repeat: int = 0, **changed: Scalar) -> SearchTrial:
    """A search trial that changed these constants of `t.py`."""
    new = {f"t.py:{name}": value for name, value in changed.items()}
    notes = {**OWN, **new, **{f"was {key}": OWN.get(key, 1) for key in new}}
    return SearchTrial(base=base, role="tuner", notes=notes, repeat=repeat, value=value)


def tried(number: int, lr: float, gain: float | None, verdict: Verdict = Verdict.DISCARD, base: str = "c0") -> Experiment:
    """An ended experiment with another learning rate; its value is 2 without its gain."""
    notes: dict[str, Scalar] = {"point": f"p{number}", **OWN, LR: lr, f"was {LR}": 0.1}
    one = ended(number, "tuner", Draft(hypothesis="h", notes=notes), verdict, gain=gain, base=base)
    return replace(one, value=None if gain is None else 2.0 - gain)


def other(number: int, base: str, *lines: str) -> Experiment:
    """A keep of another researcher."""
    kept = ended(number, "agent", Draft(hypothesis="h"), Verdict.KEEP, gain=0.5, base=base)
    return replace(kept, edit=Edit(files=1, added=1, removed=1, lines=lines))


def test_an_experiment_says_two_things() -> None:
    """What it changed was so good, and the head beside it was worse by the gain, with the same luck."""
    past = Past()
    past.learn(tried(1, 0.2, 0.5), own=True)
    new, before = past.observations(LOSS)
    assert (new.values[LR], new.value, before.values[LR], before.value) == (0.2, 1.5, 0.1, 2.0)
    assert new.block == before.block


def test_a_maximised_metric_is_turned_around() -> None:
    """Less is better for the surrogate."""
    past = Past()
    past.recall(trial(3.0, LR=0.2))
    assert past.observations(replace(LOSS, direction=Direction.MAXIMIZE))[0].value == -3.0


def test_rejects_and_open_experiments_say_nothing_of_values() -> None:
    """An unmeasured proposal only counts as tried; a crash is an observation without a value."""
    past = Past()
    past.learn(tried(1, 0.2, None, Verdict.REJECT), own=True)
    past.learn(tried(2, 0.3, None, Verdict.CRASH), own=True)
    past.learn(replace(tried(3, 0.4, 0.5), conclusion=None), own=True)
    assert [(one.values[LR], one.value) for one in past.observations(LOSS)] == [(0.3, None)]
    assert past.points == {"p1", "p2"}


def test_what_others_try_is_not_learned() -> None:
    """Their notes are their own, and their trials have values of other code."""
    past = Past()
    past.learn(replace(tried(1, 0.2, 0.5), researcher="agent"), own=False)
    past.recall(SearchTrial(base="c0", role="other", notes={"offset": 2.0}, repeat=0, value=1.0))
    assert (past.points, past.searched, past.observations(LOSS)) == (set(), 0, [])


def test_the_best_and_the_newest_are_seen() -> None:
    """Memory is bounded however long the campaign, and the best of long ago is not forgotten at once."""
    past = Past()
    past.recall(trial(-9.0, LR=0.05))
    for number in range(REMEMBERED - 1):
        past.recall(trial(None if number % 3 == 0 else 1.0 + number, LR=0.1 + number / 1000))
    seen = past.observations(LOSS)
    assert len(seen) == BEST + NEWEST
    assert seen[0].values[LR] == 0.05
    assert seen[-1].values[LR] == 0.1 + (REMEMBERED - 2) / 1000
    for _ in range(3):
        past.recall(trial(1.0, LR=0.3))
    assert all(one.values[LR] != 0.05 for one in past.observations(LOSS))
    assert past.searched == REMEMBERED + 3


def test_trials_of_one_seed_share_a_block_until_the_code_is_another() -> None:
    """A kept number leaves the code as it is; what another researcher keeps does not, nor does a kept switch."""
    past = Past()
    block = past.block("c0", "search 0")
    past.learn(tried(1, 0.2, 0.5, Verdict.KEEP), own=True)
    assert past.block("commit-1", "search 0") == block != past.block("commit-1", "search 1")
    past.learn(other(2, "commit-1"), own=False)
    assert past.block("commit-2", "search 0") != past.block("commit-1", "search 0") == block
    switch: dict[str, Scalar] = {"t.py:NORM": False, "was t.py:NORM": True}
    kept = ended(3, "tuner", Draft(hypothesis="h", notes=switch), Verdict.KEEP, gain=0.5, base="commit-2")
    past.learn(kept, own=True)
    assert past.block("commit-3", "search 0") not in {block, past.block("commit-2", "search 0")}


def test_repeats_are_those_on_the_same_code() -> None:
    """What was measured with these seeds is known, also if the head of then had other numbers."""
    past = Past()
    past.learn(tried(1, 0.2, 0.5, Verdict.KEEP), own=True)
    past.recall(trial(1.0, LR=0.2, repeat=2))
    past.recall(trial(1.0, LR=0.3, repeat=1))
    assert past.repeats({LR: 0.2}, "commit-1") == {"search 2", "experiment 1"}
    past.learn(other(2, "commit-1"), own=False)
    assert past.repeats({LR: 0.2}, "commit-2") == frozenset()


def test_a_value_that_changes_nothing_is_dead_after_one_trial() -> None:
    """If the head has the same value with the same seed, to the last digit; another seed shows nothing."""
    past = Past()
    past.recall(trial(0.123456789, repeat=0))
    past.recall(trial(0.123456789, repeat=1, LR=0.2))
    assert [*past.dead.dropped] == []
    past.recall(trial(0.123456789, repeat=0, LR=0.2, WIDTH=64))
    assert list(past.dead.dropped) == [LR, WIDTH]
    assert list(past.crashing.dropped) == []


def test_one_that_changes_something_alone_is_not_dead_later() -> None:
    """It saturates: only a part of its range changes nothing."""
    past = Past()
    past.recall(trial(0.123456789))
    past.recall(trial(0.2, LR=0.2))
    past.recall(trial(0.123456789, LR=0.4, WIDTH=64))
    assert list(past.dead.dropped) == [WIDTH]


def test_before_the_head_is_measured_nothing_is_known_to_live() -> None:
    """Trials that run at once may end in any order: one before the head's shows nothing."""
    past = Past()
    past.recall(trial(0.123456789, LR=0.2))
    past.recall(trial(0.123456789))
    past.recall(trial(0.123456789, LR=0.4))
    assert list(past.dead.dropped) == [LR]


def test_a_value_that_always_crashes_is_dropped() -> None:
    """Also if only search trials show it; one that ran before is not to blame."""
    past = Past()
    past.recall(trial(1.0))
    past.recall(trial(2.0, WIDTH=64))
    for lr in (0.2, 0.05, 0.3):
        past.recall(trial(None, LR=lr, WIDTH=16))
    assert past.crashing.dropped == (LR,)


def test_crashes_of_the_head_blame_nobody() -> None:
    """A head whose own trial crashes says nothing of any constant."""
    past = Past()
    for repeat in range(8):
        past.recall(trial(None, repeat=repeat))
    assert past.crashing.dropped == ()
    assert [one.value for one in past.observations(LOSS)] == [None] * 8


@pytest.mark.parametrize("late", [False, True])
def test_another_head_forgets_what_was_dead_or_crashed(late: bool) -> None:
    """A keep of another researcher may read what was not read; trials of before show nothing, whenever they are recalled."""
    past, before = Past(), [trial(0.123456789), trial(0.123456789, WIDTH=64), *(trial(None, LR=x) for x in (0.2, 0.05, 0.3))]
    if late:
        past.learn(other(1, "c0", "t.py:1", "-x", "+y"), own=False)
    for one in before:
        past.recall(one)
    if not late:
        assert (list(past.dead.dropped), past.crashing.dropped) == ([WIDTH], (LR,))
        past.learn(other(1, "c0", "t.py:1", "-x", "+y"), own=False)
    assert (list(past.dead.dropped), past.crashing.dropped) == ([], ())


def test_crashes_elsewhere_are_remembered() -> None:
    """A keep in another file does not make a constant run."""
    past = Past()
    past.learn(other(1, "c0", "b.py:1", "-x", "+y"), own=False)
    for lr in (0.2, 0.05, 0.3):
        past.recall(trial(None, LR=lr))
    assert past.crashing.dropped == (LR,)


@given(order=st.integers(0, 10**6))
def test_recalled_at_once_or_as_they_came_is_the_same(order: int) -> None:
    """After a restart all experiments are learned before all search trials: the same is dead, crashing, seen and tried."""
    rng, lived, events = random.Random(order), Past(), []
    base = "c0"
    for number in range(1, 30):
        event: Experiment | SearchTrial
        match rng.randrange(6):
            case 0:
                path = rng.choice(("t.py:1", "b.py:1"))
                event = other(number, base, *rng.choice(((), (path, "-x", "+y"))))
            case 1:
                event = tried(number, 0.2, 0.5, rng.choice((Verdict.KEEP, Verdict.DISCARD)), base=base)
            case _:
                chosen = rng.sample(("LR", "WIDTH", "DEPTH"), rng.randrange(3))
                value = rng.choice((None, 0.123456789, 0.123456789, 0.25))
                event = trial(value, base=base, repeat=rng.randrange(2), **{name: rng.choice((0, 2)) for name in chosen})
        events.append(event)
        if isinstance(event, Experiment):
            lived.learn(event, own=event.researcher == "tuner")
            base = event.commit if event.conclusion and event.conclusion.verdict is Verdict.KEEP else base
        else:
            lived.recall(event)
    again = Past()
    for one in events:
        if isinstance(one, Experiment):
            again.learn(one, own=one.researcher == "tuner")
    for one in events:
        if isinstance(one, SearchTrial):
            again.recall(one)
    assert again.searched == lived.searched
    assert again.points == lived.points
    assert {repr(one) for one in again.observations(LOSS)} == {repr(one) for one in lived.observations(LOSS)}
    assert {*again.dead.dropped} == {*lived.dead.dropped}
    assert {*again.crashing.dropped} == {*lived.crashing.dropped}
