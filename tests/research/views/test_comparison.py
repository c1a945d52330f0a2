"""Two campaigns side by side: when they compare, and how sure the difference is."""

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from campaigns import CASES, World, record

from overnight.gate.stats import mean, mean_interval
from overnight.models.usage import Usage
from overnight.research.events import ModelCalled
from overnight.research.record.port import Recorded
from overnight.research.views.comparison import ComparedCampaign, Gain, GainSource, changed_lines, compare, compared, difference
from overnight.research.views.comparison_words import headline, rows


def side_of(world: World, name: str = "one", entries: Iterable[Recorded] | None = None) -> ComparedCampaign:
    return compared(name, record(world) if entries is None else entries, world.program, {})


def gain(values: list[float]) -> Gain:
    low, high = mean_interval(values)
    return Gain(gain=mean(values), low=low, high=high, before=0.0, after=0.0, source=GainSource.AUDIT)


@pytest.mark.parametrize(("pairs", "sigmas"), [((20, 20), (1, 1)), ((4, 20), (3, 1)), ((3, 3), (1, 4))])
def test_the_interval_of_a_difference_holds_as_often_as_it_says(pairs: tuple[int, int], sigmas: tuple[int, int]) -> None:
    """In 95 of 100 pairs of campaigns or more, also from few pairs and if one is noisier."""
    drawn, hits = random.Random(7), 0
    for _ in range(1000):
        a, b = (gain([drawn.gauss(0, sigma) for _ in range(count)]) for count, sigma in zip(pairs, sigmas, strict=True))
        gap = difference(a, b)
        hits += gap.low <= 0 <= gap.high
    assert hits >= 935  # 950 less two standard errors


def test_a_difference_is_of_b_over_a_and_turns_with_them() -> None:
    """Positive means that B gained more, whatever the direction of the metric."""
    small, large = gain([1.0, 1.1, 0.9]), gain([5.0, 5.2, 4.9])
    there, back = difference(small, large), difference(large, small)
    assert there.low > 0 > back.high and there.mid == pytest.approx(-back.mid)
    assert there.low == pytest.approx(-back.high) and there.high == pytest.approx(-back.low)


def test_the_same_campaign_twice_differs_in_nothing() -> None:
    """All keeps are in both, and neither gained more."""
    found = compare(side_of(CASES["usual"]), side_of(CASES["usual"], "two"))
    assert found.verdict == "neither" and found.difference and found.difference.mid == 0.0
    assert found.kept and all(kept.a == kept.b for kept in found.kept) and not found.cautions[2:]


def test_another_metric_does_not_compare() -> None:
    """The reason is given, there is no difference, and each side keeps its own metric."""
    a, b = side_of(CASES["usual"]), side_of(CASES["maximize"], "two")
    found = compare(a, b)
    assert not found.comparable and found.difference is None and found.verdict == ""
    assert "the metrics differ: val_bpb and sum_of_radii" in found.reasons
    assert (found.a.metric, found.b.metric) == ("val_bpb", "sum_of_radii")
    assert headline(found) == "Cannot be compared"


def test_tokens_and_money_are_shown_if_there_are_any() -> None:
    """A row that is empty for both sides is left out; one that only one side has shows that the other has none."""
    world = World(experiments=20)
    entries = list(record(world))
    called = ModelCalled(number=1, role="r", provider="p", model="m", usage=Usage(input_tokens=5000, cost_usd=2.5))
    free, paid = side_of(world), side_of(world, "two", [*entries[:5], replace(entries[4], event=called), *entries[5:]])
    assert "Tokens" not in [row.name for row in rows(compare(free, free), free, free)]
    table = {row.name: (row.a, row.b) for row in rows(compare(free, paid), free, paid)}
    assert (table["Tokens"], table["Money"]) == (("none", "5,000"), ("none", "$2.50"))


def test_unfinished_campaigns_say_so() -> None:
    """A killed one, and one whose keep has no fresh trial yet: no number is invented for either."""
    entries = list(record(CASES["usual"]))
    last = max(place for place, entry in enumerate(entries) if entry.event.kind == "advanced")
    a, b = side_of(CASES["usual"]), side_of(CASES["usual"], "two", entries[: last + 1])
    found = compare(a, b)
    assert found.b.gain is None and found.b.gain_per_hour is None and found.difference is None and found.comparable
    assert any("no fresh trials yet" in caution for caution in found.cautions)
    assert any("still runs, or it was killed" in caution for caution in found.cautions)
    assert headline(found) == "Not known yet"


def test_changes_are_known_by_their_lines() -> None:
    """By file, wherever in the file they are."""
    one = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-A = 1\n+A = 2\n"
    assert changed_lines(one) == changed_lines(one.replace("@@ -1 +1 @@", "@@ -7,3 +9,3 @@\n context"))
    assert changed_lines(one) != changed_lines(one.replace("x.py", "y.py")) != changed_lines(one.replace("A = 2", "A = 3"))
