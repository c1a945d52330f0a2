"""When the best of a search is put to the proof."""

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from overnight.research.researchers.tuner.banking import LEAST_AHEAD, SLACK, Prospect, worth_a_proof

FOUND = Prospect(gain=1.0, error=0.1, potential=0.5, constants=8, spent=60, left=200.0)
SIZES = st.floats(0, 1e6)


def cost(gain: float) -> float:
    """As of a gate with a noise of 0.3: inversely proportional to the square of the gain."""
    if gain <= 0.0:
        return math.inf
    pairs = max(4.0, math.ceil(0.09 * 10 / gain / gain))
    return math.inf if pairs > 60 else 2 * pairs + 8


PROSPECTS = st.builds(
    Prospect,
    gain=st.floats(-10, 10),
    error=st.one_of(SIZES, st.just(math.inf)),
    potential=SIZES,
    constants=st.integers(1, 64),
    spent=st.integers(0, 10_000),
    left=st.one_of(SIZES, st.just(math.inf)),
)


@given(prospect=PROSPECTS)
def test_what_cannot_be_proven_is_never_put_to_the_proof(prospect: Prospect) -> None:
    """Whatever else speaks for it."""
    assert not worth_a_proof(prospect, lambda _: math.inf)
    if worth_a_proof(prospect, cost):
        assert cost(prospect.gain - prospect.error) < math.inf


@given(prospect=PROSPECTS)
def test_the_last_chance_is_taken(prospect: Prospect) -> None:
    """When no more trials are left than a proof takes, it begins, if there is anything to prove."""
    takes = cost(prospect.gain - prospect.error)
    if takes < math.inf:
        assert worth_a_proof(replace(prospect, left=SLACK * takes), cost)


@given(prospect=PROSPECTS)
def test_with_nothing_left_to_find_what_was_found_is_proven(prospect: Prospect) -> None:
    """If a search can bring nothing, waiting only costs, however many trials the session has."""
    if cost(prospect.gain - prospect.error) < math.inf and cost(prospect.gain - prospect.error) * SLACK < LEAST_AHEAD:
        assert worth_a_proof(replace(prospect, potential=0.0), cost)


def test_more_potential_waits_longer() -> None:
    """A gain that is most of what there is, is proven; the same gain beside much more is not yet."""
    decisions = [
        worth_a_proof(replace(FOUND, potential=potential), cost) for potential in (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
    ]
    assert decisions == sorted(decisions, reverse=True)
    assert decisions[0]
    assert not decisions[-1]


def test_a_search_without_end_plans_no_further_than_it_has_come() -> None:
    """Without a bound on trials the decision is the same as with very many, and a good find is proven in the end."""
    assert worth_a_proof(replace(FOUND, left=math.inf), cost) == worth_a_proof(replace(FOUND, left=1e9), cost)
    potentials = (10.0 * 0.5 ** (spent / 42) for spent in range(0, 1000, 4))
    assert any(worth_a_proof(replace(FOUND, left=math.inf, potential=potential), cost) for potential in potentials)


def test_an_uncertain_gain_waits() -> None:
    """What is not known well enough is measured first: its proof might take far longer."""
    assert worth_a_proof(replace(FOUND, potential=0.01), cost)
    assert not worth_a_proof(replace(FOUND, potential=0.01, error=1.0), cost)


def test_a_search_without_an_end_does_not_wait_for_a_little_for_ever() -> None:
    """Found in a campaign without a budget: 457 search trials, a gain of nine sd, and always 4 % more to be found."""
    found = Prospect(gain=1235.6, error=389.5, potential=44.2, constants=15, spent=457, left=math.inf)

    def large_alone(gain: float) -> float:
        return 30.0 if gain > 200.0 else math.inf

    assert worth_a_proof(found, large_alone)
    assert worth_a_proof(replace(found, left=20_000.0), large_alone)
    assert not worth_a_proof(replace(found, potential=600.0), large_alone)
