"""The tests of a campaign, and what the sealed holdout answered."""

import math

import pytest
from campaigns import CASES, record

from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.events import Concluded, Registered
from overnight.research.story.evidence import DRAWS, EvidenceTally
from overnight.research.story.narrator import tell_story
from overnight.research.story.sealed import REFUSALS
from overnight.research.story.story import Outcome, Story


def story_of(name: str) -> Story:
    """The story of a simulated campaign."""
    world = CASES[name]
    return tell_story(record(world), world.program)


def concluded(number: int, verdict: Verdict, *, holdout_gain: float | None = None) -> Concluded:
    """A verdict."""
    conclusion = Conclusion(verdict=verdict, reason="r", gain=1.0, log_e=2.0, level=0.01, holdout_gain=holdout_gain)
    return Concluded(number=number, conclusion=conclusion, elapsed_s=0.0)


@pytest.mark.parametrize("name", ["usual", "many keeps", "overfit"])
def test_what_is_spent_stays_under_what_keeps_allow(name: str) -> None:
    """The levels drawn so far never add up to more than the promised share of (keeps + 1)."""
    errors = story_of(name).errors
    assert errors.draws
    assert all(draw.spent < draw.allowed for draw in errors.draws)
    assert errors.draws[-1].spent == pytest.approx(errors.spent)
    assert [draw.test for draw in errors.draws] == list(range(1, errors.tests + 1))


@pytest.mark.parametrize("name", ["usual", "many keeps", "overfit"])
def test_only_a_test_that_reached_its_line_is_kept(name: str) -> None:
    """Every keep has an e-value of at least 1 / level; what the holdout refused had one, too."""
    story = story_of(name)
    assert story.keeps
    for draw in story.errors.draws:
        reached = (draw.log_e or 0.0) >= -math.log(draw.level) - 1e-3
        assert reached == (draw.outcome is not Outcome.UNPROVEN)
    kept = [draw.number for draw in story.errors.draws if draw.outcome is Outcome.KEPT]
    assert kept == [keep.number for keep in story.keeps]


def test_open_test_is_shown_as_open() -> None:
    """A test without a verdict has drawn its level and has no evidence yet."""
    tally = EvidenceTally()
    tally.register(Registered(number=3, test=1, level=0.01), allowed=0.1)
    (draw,) = tally.budget(0.1, [], keeps=0).draws
    assert (draw.number, draw.spent, draw.log_e, draw.outcome) == (3, 0.01, None, Outcome.OPEN)


def test_the_next_level_is_that_of_few_expensive_tests() -> None:
    """With trials that cost much, 1/(t (t + 1)) of the error rate for each keep and one more."""
    tally = EvidenceTally()
    tally.register(Registered(number=1, test=1, level=0.05), allowed=0.1)
    assert tally.budget(0.1, [], keeps=1, expensive=True).next_level == pytest.approx(0.1 * 2 / (2 * 3))


def test_holdout_answers_are_in_order_as_they_were_rounded() -> None:
    """Each candidate that it was asked about, kept or refused, with its public gain."""
    world = CASES["overfit"]
    story = tell_story(record(world), world.program)
    verdicts = [event for entry in record(world) if isinstance(event := entry.event, Concluded)]
    expected = [
        (event.number, event.conclusion.holdout_gain) for event in verdicts if event.conclusion.holdout_gain is not None
    ]
    assert [(answer.number, answer.holdout_gain) for answer in story.answers] == expected
    assert {answer.kept for answer in story.answers} == {True, False}


def test_memory_stays_bounded_and_no_keep_is_lost() -> None:
    """Of thousands of tests and refusals an even sample stays, and all keeps."""
    tally = EvidenceTally()
    count = 5 * DRAWS
    for number in range(1, count + 1):
        kept = number % 500 == 0
        tally.register(Registered(number=number, test=number, level=1e-6), allowed=0.1)
        tally.conclude(concluded(number, Verdict.KEEP if kept else Verdict.DISCARD, holdout_gain=0.5))
    draws, answers = tally.budget(0.1, [], keeps=0).draws, tally.answers()
    keeps = list(range(500, count + 1, 500))
    assert [draw.number for draw in draws if draw.outcome is Outcome.KEPT] == keeps
    assert [answer.number for answer in answers if answer.kept] == keeps
    assert len(draws) <= DRAWS + len(keeps)
    assert len(answers) <= REFUSALS + len(keeps)
    assert draws[-1].spent == pytest.approx(count * 1e-6)


def test_deterministic_campaign_has_answers_and_no_budget() -> None:
    """Without noise there is no test, but the holdout is asked anyway."""
    tally = EvidenceTally()
    tally.conclude(concluded(1, Verdict.KEEP, holdout_gain=0.5))
    assert tally.budget(0.1, [], keeps=0).draws == ()
    assert [answer.number for answer in tally.answers()] == [1]
