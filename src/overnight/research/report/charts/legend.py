"""Legends: one for colour and shape together, and marks that look like what they stand for.

No two marks that meet in a chart differ in colour alone.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt

# Paths in a square from -1 to 1, filled; vega scales them to the symbol's size.
LINE = "M-1.4,-0.2H1.4V0.2H-1.4Z"
DASHES = "M-1.4,-0.15H-0.7V0.15H-1.4ZM-0.35,-0.15H0.35V0.15H-0.35ZM0.7,-0.15H1.4V0.15H0.7Z"
DOT = "circle"
KEEP = "M-1.4,-0.2H-0.6A0.63,0.63 0 0 1 0.6,-0.2H1.4V0.2H0.6A0.63,0.63 0 0 1 -0.6,0.2H-1.4Z"  # a line with a dot on it
SQUARE = "square"
DIAMOND = "diamond"
UP = "triangle-up"
DOWN = "triangle-down"
CROSS = "M-0.8,-0.55L-0.55,-0.8L0,-0.25L0.55,-0.8L0.8,-0.55L0.25,0L0.8,0.55L0.55,0.8L0,0.25L-0.55,0.8L-0.8,0.55L-0.25,0Z"


def key(marks: Mapping[str, tuple[str, str]]) -> "tuple[alt.Color, alt.Shape]":
    """Colour and shape of the field `what`, from each of its values to (colour, shape); vega merges the two legends."""
    import altair as alt

    names = list(marks)
    colours, shapes = [colour for colour, _ in marks.values()], [shape for _, shape in marks.values()]
    return (
        alt.Color("what:N", scale=alt.Scale(domain=names, range=colours), legend=alt.Legend(title=None, symbolOpacity=1)),
        alt.Shape("what:N", scale=alt.Scale(domain=names, range=shapes), legend=alt.Legend(title=None, symbolOpacity=1)),
    )
