"""How numbers are written."""

import pytest
from campaigns import World, record

from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.story.narrator import tell_story
from overnight.research.views.wording import Figures, e_value, figures_of, percent, relative, required
from overnight.words.quantities import compact, counted, duration


@pytest.mark.parametrize(("sigma", "digits"), [(0.012, 3), (0.0004, 5), (3.0, 1), (1500.0, 0)])
def test_decimals_follow_the_noise(sigma: float, digits: int) -> None:
    """Two digits of the noise are shown; further digits of a value would be noise themselves."""
    world = World(experiments=0, sigma=sigma)
    assert figures_of(tell_story(record(world), world.program)).digits == digits


def test_gains_have_a_sign_and_intervals_both_ends() -> None:
    """Positive is better, with a real minus sign otherwise."""
    figures = Figures(digits=3)
    assert figures.gain(0.0204) == "+0.020"
    assert figures.gain(-0.0204) == "\N{MINUS SIGN}0.020"
    assert figures.gain(None) == "not measured"
    assert figures.interval(0.01, 0.02) == "+0.010 to +0.020"
    assert figures.interval(None, 0.02) == ""


def test_extreme_values_stay_short() -> None:
    """Neither huge nor tiny values fill a page with digits."""
    assert Figures(digits=2).value(1e12) == "1e+12"
    assert Figures(digits=14).value(1.25e-12) == "1.25e-12"


@pytest.mark.parametrize(
    ("log_e", "level", "shown"), [(5.0, 0.01, ("148", "100")), (900.0, 0.5, ("over 1,000,000", "2")), (None, None, ("", ""))]
)
def test_evidence_is_written_as_odds(log_e: float | None, level: float | None, shown: tuple[str, str]) -> None:
    """An e-value and the one that was required, capped when more digits say nothing."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="", log_e=log_e, level=level)
    assert (e_value(conclusion), required(conclusion)) == shown


def test_small_words() -> None:
    """Times, counts and shares as people write them."""
    assert [duration(seconds) for seconds in (4.21, 200, 7500)] == ["4.2 s", "3 min 20 s", "2 h 05 min"]
    assert [compact(count) for count in (950, 12_345, 4_560_000, 2e9)] == ["950", "12.3 k", "4.56 M", "2 G"]
    assert [counted(1, "change"), counted(2, "change")] == ["1 change", "2 changes"]
    assert [percent(0.1), percent(0.025)] == ["10 %", "2.5 %"]
    assert [relative(0.2, 2.0), relative(-0.2, 2.0), relative(1.0, 0.0)] == ["10 % better", "10 % worse", ""]
