"""Numbers of experiments beside their marks, with a halo so that no line runs through one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from overnight.research.report.charts.canvas import Canvas, Row, table

if TYPE_CHECKING:
    import altair as alt

_HALO = 3  # px


def numbers(rows: Sequence[Row], canvas: Canvas, *, colour: str) -> "list[alt.Chart]":
    """The field `name` of each row, right above its place; halos first."""
    return [_texts(rows, colour=colour, halo=(canvas.palette.paper, _HALO)), _texts(rows, colour=colour, halo=(colour, 0))]


def _texts(rows: Sequence[Row], *, colour: str, halo: tuple[str, int]) -> "alt.Chart":
    import altair as alt

    stroke, width = halo
    texts: alt.Chart = (
        alt.Chart(table(rows))
        .mark_text(
            align="left",
            baseline="bottom",
            dx=5,
            dy=-5,
            fontSize=12,
            fontWeight="bold",
            color=colour,
            stroke=stroke,
            strokeWidth=width,
        )
        .encode(text="name:N")
    )
    return texts
