"""What was not kept, grouped."""

from overnight.gate.verdict import Verdict
from overnight.research.story.failures import EXAMPLES, GROUPS, NEAR_MISSES, OTHERS, FailureTally
from overnight.research.story.story import Example


def example(number: int, reason: str, gain: float | None = None) -> Example:
    """A failed experiment."""
    return Example(number=number, hypothesis="h", reason=reason, gain=gain)


def test_reasons_that_differ_in_numbers_are_one_group() -> None:
    """A night of 'behind by 0.01' is one line, with the latest as examples."""
    tally = FailureTally()
    for number in range(1, 21):
        tally.add(Verdict.DISCARD, example(number, f"behind by {number / 7:.3e} after {number} trials"))
    (failure,) = tally.failures()
    assert (failure.count, failure.reason) == (20, "behind by 1.429e-01 to 2.857e+00 after 1 to 20 trials")
    assert [one.number for one in failure.examples] == list(range(21 - EXAMPLES, 21))


def test_equal_reasons_stay_as_they_are() -> None:
    """A reason that is always the same keeps its numbers."""
    tally = FailureTally()
    tally.add(Verdict.CRASH, example(1, "exit code 137"))
    tally.add(Verdict.CRASH, example(2, "exit code 137"))
    assert [(one.reason, one.count) for one in tally.failures()] == [("exit code 137", 2)]


def test_verdicts_are_separate() -> None:
    """One reason under two verdicts is two groups."""
    tally = FailureTally()
    tally.add(Verdict.CRASH, example(1, "guard"))
    tally.add(Verdict.DISCARD, example(2, "guard"))
    assert {one.verdict for one in tally.failures()} == {Verdict.CRASH, Verdict.DISCARD}


def test_endless_reasons_end_in_one_group() -> None:
    """However many reasons there are, memory and page stay small, and the sum is right."""
    tally = FailureTally()
    for number in range(500):
        tally.add(Verdict.CRASH, example(number, "abcdefghij"[number % 10] * (number + 1)))
    failures = tally.failures()
    assert len(failures) == GROUPS + 1
    assert failures[0].reason == OTHERS
    assert sum(one.count for one in failures) == 500


def test_near_misses_are_the_largest_unproven_gains() -> None:
    """Only what is one counts, the best first."""
    tally = FailureTally()
    for number in range(20):
        tally.add(Verdict.DISCARD, example(number, "no", gain=number - 10.0), near=True)
    tally.add(Verdict.CRASH, example(99, "no", gain=100.0))
    assert [one.number for one in tally.near_misses()] == list(range(19, 19 - NEAR_MISSES, -1))


def test_missed_proposals_are_counted_by_role_and_reason() -> None:
    """The most frequent comes first."""
    tally = FailureTally()
    for reason in ("no file changed", "no file changed", "asked a question"):
        tally.miss("explorer", reason)
    assert [(one.reason, one.count) for one in tally.misses()] == [("no file changed", 2), ("asked a question", 1)]
