"""Returned changes as the state folds them: from the verdict to the rework, and when one is given up."""

from dataclasses import replace

import pytest
from builders import concluded, opened, proposed
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.verdict import Verdict
from overnight.research.events import Concluded, Event, Moved, ProposalMissed, Proposed
from overnight.research.returned import MOST, PATIENCE, Returned
from overnight.research.state import begin, fold


def folded(*events: Event) -> tuple[Returned, ...]:
    return fold(begin(opened()), events).returned


def returned(number: int, *, reworks: int = 0, conflicts: tuple[int, ...] = (9,)) -> list[Event]:
    """A change is moved onto a head that it conflicts with, and its verdict returns it."""
    moved = Moved(number=number, onto="b" * 40, commit="c" * 40, tree="d" * 64, replaces=conflicts)
    return [rework(number, reworks), moved, ended(number, returned=True)]


def rework(number: int, of: int) -> Proposed:
    return replace(proposed(number), reworks=of, idea=4)


def ended(number: int, verdict: Verdict = Verdict.DISCARD, *, returned: bool = False) -> Concluded:
    return replace(concluded(number, verdict), returned=returned)


def missed(number: int) -> ProposalMissed:
    return ProposalMissed(role="tuner", reason="it slept", reworks=number)


def test_a_returned_change_is_kept_as_it_was_proposed() -> None:
    """With its author, its idea, and what it conflicts with; not as it was moved."""
    assert folded(*returned(7, conflicts=(3, 5))) == (
        Returned(
            number=7,
            role="tuner",
            hypothesis="idea 7",
            base="a" * 40,
            commit=f"{7:040x}",
            conflicts=(3, 5),
            reason="because",
            idea=4,
        ),
    )


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_on_its_own_merits_returns_nothing(verdict: Verdict) -> None:
    """Whatever it is."""
    assert folded(proposed(1), ended(1, verdict)) == ()


def test_a_change_that_is_being_reworked_is_marked() -> None:
    """With the experiment that does so, so that nobody else begins; other proposals mark nothing."""
    assert [one.reworked for one in folded(*returned(1), *returned(2), rework(3, of=1), proposed(4))] == [3, 0]


@pytest.mark.parametrize("verdict", [Verdict.KEEP, Verdict.DISCARD, Verdict.CRASH])
def test_a_measured_rework_ends_it(verdict: Verdict) -> None:
    """Better or not; the others stay."""
    left = folded(*returned(1), *returned(2), rework(3, of=1), ended(3, verdict))
    assert [one.number for one in left] == [2]


def test_a_rework_that_conflicts_again_takes_its_place() -> None:
    """Its author goes on with the newer one."""
    left = folded(*returned(1), *returned(2, reworks=1, conflicts=(8,)))
    assert [(one.number, one.conflicts, one.misses) for one in left] == [(2, (8,), 0)]


def test_a_rejected_rework_is_a_miss_and_may_be_tried_again() -> None:
    """As a researcher that failed is."""
    for tried in ([rework(2, of=1), ended(2, Verdict.REJECT)], [missed(1)]):
        assert [(one.number, one.reworked, one.misses) for one in folded(*returned(1), *tried)] == [(1, 0, 1)]


def test_after_some_misses_it_is_given_up() -> None:
    """Rejects and failures count alike, and only for the change that was to be reworked."""
    misses: list[Event] = [missed(1), rework(3, of=1), ended(3, Verdict.REJECT), missed(1)]
    assert PATIENCE == 3
    assert [(one.number, one.misses) for one in folded(*returned(1), *returned(2), *misses[:-1])] == [(1, 2), (2, 0)]
    assert [(one.number, one.misses) for one in folded(*returned(1), *returned(2), *misses)] == [(2, 0)]


def test_a_reject_or_a_miss_of_something_else_changes_nothing() -> None:
    """Most proposals rework nothing."""
    before = folded(*returned(1))
    assert folded(*returned(1), proposed(2), ended(2, Verdict.REJECT), missed(0), missed(99)) == before


@given(st.integers(0, 30))
def test_the_newest_are_kept(number: int) -> None:
    """So the state stays small, however many conflict."""
    events = [event for n in range(1, number + 1) for event in returned(n)]
    assert [one.number for one in folded(*events)] == list(range(1, number + 1))[-MOST:]
