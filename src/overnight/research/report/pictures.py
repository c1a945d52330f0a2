"""The page's pictures, each in two widths, with its caption."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from overnight.research.report.charts.agreement import DRAWN, agreement_chart
from overnight.research.report.charts.budget import budget_chart
from overnight.research.report.charts.canvas import Canvas, to_png, to_svg
from overnight.research.report.charts.evidence import evidence_chart
from overnight.research.report.charts.floor import floor_chart
from overnight.research.report.charts.forest import ROWS, forest_chart
from overnight.research.report.charts.funnel import funnel_chart
from overnight.research.report.charts.palette import LIGHT, PAGE
from overnight.research.report.charts.progress import DOTS, progress_chart
from overnight.research.report.charts.window import beyond
from overnight.research.story.story import Story
from overnight.research.views.answers import single_run_claim
from overnight.research.views.wording import better, figures_of, percent, relative
from overnight.words.quantities import counted

if TYPE_CHECKING:
    from markupsafe import Markup

WIDE, NARROW = 900, 340  # px; the page shows the one that fits its width
_PNG_WIDTH = 1000  # px, before scaling


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One chart as SVG for wide and for narrow pages."""

    wide: "Markup"
    narrow: "Markup"
    caption: str


def progress_picture(story: Story) -> Picture | None:
    """The progress chart; None while no candidate has a value."""
    if not story.candidates:
        return None
    return _picture(story, "Progress", progress_chart, _progress_caption(story))


def forest_picture(story: Story) -> Picture | None:
    """The forest plot; None without a keep."""
    if not story.keeps:
        return None
    fresh = (
        ""
        if story.noise.deterministic
        else ", the gain by fresh trials after the branch moved, free of the winner's luck (square)"
    )
    caption = (
        f"Each kept change: the gain at acceptance (circle){fresh}, and the gain on the sealed holdout, rounded (diamond). "
        "The vertical line marks no gain."
    )
    if story.audit and story.audit.concluded.changes:
        caption += " Triangles: what it still gains in the audited head, by leaving it out."
    if not story.noise.deterministic:
        caption += " Bars are 95 % intervals."
    if len(story.keeps) > ROWS:
        caption += f" The latest {ROWS} of {len(story.keeps)} are drawn."
    return _picture(story, "Kept changes", forest_chart, caption)


def funnel_picture(story: Story) -> Picture:
    """The funnel."""
    caption = (
        "How many proposals reached each stage. Measured: at least one trial had a value. Put to the test: screening was "
        "passed and a level was drawn from the error budget."
    )
    return _picture(story, "Funnel", funnel_chart, caption)


def agreement_picture(story: Story) -> Picture | None:
    """The holdout's agreement; None while it was asked about fewer than two candidates."""
    if len(story.answers) < 2:  # noqa: PLR2004  # one point is no picture, and the forest plot has it
        return None
    refused = sum(not answer.kept for answer in story.answers)
    caption = (
        "Each candidate that the sealed holdout was asked about. Right of the vertical line it gained in public, above the "
        "horizontal one on the holdout; on the dashed line both gains are the same. "
    )
    if story.noise.deterministic:
        caption += "The holdout's answers are rounded to about a tenth of the gain."
    else:
        caption += (
            "A winner's public gain is on average too large, so marks tend to lie below it. Bars are 95 % intervals; the "
            "holdout's answers are rounded to a step no finer than their noise."
        )
    caption += (
        f" {counted(refused, 'candidate')} better in public {'was' if refused == 1 else 'were'} refused." if refused else ""
    )
    if len(story.answers) > DRAWN:
        caption += f" The latest {DRAWN} are drawn."
    return _picture(story, "The holdout's agreement", agreement_chart, caption)


def evidence_picture(story: Story) -> Picture | None:
    """The evidence of each test; None without a test."""
    if not story.errors.draws:
        return None
    caption = (
        "Each proposal that was put to the test, in order: the e-value at its end, on a logarithmic scale, and the line that "
        "it had to reach to be kept. An e-value of 200 is reached by luck alone at most once in 200 tests. The line rises "
        "with every test and falls with every keep; its last step is for the next test."
    )
    caption += " A test without a mark is still open." if any(draw.log_e is None for draw in story.errors.draws) else ""
    return _picture(story, "Evidence of each test", evidence_chart, caption)


def budget_picture(story: Story) -> Picture | None:
    """The error budget as it was spent; None without a test."""
    if not story.errors.draws:
        return None
    rate = percent(story.errors.error_rate)
    caption = (
        f"The most false keeps to expect, even if nothing that was tested made a difference: the sum of the levels of all "
        f"tests. It stays under {rate} of (keeps + 1), however many tests follow; each keep adds {rate} for the tests after "
        "it."
    )
    return _picture(story, "Error budget", budget_chart, caption)


def floor_picture(story: Story) -> Picture | None:
    """The noise floor; None without a baseline trial."""
    if not story.baseline:
        return None
    caption = (
        "Each dot is a baseline trial, as its distance from the mean of its own head; dotted lines are keeps. The bands are "
        "one and two standard deviations (sd) of a trial. A slope between two dotted lines would be drift of the machine."
    )
    return _picture(story, "Noise floor", floor_chart, caption)


def progress_png(story: Story) -> bytes:
    """The progress chart as a picture of its own."""
    experiments, trials = counted(story.funnel.experiments, "experiment"), counted(story.costs.trials, "trial")
    heading = (f"{story.tag}: {_result(story)}", f"{experiments}, {trials}")
    return to_png(progress_chart(story, Canvas(width=_PNG_WIDTH, palette=LIGHT), heading=heading))


def _result(story: Story) -> str:
    if not story.keeps:
        return "nothing kept"
    kept = counted(len(story.keeps), "change") + (" kept" if story.noise.deterministic else " proven")
    if story.total is None:
        return kept
    gain = story.total.gain.mid
    return f"{relative(gain, story.total.start) or figures_of(story).gain(gain)}, {kept}"


def _picture(story: Story, title: str, draw: Callable[[Story, Canvas], dict[str, object]], caption: str) -> Picture:
    wide, narrow = (
        to_svg(draw(story, Canvas(width=width, palette=PAGE)), title=title, description=caption, style=style)
        for width, style in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    return Picture(wide=wide, narrow=narrow, caption=caption)


def _progress_caption(story: Story) -> str:
    sentences = [f"{story.metric.name} by experiment; {better(story.metric)}."]
    if claim := single_run_claim(story):
        sentences.append(f"The dashed grey line is the running best of the first trial of each experiment. {claim}")
    if story.heads and (band := story.heads[-1].band):
        proven = counted(len(story.keeps), "change") + " proven" if story.keeps else "nothing proven yet"
        sentences.append(
            f"The blue line is the head by fresh trials, which decided no keep: {proven}, "
            f"now at {figures_of(story).value(band.mid)}."
        )
        sentences.append("" if story.noise.deterministic else "Its band is a 95 % interval that holds at every look.")
    if story.candidates:
        sample = f", a sample of {story.candidates_seen:,}" if story.candidates_seen > DOTS else ""
        sentences.append(f"Orange dots are single trials of candidates{sample}.")
    if outside := beyond(story):
        sentences.append(f"Triangles at the edge stand for {counted(outside, 'much worse trial')} beyond it.")
    return " ".join(filter(None, sentences))
