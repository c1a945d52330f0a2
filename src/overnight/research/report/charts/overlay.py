"""The overlay: the proven head of two campaigns over the trials that each has spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from overnight.research.report.charts.canvas import Canvas, Row, finish, table
from overnight.research.report.charts.legend import DIAMOND, DOT, KEEP, key
from overnight.research.story.spread import Interval

if TYPE_CHECKING:
    import altair as alt

_BAND_ROOM = 1.0  # of the range of the heads: wider bands are cut at the edge
_MARGIN = 0.06  # of the range
_DASH = [7, 3]  # of the second line, so that they differ in more than colour
# Its mark in the legend: dashes with a diamond between them, in a square from -1 to 1.
DASHED_KEEP = "M-1.4,-0.2H-0.85V0.2H-1.4ZM0.85,-0.2H1.4V0.2H0.85ZM0,-0.7L0.7,0L0,0.7L-0.7,0Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """A head, by its fresh trials, and after how many trials of the campaign it became the head."""

    number: int
    trials: int
    band: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The heads of one campaign, oldest first."""

    name: str
    first: bool  # of the two
    trials: int  # in all
    reigns: tuple[Reign, ...]


def overlay_chart(courses: Sequence[Course], title: str, canvas: Canvas) -> dict[str, object]:
    """Both courses on common axes."""
    import altair as alt

    last = max([1, *(course.trials for course in courses)])
    low, high = _window([reign.band for course in courses for reign in course.reigns])
    x = alt.X("x:Q", title="trials", scale=alt.Scale(domain=[0, last], nice=False), axis=canvas.across(whole=last))
    y = alt.Y("y:Q", title=title, scale=alt.Scale(domain=[low, high], zero=False, nice=False, clamp=True))
    palette = canvas.palette
    marks = {course.name: (palette.head, KEEP) if course.first else (palette.trial, DASHED_KEEP) for course in courses}
    colour, shape = key(marks)
    layers = [layer.encode(x=x, y=y, color=colour) for course in courses for layer in _layers(course, canvas)]
    layers += [alt.Chart(table([])).mark_point(filled=True).encode(x=x, y=y, color=colour, shape=shape)]  # for its legend
    chart = alt.layer(*layers).properties(
        width=canvas.width,
        height=280 if canvas.narrow else 360,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    return finish(chart, canvas)


def _layers(course: Course, canvas: Canvas) -> "list[alt.Chart]":
    """Band, line, keeps and their numbers; the first course is solid, the second dashed."""
    import altair as alt

    means = [{**_row(course, reign.trials, reign.band.mid), "name": f"#{reign.number}"} for reign in course.reigns]
    ends = [*(reign.trials for reign in course.reigns[1:]), course.trials]
    bands = [
        {**_row(course, reign.trials, reign.band.low), "x2": end, "y2": reign.band.high}
        for reign, end in zip(course.reigns, ends, strict=False)
    ]
    steps = [*means, *({**mean, "x": course.trials} for mean in means[-1:])]
    dash = [1, 0] if course.first else _DASH
    kept = means[1:]
    return [
        alt.Chart(table(bands)).mark_rect(opacity=0.14).encode(x2="x2", y2="y2"),
        alt.Chart(table(steps)).mark_line(interpolate="step-after", strokeWidth=2.5, strokeDash=dash),
        alt.Chart(table(kept)).mark_point(shape=DOT if course.first else DIAMOND, size=70, filled=True, opacity=1),
        *(_names(kept, course, halo, canvas) for halo in (3, 0)),
    ]


def _names(kept: Sequence[Row], course: Course, halo: int, canvas: Canvas) -> "alt.Chart":
    """The numbers of the keeps, above the line of the first course and below that of the second."""
    import altair as alt

    names: alt.Chart = (
        alt.Chart(table(kept))
        .mark_text(
            align="left",
            baseline="bottom" if course.first else "top",
            dx=6,
            dy=-6 if course.first else 6,
            fontSize=12,
            fontWeight="bold",
            stroke=canvas.palette.paper,
            strokeWidth=halo,
        )
        .encode(text="name:N")
    )
    return names


def _row(course: Course, x: float, y: float) -> Row:
    return {"x": x, "y": y, "what": course.name}


def _window(bands: Sequence[Interval]) -> tuple[float, float]:
    """All heads, and their bands as far as these do not dwarf them."""
    mids = [band.mid for band in bands]
    least, most = min(mids), max(mids)
    room = _BAND_ROOM * (most - least or abs(most) or 1.0)
    low = max(min(band.low for band in bands), least - room)
    high = min(max(band.high for band in bands), most + room)
    margin = _MARGIN * (high - low or abs(high) or 1.0)
    return low - margin, high + margin
