"""The only way to render pages: everything is escaped, and every text is made printable."""

from typing import TYPE_CHECKING

from overnight.words.foreign import printable

if TYPE_CHECKING:
    from jinja2 import Environment

_TEXT = 5_000  # characters of one piece of text


def environment() -> "Environment":
    """Templates of this package; a missing name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("overnight.research", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters["short"] = printable
    return made


def _visible(value: object) -> object:
    """Every text that a template prints, with control and bidirectional characters made visible; pictures pass."""
    return printable(value, _TEXT) if type(value) is str else value
