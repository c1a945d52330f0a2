"""What all charts share: size, fonts, axes, and offline rendering to SVG and PNG."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from overnight.research.report.charts.palette import Palette
from overnight.words.foreign import printable

if TYPE_CHECKING:
    import altair as alt
    from altair.typing import ChartType
    from markupsafe import Markup

Cell = str | float | int
Row = Mapping[str, Cell]

FONT = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, 'DejaVu Sans', sans-serif"
_TEXT = 400  # characters of one text in a picture
_DESCRIPTION = 2_000  # characters of a picture's description
_SVG_START = re.compile(r'<svg [^>]*?width="(?P<width>[\d.]+)" height="(?P<height>[\d.]+)"[^>]*>')
_ROLES = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*"|aria-hidden="true"|class="[^"]*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """Where a chart is drawn."""

    width: int  # px, of the whole picture
    palette: Palette

    @property
    def narrow(self) -> bool:
        """Whether it is for a phone."""
        return self.width < 500  # noqa: PLR2004  # px

    def across(self, *, grid: bool = False, whole: int | None = None) -> "alt.Axis":
        """A horizontal axis with as many labels as fit; `whole` numbers up to this one, if given."""
        import altair as alt

        most = 5 if self.narrow else 10
        if whole is None:
            return alt.Axis(grid=grid, labelFlush=False, tickCount=most)
        return alt.Axis(grid=grid, labelFlush=False, tickCount=min(most, whole), tickMinStep=1, format=",d")


def table(rows: Sequence[Row]) -> "alt.InlineData":
    """Rows as chart data, inlined."""
    import altair as alt

    data = alt.InlineData(values=[])
    data["values"] = [dict(row) for row in rows]  # set late: altair would check each cell against its schema, for seconds
    return data


def finish(chart: "ChartType", canvas: Canvas) -> dict[str, object]:
    """The chart's specification in the house style."""
    palette = canvas.palette
    axis = {
        "labelColor": palette.faint,
        "titleColor": palette.faint,
        "gridColor": palette.grid,
        "domainColor": palette.grid,
        "tickColor": palette.grid,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    }
    legend = {"labelColor": palette.ink, "labelFontSize": 12, "labelLimit": 0, "symbolSize": 80, "orient": "top", "title": None}
    title = {"color": palette.ink, "subtitleColor": palette.faint, "anchor": "start", "fontSize": 17, "subtitleFontSize": 13}
    specification: dict[str, object] = _visible(chart.to_dict(validate=False))
    specification["config"] = {
        "aria": False,  # the picture is described as a whole, next to a table
        "background": palette.paper,
        "font": FONT,
        "axis": axis,
        "legend": {**legend, "columns": 1 if canvas.narrow else 3},
        "view": {"stroke": None},
        "title": title,
    }
    return specification


def _visible(part: Any) -> Any:  # Any: JSON as altair gives it
    """The same JSON with every text printable: a control character in a text makes vl-convert abort the whole process."""
    if isinstance(part, str):
        return printable(part, _TEXT)
    if isinstance(part, dict):
        return {key: _visible(value) for key, value in part.items()}
    return [_visible(value) for value in part] if isinstance(part, list) else part


def to_svg(specification: Mapping[str, object], *, title: str, description: str, style: str) -> "Markup":
    """The chart as inline SVG of this CSS class that scales with its container and has a title and a description."""
    import vl_convert
    from markupsafe import Markup

    drawn = _ROLES.sub("", vl_convert.vegalite_to_svg(dict(specification)))
    start = _SVG_START.search(drawn)
    if start is None:
        raise ValueError("vl-convert made no SVG")
    width, height = start["width"], start["height"]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{style}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img"><title>{_described(title)}</title><desc>{_described(description)}</desc>'
    )
    return Markup(head + drawn[start.end() :])  # noqa: S704  # vega escapes the texts that it draws


def _described(text: str) -> str:
    return escape(printable(text, _DESCRIPTION))


def to_png(specification: Mapping[str, object]) -> bytes:
    """The chart as PNG, two pixels a point."""
    import vl_convert

    padded = {**specification, "padding": 16}
    picture: bytes = vl_convert.vegalite_to_png(padded, scale=2)
    return picture
