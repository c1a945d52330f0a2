"""The memory model gives the same numbers as the reference program (`fsrs` 3.1 on PyPI)."""

import pytest

from overnight.tutor.course.fsrs import DAY_S, Rating, first, reviewed

# (rating, days since the one before), then stability, difficulty and days until it is due, by the reference program.
CASES = [
    ([(3, 0), (3, 3), (3, 9)], 32.207744, 5.220606, 32),
    ([(1, 0), (3, 1), (4, 2)], 14.222824, 5.988374, 14),
    ([(2, 0), (1, 5), (3, 1)], 2.267559, 8.391024, 2),
    ([(4, 0), (2, 20)], 29.086839, 4.323033, 29),
]


@pytest.mark.parametrize(("reviews", "stability", "difficulty", "days"), CASES)
def test_it_agrees_with_the_reference(reviews: list[tuple[int, int]], stability: float, difficulty: float, days: int) -> None:
    """Stability, difficulty and the due day follow the reference."""
    at = 0.0
    memory = first(Rating(reviews[0][0]), at)
    for rating, after in reviews[1:]:
        at += after * DAY_S
        memory = reviewed(memory, Rating(rating), at)
    assert memory.stability == pytest.approx(stability, abs=1e-6)
    assert memory.difficulty == pytest.approx(difficulty, abs=1e-6)
    assert memory.due == at + days * DAY_S
