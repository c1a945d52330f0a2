"""Gains side by side, each with its interval, against no gain."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.report.charts.legend import DIAMOND, DOT, SQUARE
from overnight.research.story.spread import Interval

_ROW = 30  # px


@dataclass(frozen=True, slots=True, kw_only=True)
class GainBar:
    """One gain."""

    name: str
    gain: Interval


def gains_chart(bars: Sequence[GainBar], title: str, canvas: Canvas) -> dict[str, object]:
    """A row for each; the first two have the colours of the overlay, the rest is in ink."""
    import altair as alt

    palette = canvas.palette
    names = [bar.name for bar in bars]
    colours = [palette.head, palette.trial, *(palette.ink for _ in names[2:])]
    shapes = [DOT, DIAMOND, *(SQUARE for _ in names[2:])]
    rows: list[Row] = [{"name": bar.name, "gain": bar.gain.mid, "low": bar.gain.low, "high": bar.gain.high} for bar in bars]
    x = alt.X("gain:Q", title=title, axis=canvas.across(grid=True))
    base = alt.Chart(table(rows)).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelFontSize=13, tickSize=0, labelPadding=10)),
        color=alt.Color("name:N", scale=alt.Scale(domain=names, range=colours), legend=None),
    )
    marks = [
        base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(size=90, filled=True, opacity=1).encode(
            x=x, shape=alt.Shape("name:N", scale=alt.Scale(domain=names, range=shapes), legend=None)
        ),
    ]
    zero = alt.Chart(table([{"gain": 0}])).mark_rule(color=palette.ink, strokeWidth=1).encode(x=x)
    chart = alt.layer(zero, *marks).properties(
        width=canvas.width, height=alt.Step(_ROW), autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    return finish(chart, canvas)
