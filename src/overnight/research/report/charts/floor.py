"""The noise floor: baseline trials over time, each as its distance from its own head's mean."""

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.story.story import Story

_LONG_H = 3.0  # hours; shorter campaigns are drawn in minutes


def floor_chart(story: Story, canvas: Canvas) -> dict[str, object]:
    """Distance of baseline trials from their head's mean; a slope within a head is drift."""
    import altair as alt

    minutes = story.costs.elapsed_s < _LONG_H * 3600
    scale = 60 if minutes else 1
    means = {head.number: head.band.mid for head in story.heads if head.band}
    points: list[Row] = [
        {"x": point.hours * scale, "y": point.value - means[point.number]} for point in story.baseline if point.number in means
    ]
    end = max(story.costs.elapsed_s / 3600 * scale, *(float(row["x"]) for row in points), 1e-9)
    sigma = story.noise.sigma
    bands: list[Row] = [{"x": 0, "x2": end, "y": -k * sigma, "y2": k * sigma} for k in (1, 2)]
    moves: list[Row] = [{"x": head.hours * scale} for head in story.heads if head.number]
    unit = "minutes" if minutes else "hours"
    across = alt.Scale(domain=[0, end], nice=False)
    x = alt.X("x:Q", title=f"{unit} into the campaign", scale=across, axis=canvas.across())
    y = alt.Y("y:Q", title=f"{story.metric.name} minus its head's mean")
    palette = canvas.palette
    ends: list[Row] = [{"x": end, "y": k * sigma, "name": f"{k} sd"} for k in (1, 2) if sigma]
    names = alt.Chart(table(ends)).mark_text(align="right", baseline="top", dx=-4, dy=3, color=palette.faint, fontSize=11)
    chart = alt.layer(
        alt.Chart(table(bands)).mark_rect(color=palette.claim, opacity=0.16).encode(x=x, x2="x2", y=y, y2="y2"),
        alt.Chart(table(moves)).mark_rule(color=palette.head, strokeDash=[2, 3]).encode(x=x),
        alt.Chart(table([{"y": 0}])).mark_rule(color=palette.claim).encode(y=y),
        alt.Chart(table(points)).mark_circle(size=34, opacity=0.75, color=palette.ink).encode(x=x, y=y),
        names.encode(x=x, y=y, text="name:N"),
    ).properties(width=canvas.width, height=200, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    return finish(chart, canvas)
