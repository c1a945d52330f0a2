"""The forest plot: each kept change with its interval, with its fresh trials and its gain on the holdout."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.report.charts.legend import DIAMOND, DOT, SQUARE, UP
from overnight.research.story.story import KeepEvidence, Story
from overnight.words.foreign import printable

if TYPE_CHECKING:
    import altair as alt

ACCEPTED = "at acceptance"
FRESH = "fresh trials"
HOLDOUT = "sealed holdout"
LEFT_OUT = "by leaving it out"
KINDS = (ACCEPTED, FRESH, HOLDOUT, LEFT_OUT)
ROWS = 60  # keeps that are drawn, the latest
_ROOMY = 15  # keeps; more are drawn closer together
_LONG = 400  # characters of a hypothesis that are read
_LABEL = 44  # and that are shown


def forest_chart(story: Story, canvas: Canvas) -> dict[str, object]:
    """Gain of each kept change, three marks a row; positive is better."""
    import altair as alt

    keeps = story.keeps[-ROWS:]
    rows = [row for keep in keeps for row in _marks(story, keep, canvas)]
    kinds = [kind for kind in KINDS if any(row["kind"] == kind for row in rows)]
    lane = 13 if len(keeps) <= _ROOMY else 9
    names = [_name(keep, canvas) for keep in keeps]
    base = alt.Chart(table(rows)).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=0, grid=True, tickSize=0, labelPadding=8)),
        yOffset=alt.YOffset("kind:N", sort=kinds),
        color=_colour(kinds, canvas),
    )
    x = alt.X("gain:Q", title=f"gain in {story.metric.name} (right is better)", axis=canvas.across(grid=True))
    marks = [
        base.mark_rule(strokeWidth=2).transform_filter("isValid(datum.low)").encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(size=55, filled=True, opacity=1).encode(x=x, shape=_shape(kinds)),
    ]
    zero = alt.Chart(table([{"gain": 0}])).mark_rule(color=canvas.palette.ink, strokeWidth=1).encode(x=x)
    chart = alt.layer(zero, *marks).properties(
        width=canvas.width,
        height=alt.Step(lane, **{"for": "offset"}),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    return finish(chart, canvas)


def _name(keep: KeepEvidence, canvas: Canvas) -> str:
    return f"#{keep.number}" if canvas.narrow else f"#{keep.number}  {_cut(printable(keep.hypothesis, _LONG))}"


def _cut(text: str) -> str:
    """The start of a text, which says what a change does."""
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1].rstrip()}…"


def _marks(story: Story, keep: KeepEvidence, canvas: Canvas) -> list[Row]:
    name, conclusion = _name(keep, canvas), keep.conclusion
    rows: list[Row] = []
    if conclusion.gain is not None:
        rows.append({"name": name, "kind": ACCEPTED, "gain": conclusion.gain, **_ends(conclusion.low, conclusion.high)})
    if keep.fresh is not None and not story.noise.deterministic:  # else it is the same number again
        rows.append({"name": name, "kind": FRESH, "gain": keep.fresh.mid, **_ends(keep.fresh.low, keep.fresh.high)})
    if conclusion.holdout_gain is not None:
        rows.append({"name": name, "kind": HOLDOUT, "gain": conclusion.holdout_gain})
    change = story.audit.standings.get(keep.number) if story.audit else None
    if change and change.estimate:
        estimate = change.estimate
        rows.append({"name": name, "kind": LEFT_OUT, "gain": estimate.gain, **_ends(estimate.low, estimate.high)})
    return rows


def _ends(low: float | None, high: float | None) -> Row:
    return {} if low is None or high is None else {"low": low, "high": high}


def _colour(kinds: Sequence[str], canvas: Canvas) -> "alt.Color":
    import altair as alt

    palette = canvas.palette
    colours = {ACCEPTED: palette.head, FRESH: palette.trial, HOLDOUT: palette.holdout, LEFT_OUT: palette.ink}
    scale = alt.Scale(domain=list(kinds), range=[colours[kind] for kind in kinds])
    return alt.Color("kind:N", scale=scale, legend=alt.Legend(title=None))


def _shape(kinds: Sequence[str]) -> "alt.Shape":
    import altair as alt

    shapes = {ACCEPTED: DOT, FRESH: SQUARE, HOLDOUT: DIAMOND, LEFT_OUT: UP}
    scale = alt.Scale(domain=list(kinds), range=[shapes[kind] for kind in kinds])
    return alt.Shape("kind:N", scale=scale, legend=alt.Legend(title=None))
