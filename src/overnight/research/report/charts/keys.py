"""One legend for colour and shape together."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt


def key(marks: Mapping[str, tuple[str, str]]) -> "tuple[alt.Color, alt.Shape]":
    """Colour and shape of the field `what`, from each of its values to (colour, shape); vega merges the two legends."""
    import altair as alt

    names = list(marks)
    colours, shapes = [colour for colour, _ in marks.values()], [shape for _, shape in marks.values()]
    return (
        alt.Color("what:N", scale=alt.Scale(domain=names, range=colours), legend=alt.Legend(title=None, symbolOpacity=1)),
        alt.Shape("what:N", scale=alt.Scale(domain=names, range=shapes), legend=alt.Legend(title=None, symbolOpacity=1)),
    )
