"""The evidence that each test reached, against what its level required."""

import math
from collections.abc import Sequence

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.report.charts.legend import CROSS, DIAMOND, DOT, LINE, key
from overnight.research.report.charts.numbers import numbers
from overnight.research.story.story import Draw, Outcome, Story

REQUIRED = "required: 1 / level"
LEAST, MOST = 0.01, 1e6  # e-values that are drawn to scale; those beyond are drawn at the edge
_LABELS = 15  # keeps; the numbers of more would run into each other


def evidence_chart(story: Story, canvas: Canvas) -> dict[str, object]:
    """e-value of each test, in the order of the tests, on a logarithmic scale, and what the next one will need."""
    import altair as alt

    draws, last = story.errors.draws, max(story.errors.tests, 1)
    levels = [(draw.test, draw.level) for draw in draws] + [(last + 1, story.errors.next_level)]
    steps: list[Row] = [{"x": test - 0.5, "y": 1 / level, "what": REQUIRED} for test, level in levels]
    steps += [{**step, "x": last + 1.5} for step in steps[-1:]]
    reached = [_row(draw) for draw in draws if draw.log_e is not None]
    top = max([10.0, *(float(row["y"]) for row in steps), *(float(row["y"]) for row in reached)])
    low = min([1.0, *(float(row["y"]) for row in reached)])
    across = alt.Scale(domain=[0.5, last + 1.5], nice=False)
    up = alt.Scale(type="log", domain=[low / 2, top * 3], nice=False)
    x = alt.X("x:Q", title="test", scale=across, axis=canvas.across(whole=last + 1))
    y = alt.Y("y:Q", title="e-value", scale=up, axis=alt.Axis(values=_decades(low, top), format=",~g"))
    colour, shape = key(_keys(reached, canvas))
    line = alt.Chart(table(steps)).mark_line(interpolate="step-after", strokeWidth=2)
    dots = alt.Chart(table(reached)).mark_point(filled=True, size=80, opacity=0.9)
    layers = [
        line.encode(x=x, y=y, color=colour),
        dots.encode(x=x, y=y, color=colour, shape=shape),
        *(layer.encode(x=x, y=y) for layer in numbers(_kept(draws), canvas, colour=canvas.palette.head)),
    ]
    chart = alt.layer(*layers).properties(
        width=canvas.width, height=230, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    return finish(chart, canvas)


def _row(draw: Draw) -> Row:
    return {"x": draw.test, "y": clamped(draw.log_e or 0.0), "what": draw.outcome.value}


def clamped(log_e: float) -> float:
    """The e-value, or the edge of the picture that it lies beyond."""
    return math.exp(min(max(log_e, math.log(LEAST)), math.log(MOST)))


def _decades(low: float, top: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(top))
    return [10.0**power for power in range(first, last + 1)]


def _keys(reached: Sequence[Row], canvas: Canvas) -> dict[str, tuple[str, str]]:
    palette = canvas.palette
    outcomes = {
        Outcome.KEPT: (palette.head, DOT),
        Outcome.REFUSED: (palette.holdout, DIAMOND),
        Outcome.UNPROVEN: (palette.trial, CROSS),
    }
    seen = {row["what"] for row in reached}
    return {REQUIRED: (palette.ink, LINE)} | {name.value: mark for name, mark in outcomes.items() if name.value in seen}


def _kept(draws: Sequence[Draw]) -> list[Row]:
    """The numbers of the kept ones, if there is room."""
    rows: list[Row] = [
        {**_row(draw), "name": f"#{draw.number}"} for draw in draws if draw.outcome is Outcome.KEPT and draw.log_e is not None
    ]
    return rows if len(rows) <= _LABELS else []
