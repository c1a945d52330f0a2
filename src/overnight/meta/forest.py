"""The picture of a meta-campaign: progress by target, before and after, beside the plain alternative."""

from typing import TYPE_CHECKING

from overnight.meta.outcome import Level, MetaOutcome, TargetOutcome
from overnight.research.report.charts.canvas import Canvas, Row, finish, table, to_svg
from overnight.research.report.charts.legend import DIAMOND, DOT, SQUARE, UP
from overnight.research.report.charts.palette import PAGE
from overnight.research.report.pictures import NARROW, WIDE, Picture

if TYPE_CHECKING:
    from altair.typing import ChartType

LANE = 14  # px of a mark
START, HEAD = "start", "head"


def targets_picture(found: MetaOutcome) -> Picture | None:
    """Progress of start and head on each target; None before an audit."""
    if not found.targets:
        return None
    longer = f" Start and head with {found.times} times the budget are the plain alternative." if found.times else ""
    caption = (
        "Progress by target in spreads, so that targets can stand beside each other: the start organisation and the head, by "
        f"whole campaigns that no verdict used. Bars are 95 % intervals of the means.{longer}"
    )
    rows = [row for target in (*_overall(found), *found.targets) for row in _rows(target, found.times)]
    wide, narrow = (
        to_svg(_drawn(rows, Canvas(width=width, palette=PAGE)), title="Progress by target", description=caption, style=style)
        for width, style in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    return Picture(wide=wide, narrow=narrow, caption=caption)


def _overall(found: MetaOutcome) -> list[TargetOutcome]:
    """The means over the targets of a kind, if there are several."""
    of_kind = (
        (one, sum(target.sealed == one.sealed for target in found.targets)) for one in (found.public, found.sealed) if one
    )
    return [one for one, targets in of_kind if targets > 1]


def _rows(target: TargetOutcome, times: int) -> list[Row]:
    kinds = {
        START: target.start,
        HEAD: target.head,
        f"{START}, {times} budgets": target.longer_start,
        f"{HEAD}, {times} budgets": target.longer_head,
    }
    return [_row(target, kind, level) for kind, level in kinds.items() if level]


def _row(target: TargetOutcome, kind: str, level: Level) -> Row:
    name = f"{target.name} (sealed)" if target.sealed and " " not in target.name else target.name
    ends = {"low": level.low / target.spread, "high": level.high / target.spread} if level.low < level.high else {}
    return {"name": name, "kind": kind, "progress": level.mean / target.spread, **ends}


def _drawn(rows: list[Row], canvas: Canvas) -> dict[str, object]:
    import altair as alt

    kinds = list(dict.fromkeys(str(row["kind"]) for row in rows))
    palette = canvas.palette
    colours = [palette.trial, palette.head, palette.claim, palette.holdout][: len(kinds)]
    shapes = [SQUARE, DOT, UP, DIAMOND][: len(kinds)]
    names = list(dict.fromkeys(str(row["name"]) for row in rows))
    base = alt.Chart(table(rows)).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=0, grid=True, tickSize=0, labelPadding=8)),
        yOffset=alt.YOffset("kind:N", sort=kinds),
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=colours), legend=alt.Legend(title=None)),
    )
    x = alt.X("progress:Q", title="progress in spreads (right is better)", axis=canvas.across(grid=True))
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=shapes), legend=alt.Legend(title=None))
    zero = alt.Chart(table([{"progress": 0}])).mark_rule(color=palette.ink, strokeWidth=1).encode(x=x)
    chart: ChartType = alt.layer(
        zero,
        base.mark_rule(strokeWidth=2).transform_filter("isValid(datum.low)").encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(size=55, filled=True, opacity=1).encode(x=x, shape=shape),
    ).properties(
        width=canvas.width,
        height=alt.Step(LANE, **{"for": "offset"}),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    return finish(chart, canvas)
