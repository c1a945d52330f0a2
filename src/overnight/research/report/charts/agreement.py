"""The gain that the sealed holdout saw against the gain in public, candidate by candidate."""

from collections.abc import Sequence

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.report.charts.legend import CROSS, DASHES, DOT, key
from overnight.research.report.charts.numbers import numbers
from overnight.research.story.story import SealedAnswer, Story

KEPT = "kept"
REFUSED = "refused by the holdout"
EQUAL = "same gain in both"
DRAWN = 400  # answers, the latest
_LABELS = 15  # answers; the numbers of more would run into each other


def agreement_chart(story: Story, canvas: Canvas) -> dict[str, object]:
    """A mark for each candidate that the holdout was asked about; on the dashed line both gains are the same."""
    import altair as alt

    answers, palette = story.answers[-DRAWN:], canvas.palette
    rows = [_row(answer) for answer in answers]
    across, up = _ranges(answers)
    x = alt.X("x:Q", title=f"gain in public ({story.metric.name})", scale=alt.Scale(domain=across), axis=canvas.across())
    y = alt.Y("y:Q", title="gain on the holdout, rounded", scale=alt.Scale(domain=up), axis=alt.Axis(tickCount=6))
    seen = {row["what"] for row in rows}
    marks = {KEPT: (palette.head, DOT), REFUSED: (palette.holdout, CROSS)}
    drawn = {name: mark for name, mark in marks.items() if name in seen} | {EQUAL: (palette.claim, DASHES)}
    colour, shape = key(drawn)
    ends: list[Row] = [{"x": edge} for edge in (max(across[0], up[0]), min(across[1], up[1]))]
    zero = alt.Chart(table([{"zero": 0}])).mark_rule(color=palette.faint)
    equal = alt.Chart(table(ends)).mark_line(color=palette.claim, strokeDash=[5, 3], strokeWidth=1.5)
    labels = [{**row, "name": f"#{answer.number}"} for row, answer in zip(rows, answers, strict=True)]
    labels = labels if len(labels) <= _LABELS else []
    chart = alt.layer(
        zero.encode(x="zero:Q"),
        zero.encode(y="zero:Q"),
        equal.encode(x=x, y=alt.Y("x:Q")),
        alt.Chart(table([row for row in rows if "low" in row]))
        .mark_rule(strokeWidth=1.5, opacity=0.6)
        .encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=colour),
        alt.Chart(table(rows)).mark_point(filled=True, size=80, opacity=1).encode(x=x, y=y, color=colour, shape=shape),
        *(layer.encode(x=x, y=y) for layer in numbers(labels, canvas, colour=palette.ink)),
    ).properties(width=canvas.width, height=280, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    return finish(chart, canvas)


def _row(answer: SealedAnswer) -> Row:
    ends: Row = {} if answer.low is None or answer.high is None else {"low": answer.low, "high": answer.high}
    return {"x": answer.gain, "y": answer.holdout_gain, "what": KEPT if answer.kept else REFUSED, **ends}


def _ranges(answers: Sequence[SealedAnswer]) -> tuple[list[float], list[float]]:
    """Ranges of both axes, which always include no gain."""
    public = [0.0, *(edge for answer in answers for edge in (answer.gain, answer.low, answer.high) if edge is not None)]
    hidden = [0.0, *(answer.holdout_gain for answer in answers)]
    return _roomy(public), _roomy(hidden)


def _roomy(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    room = 0.08 * (high - low or 1.0)
    return [low - room, high + room]
