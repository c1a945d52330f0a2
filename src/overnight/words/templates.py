"""The only way to render templates: everything is escaped, every text is made printable, and a missing name is an error."""

from typing import TYPE_CHECKING

from overnight.words.foreign import printable

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

TEXT = 5_000  # characters of one piece of text


def escaping(loader: "BaseLoader") -> "Environment":
    """Templates of a loader."""
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters["short"] = printable
    return made


def _visible(value: object) -> object:
    """Every text that a template prints, with control and bidirectional characters made visible; what is safe passes."""
    return printable(value, TEXT) if type(value) is str else value
