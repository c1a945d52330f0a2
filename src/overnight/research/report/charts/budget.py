"""The error budget: what the tests have drawn from it so far, and what their keeps allow."""

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.report.charts.legend import LINE, SQUARE, key
from overnight.research.story.story import Story
from overnight.research.views.wording import percent

SPENT = "spent: sum of the levels so far"


def budget_chart(story: Story, canvas: Canvas) -> dict[str, object]:
    """Two staircases over the tests: spent, which stays under what is allowed."""
    import altair as alt

    errors = story.errors
    last = max(errors.tests, 1)
    allowed = f"allowed: {percent(errors.error_rate)} of (keeps + 1)"
    spent: list[Row] = [{"x": draw.test - 0.5, "y": draw.spent, "what": SPENT} for draw in errors.draws]
    bounds: list[Row] = [{"x": draw.test - 0.5, "y": draw.allowed, "what": allowed} for draw in errors.draws]
    now = errors.error_rate * (len(story.keeps) + 1)
    spent += [{"x": last + 1.5, "y": errors.spent, "what": SPENT}]
    bounds += [{"x": end, "y": now, "what": allowed} for end in (last + 0.5, last + 1.5)]
    across = alt.Scale(domain=[0.5, last + 1.5], nice=False)
    x = alt.X("x:Q", title="test", scale=across, axis=canvas.across(whole=last + 1))
    y = alt.Y("y:Q", title="false keeps to be expected, at most", scale=alt.Scale(domainMin=0), axis=alt.Axis(tickCount=5))
    colour, shape = key({allowed: (canvas.palette.head, LINE), SPENT: (canvas.palette.trial, SQUARE)})
    layers: list[alt.Chart] = [
        alt.Chart(table(spent)).mark_area(interpolate="step-after", opacity=0.3).encode(x=x, y=y, color=colour),
        alt.Chart(table(spent)).mark_line(interpolate="step-after", strokeWidth=2).encode(x=x, y=y, color=colour),
        alt.Chart(table(bounds)).mark_line(interpolate="step-after", strokeWidth=2).encode(x=x, y=y, color=colour),
        alt.Chart(table([])).mark_point(filled=True).encode(x=x, y=y, color=colour, shape=shape),  # for the legend alone
    ]
    chart = alt.layer(*layers).properties(
        width=canvas.width, height=200, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    return finish(chart, canvas)
