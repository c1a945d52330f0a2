"""The charts, as the SVG and PNG that readers get."""

import re
from collections.abc import Callable, Mapping

import pytest
from campaigns import CASES, World, record

from overnight.research.report.charts.agreement import agreement_chart
from overnight.research.report.charts.budget import budget_chart
from overnight.research.report.charts.canvas import Canvas, to_svg
from overnight.research.report.charts.evidence import LEAST, MOST, clamped, evidence_chart
from overnight.research.report.charts.floor import floor_chart
from overnight.research.report.charts.forest import forest_chart
from overnight.research.report.charts.funnel import funnel_chart
from overnight.research.report.charts.palette import PAGE
from overnight.research.report.charts.progress import progress_chart
from overnight.research.report.charts.window import beyond, window_of
from overnight.research.story.narrator import tell_story
from overnight.research.story.story import Outcome, Story

Chart = Callable[[Story, Canvas], Mapping[str, object]]
CHARTS: tuple[Chart, ...] = (
    progress_chart,
    forest_chart,
    floor_chart,
    funnel_chart,
    evidence_chart,
    budget_chart,
    agreement_chart,
)


def story_of(world: World) -> Story:
    """The story of a simulated campaign."""
    return tell_story(record(world), world.program)


def draw(chart: Chart, story: Story, width: int = 900) -> str:
    """The chart as the page shows it."""
    return str(to_svg(chart(story, Canvas(width=width, palette=PAGE)), title="T", description="D", style="wide"))


@pytest.mark.parametrize("chart", CHARTS)
def test_every_colour_is_one_of_the_page(chart: Chart) -> None:
    """A picture names no colour of its own, so that it follows the page from light to dark."""
    svg = draw(chart, story_of(CASES["one keep"]))
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none", "transparent"}
    assert colours
    assert all(re.fullmatch(r"var\(--\w+\)", colour) for colour in colours)


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("width", [340, 900])
def test_picture_is_as_wide_as_asked(chart: Chart, width: int) -> None:
    """Neither the page nor the phone has to scale a picture much, so that its labels keep their size."""
    svg = draw(chart, story_of(CASES["one keep"]), width)
    drawn = re.search(r'viewBox="0 0 ([\d.]+) ', svg)
    assert drawn is not None
    assert 0.85 * width <= float(drawn[1]) <= 1.05 * width


@pytest.mark.parametrize("chart", CHARTS)
def test_pictures_fetch_nothing_and_share_no_id(chart: Chart) -> None:
    """The only address in a picture is its namespace, and no id in it can equal one of another picture."""
    svg = draw(chart, story_of(CASES["one keep"]))
    assert set(re.findall(r"https?://[^\"]*", svg)) == {"http://www.w3.org/2000/svg"}
    assert ' id="' not in svg
    assert "<title>T</title><desc>D</desc>" in svg


def test_single_run_claim_is_a_dashed_grey_line() -> None:
    """What a one-run rule would believe is less prominent than what is proven."""
    svg = draw(progress_chart, story_of(CASES["nothing real"]))
    dashed = [path for path in re.findall(r"<path [^>]*>", svg) if "stroke-dasharray" in path]
    assert len(dashed) == 1
    assert 'stroke="var(--claim)"' in dashed[0]


def test_axis_says_which_way_is_better() -> None:
    """The axis names the direction of improvement."""
    assert "val_bpb (lower is better)" in draw(progress_chart, story_of(CASES["one keep"]))
    assert "sum_of_radii (higher is better)" in draw(progress_chart, story_of(CASES["maximize"]))


def test_forest_has_a_row_for_each_keep_with_holdout_beside_it() -> None:
    """Three marks a row: at acceptance, fresh, and on the holdout."""
    story = story_of(CASES["usual"])
    svg = draw(forest_chart, story)
    assert len(story.keeps) > 3
    for keep in story.keeps:
        assert f"#{keep.number} " in svg
    legend = 1
    for mark in ("--head", "--trial", "--holdout"):
        assert len(re.findall(rf'<path [^>]*fill="var\({mark}\)"', svg)) == len(story.keeps) + legend


def marks_of(svg: str, colour: str) -> int:
    """How many filled marks of this colour a picture has, including those of the legend."""
    return len(re.findall(rf'<path [^>]*fill="var\(--{colour}\)"', svg))


def test_every_test_has_its_mark_and_the_line_that_it_had_to_reach() -> None:
    """Kept, refused and unproven tests look different, and the legend names only what is there."""
    story = story_of(CASES["overfit"])
    svg = draw(evidence_chart, story)
    outcomes = [draw.outcome for draw in story.errors.draws]
    legend = 1
    for outcome, colour in ((Outcome.KEPT, "head"), (Outcome.REFUSED, "holdout"), (Outcome.UNPROVEN, "trial")):
        assert marks_of(svg, colour) == outcomes.count(outcome) + legend
        assert outcome.value in svg
    assert "required: 1 / level" in svg
    assert Outcome.REFUSED.value not in draw(evidence_chart, story_of(CASES["usual"]))


def test_extreme_evidence_stays_in_the_picture() -> None:
    """An e-value of e^900 or of nothing is drawn at the edge."""
    assert [clamped(log_e) for log_e in (900.0, -900.0)] == pytest.approx([MOST, LEAST])


def test_refused_candidates_are_set_off_from_kept_ones() -> None:
    """The holdout's agreement has a mark for each answer, crosses for refusals, and the line of equal gains."""
    story = story_of(CASES["overfit"])
    svg = draw(agreement_chart, story)
    refused = sum(not answer.kept for answer in story.answers)
    legend = 1
    assert marks_of(svg, "holdout") == refused + legend > 3
    assert marks_of(svg, "head") == len(story.keeps) + legend
    assert "same gain in both" in svg


def test_hypothesis_in_a_picture_is_escaped() -> None:
    """Foreign text that a chart draws stays text."""
    world = World(experiments=30, real=0.6, ideas=("</text></svg><script>alert(1)</script>\x1b[31m\u202e",))
    svg = draw(forest_chart, story_of(world))
    assert "<script" not in svg
    assert "\x1b" not in svg
    assert "\u202e" not in svg


def test_diverged_trials_do_not_flatten_the_picture() -> None:
    """Values far beyond the rest are counted and piled at the edge; everything better is always in view."""
    story = story_of(World(experiments=100, effect=0.02, seed=6))
    window = window_of(story)
    values = [point.value for point in story.candidates]
    assert beyond(story) == sum(not window.holds(value) for value in values) > 0
    assert window.holds(min(values))
    assert window.high < max(values)
    assert window.clamp(max(values)) == window.high
    bands = [head.band for head in story.heads if head.band]
    assert bands and all(window.holds(band.low) and window.holds(band.high) for band in bands)


@pytest.mark.parametrize("name", sorted(CASES))
def test_window_is_never_empty(name: str) -> None:
    """Also a constant metric, and a campaign without a value, have a range to draw in."""
    window = window_of(story_of(CASES[name]))
    assert window.low < window.high
