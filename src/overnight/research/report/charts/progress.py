"""The progress chart: what a one-run rule would have claimed, against what was proven."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.report.charts.legend import DASHES, DOT, DOWN, KEEP, UP, key
from overnight.research.report.charts.numbers import numbers
from overnight.research.report.charts.window import Window, window_of
from overnight.research.story.story import Head, Story
from overnight.research.views.wording import better

if TYPE_CHECKING:
    import altair as alt

TRIAL = "one trial of a candidate"
CLAIM = "what a single-run rule would claim"
HEAD = "proven: fresh trials of the head"
DOTS = 2_000  # trials that are drawn; more only blacken the picture
_LABEL_SHARE = 0.045  # of the width that the label of a keep needs


def progress_chart(story: Story, canvas: Canvas, *, heading: Sequence[str] = ()) -> dict[str, object]:
    """Value of the metric by experiment; `heading` is a title and the lines below it."""
    import altair as alt

    last, window = max(story.funnel.proposed, 1), window_of(story)
    across = alt.Scale(domain=[0, last], nice=False)
    up = alt.Scale(domain=[window.low, window.high], zero=False, nice=False)
    x = alt.X("x:Q", title="experiment", scale=across, axis=canvas.across(whole=last))
    y = alt.Y("y:Q", title=f"{story.metric.name} ({better(story.metric)})", scale=up)
    palette = canvas.palette
    colour, shape = key({HEAD: (palette.head, KEEP), CLAIM: (palette.claim, DASHES), TRIAL: (palette.trial, DOT)})
    drawn = [*_trials(story, window), _claims(story, last), *_heads(story.heads, last)]
    layers = [layer.encode(x=x, y=y, color=colour) for layer in drawn]
    layers += [alt.Chart(table([])).mark_point(filled=True).encode(x=x, y=y, color=colour, shape=shape)]  # for its legend
    layers += [layer.encode(x=x, y=y) for layer in numbers(_kept(story.heads, last, canvas), canvas, colour=palette.head)]
    chart = alt.layer(*layers).properties(
        width=canvas.width,
        height=260 if canvas.narrow else 380,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    if heading:
        chart = chart.properties(title=alt.TitleParams(heading[0], subtitle=list(heading[1:])))
    return finish(chart, canvas)


def _trials(story: Story, window: Window) -> "list[alt.Chart]":
    """Candidates' trials as dots; those beyond the window as triangles at its edge."""
    import altair as alt

    stride = -(-len(story.candidates) // DOTS) or 1
    points = story.candidates[::stride]
    dots = [_row(point.number, point.value, TRIAL) for point in points if window.holds(point.value)]
    piled = [_row(p.number, window.clamp(p.value), TRIAL) for p in points if not window.holds(p.value)]
    shape = UP if story.metric.gain(0.0, 1.0) < 0 else DOWN
    return [
        alt.Chart(table(dots)).mark_circle(size=18, opacity=0.45),
        alt.Chart(table(piled)).mark_point(shape=shape, size=26, opacity=0.6, filled=True),
    ]


def _claims(story: Story, last: int) -> "alt.Chart":
    import altair as alt

    steps = [_row(point.number, point.value, CLAIM) for point in story.claims]
    steps += [{**step, "x": last} for step in steps[-1:]]
    line: alt.Chart = alt.Chart(table(steps)).mark_line(interpolate="step-after", strokeWidth=1.5, strokeDash=[5, 3])
    return line


def _heads(heads: Sequence[Head], last: int) -> "list[alt.Chart]":
    """Mean and band of each head over the experiments that it reigned, and a dot at the keep that made it."""
    import altair as alt

    measured = [(head.number, head.band) for head in heads if head.band]
    ends = [*(number for number, _ in measured[1:]), last]
    bands = [
        {**_row(number, band.low, HEAD), "x2": end, "y2": band.high}
        for (number, band), end in zip(measured, ends, strict=False)
    ]
    means = [_row(number, band.mid, HEAD) for number, band in measured]
    steps = [*means, *({**mean, "x": last} for mean in means[-1:])]
    return [
        alt.Chart(table(bands)).mark_rect(opacity=0.22).encode(x2="x2", y2="y2"),
        alt.Chart(table(steps)).mark_line(interpolate="step-after", strokeWidth=2.5),
        alt.Chart(table(means[1:])).mark_circle(size=60, opacity=1),
    ]


def _row(x: float, y: float, what: str) -> Row:
    return {"x": x, "y": y, "what": what}


def _kept(heads: Sequence[Head], last: int, canvas: Canvas) -> list[Row]:
    """The numbers of the keeps, if they do not run into the one before."""
    room = _LABEL_SHARE * last * (900 / canvas.width)
    chosen: list[Row] = []
    for head in heads[1:]:
        if head.band and (not chosen or head.number - float(chosen[-1]["x"]) >= room):
            chosen.append({"x": head.number, "y": head.band.mid, "name": f"#{head.number}"})
    return chosen
