"""The funnel: how many proposals reached each stage, and where the trials went."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from overnight.gate.trial import Stage
from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.story.story import Story

if TYPE_CHECKING:
    from altair.typing import ChartType

_BESIDE = 160  # px that names and numbers take beside the bars

STAGES = {
    Stage.BASELINE: "baseline",
    Stage.SEARCH: "search",
    Stage.SCREEN: "screening",
    Stage.CONFIRM: "confirmation",
    Stage.HOLDOUT: "holdout",
    Stage.AUDIT: "audit",
}


def funnel_chart(story: Story, canvas: Canvas) -> dict[str, object]:
    """Two sets of bars, each with its own scale from zero: proposals, and trials by stage."""
    import altair as alt

    funnel, palette = story.funnel, canvas.palette
    proposals = {
        "proposed": funnel.proposed,
        "measured": funnel.measured,
        "put to the test": funnel.registered,
        "kept": funnel.kept,
    }
    trials = {name: funnel.trials[stage] for stage, name in STAGES.items() if stage in funnel.trials}
    width = (canvas.width if canvas.narrow else canvas.width // 2) - _BESIDE
    parts = (
        _bars("Proposals", proposals, width, palette.head, palette.ink),
        _bars("Trials by stage", trials, width, palette.claim, palette.ink),
    )
    return finish(alt.vconcat(*parts) if canvas.narrow else alt.hconcat(*parts), canvas)


def _bars(title: str, counts: Mapping[str, int], width: int, colour: str, ink: str) -> "ChartType":
    import altair as alt

    rows: list[Row] = [{"name": name, "count": count, "label": f"{count:,}"} for name, count in counts.items()]
    axis = alt.Axis(tickSize=0, labelPadding=8, minExtent=95)
    base = alt.Chart(table(rows)).encode(
        y=alt.Y("name:N", sort=list(counts), title=None, axis=axis),
        x=alt.X("count:Q", axis=None, scale=alt.Scale(domain=[0, max([1, *counts.values()])], nice=False)),
    )
    numbers = base.mark_text(align="left", dx=5, color=ink, fontSize=12).encode(text="label:N")
    chart = alt.layer(base.mark_bar(color=colour, height=16), numbers)
    return chart.properties(width=width, height=alt.Step(26), title=alt.TitleParams(title, fontSize=13))
