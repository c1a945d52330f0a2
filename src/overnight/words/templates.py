"""The only way to render templates: everything is escaped, each text printable and without what looks like a secret."""

from typing import TYPE_CHECKING

from overnight.words.foreign import printable
from overnight.words.secret_shapes import hide_shapes

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

TEXT = 5_000  # characters of one piece of text


def escaping(loader: "BaseLoader") -> "Environment":
    """Templates of a loader; a missing name is an error."""
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
    """Every text that a template prints, without what looks like a secret, all of it visible; what is safe passes."""
    return printable(hide_shapes(value), TEXT) if type(value) is str else value
