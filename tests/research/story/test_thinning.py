"""A bounded sample of a stream."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from overnight.research.story.thinning import Thinned


@given(st.integers(2, 50), st.integers(0, 500))
def test_sample_is_bounded_even_and_keeps_the_first(limit: int, count: int) -> None:
    """Never more than the limit, at most about half fewer, evenly spaced, from the first on."""
    sample: Thinned[int] = Thinned(limit)
    for number in range(count):
        sample.add(number)
    items = sample.items()
    assert sample.seen == count
    assert min(count, limit // 2) <= len(items) <= limit
    assert items[:1] == ((0,) if count else ())
    assert len({after - before for before, after in pairwise(items)}) <= 1


@given(st.integers(2, 50))
def test_all_are_kept_while_they_fit(limit: int) -> None:
    """Nothing is lost below the limit."""
    sample: Thinned[int] = Thinned(limit)
    for number in range(limit):
        sample.add(number)
    assert sample.items() == tuple(range(limit))
