"""The comparison of two campaigns as one HTML page that loads nothing, runs nothing and trusts no text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from overnight.research.report.charts.canvas import Canvas, to_svg
from overnight.research.report.charts.gains import GainBar, gains_chart
from overnight.research.report.charts.overlay import Course, Reign, overlay_chart
from overnight.research.report.charts.palette import PAGE
from overnight.research.report.pictures import NARROW, WIDE, Picture
from overnight.research.report.templates import environment
from overnight.research.story.spread import Interval
from overnight.research.views.comparison import ComparedCampaign, Comparison
from overnight.research.views.comparison_words import answers, rows
from overnight.research.views.wording import better
from overnight.words.foreign import printable
from overnight.words.quantities import counted

_NAME = 40  # characters of a campaign's name in a legend


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """Kept changes that belong together."""

    title: str
    changes: Sequence[tuple[str, str]]  # numbers, hypothesis


def render_comparison(found: Comparison, a: ComparedCampaign, b: ComparedCampaign) -> str:
    """The whole page; commands have no backticks here, unlike on a terminal."""
    shown = [replace(answer, detail=_unmarked(answer.detail)) for answer in answers(found, a, b)]
    found = replace(found, cautions=tuple(map(_unmarked, found.cautions)))
    return (
        environment()
        .get_template("comparison.html.j2")
        .render(
            found=found,
            better=better(a.program.metric),
            answers=shown,
            gains=gains_picture(found),
            picture=overlay_picture(found, a, b),
            rows=rows(found, a, b),
            groups=groups(found),
        )
    )


def _unmarked(text: str) -> str:
    return text.replace("`", "")


def overlay_picture(found: Comparison, a: ComparedCampaign, b: ComparedCampaign) -> Picture | None:
    """Both heads over the trials; None if their values do not belong on one axis, or there are none."""
    courses = [_course("A", a, first=True), _course("B", b, first=False)]
    if not found.comparable or not all(course.reigns for course in courses):
        return None
    caption = (
        f"The head of each campaign by its fresh trials, over the trials spent so far, without those of audits. "
        f"A is {a.name}, a solid line with its keeps as dots; B is {b.name}, dashed, its keeps as diamonds."
    )
    if not (a.story.noise.deterministic and b.story.noise.deterministic):
        caption += " Bands are 95 % intervals that hold at every look; a very wide one is cut at the edge."
    if "audit" in {side.gain.source for side in (found.a, found.b) if side.gain}:
        caption += " What an audit measured is not in this picture."
    axis = f"{found.metric} ({better(a.program.metric)})"
    return _picture("Both campaigns over their trials", caption, lambda canvas: overlay_chart(courses, axis, canvas))


def gains_picture(found: Comparison) -> Picture | None:
    """Both gains and their difference with their intervals; None if these are not known."""
    if not (found.difference and found.a.gain and found.b.gain):
        return None
    made = [
        GainBar(name=name, gain=Interval(mid=gain.gain, low=gain.low, high=gain.high))
        for name, gain in (("A", found.a.gain), ("B", found.b.gain))
    ]
    bars = [*made, GainBar(name="B \N{MINUS SIGN} A", gain=found.difference)]
    caption = "The gains, and their difference. The vertical line marks no gain."
    if any(bar.gain.low < bar.gain.high for bar in bars):
        caption += " Bars are 95 % intervals."
    return _picture("Gains", caption, lambda canvas: gains_chart(bars, f"gain in {found.metric} (right is better)", canvas))


def _picture(title: str, caption: str, draw: Callable[[Canvas], Mapping[str, object]]) -> Picture:
    wide, narrow = (
        to_svg(draw(Canvas(width=width, palette=PAGE)), title=title, description=caption, style=style)
        for width, style in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    return Picture(wide=wide, narrow=narrow, caption=caption)


def groups(found: Comparison) -> Sequence[RowGroup]:
    """The kept changes: in both, in one only."""
    both = [(f"A #{kept.a}, B #{kept.b}", kept.hypothesis) for kept in found.kept if kept.a and kept.b]
    only_a = [(f"A #{kept.a}", kept.hypothesis) for kept in found.kept if kept.a and not kept.b]
    only_b = [(f"B #{kept.b}", kept.hypothesis) for kept in found.kept if kept.b and not kept.a]
    named = (("In both", both), (f"Only in A, {found.a.name}", only_a), (f"Only in B, {found.b.name}", only_b))
    return [
        RowGroup(title=f"{title}: {counted(len(changes), 'change')}", changes=changes) for title, changes in named if changes
    ]


def _course(letter: str, campaign: ComparedCampaign, *, first: bool) -> Course:
    bands = {head.number: head.band for head in campaign.story.heads}
    reigns = [(step, bands.get(step.number)) for step in campaign.steps]
    return Course(
        name=f"{letter}: {printable(campaign.name, _NAME)}",
        first=first,
        trials=campaign.side.trials,
        reigns=tuple(Reign(number=step.number, trials=step.trials, band=band) for step, band in reigns if band),
    )
