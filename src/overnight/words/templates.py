"""The only way to render templates: everything is escaped, each text printable and without what looks like a secret."""

from typing import TYPE_CHECKING

from overnight.words.foreign import printable
from overnight.words.moments import moment
from overnight.words.quantities import compact, counted, duration, size_text
from overnight.words.secret_shapes import hide_shapes

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment
    from markupsafe import Markup

TEXT = 5_000  # characters of one piece of text
SHARED = "look/templates"  # what the pages of every server are made of, in the package `overnight`


def escaping(loader: "BaseLoader") -> "Environment":
    """Templates of a loader, with filters for what pages show; a missing name is an error."""
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters |= {
        "short": printable,
        "moment": _moment,
        "duration": duration,
        "compact": compact,
        "count_of": counted,
        "size": size_text,
        "whole": _whole,
        "coded": _coded,
        "sentence": _sentence,
    }
    return made


def _visible(value: object) -> object:
    """Every text that a template prints, without what looks like a secret, all of it visible; what is safe passes."""
    return printable(hide_shapes(value), TEXT) if type(value) is str else value


def _whole(text: str) -> "Markup":
    """What a person approves, made printable before and not shortened."""
    from markupsafe import Markup, escape

    return Markup("{}").format(escape(printable(text, len(text) * 12)))  # escaped


def _moment(at: float) -> "Markup":
    """A point in time, which no line breaks."""
    from markupsafe import Markup

    return Markup("<time>{}</time>").format(moment(at))  # escaped


def _coded(text: str) -> "Markup":
    """A sentence in which what stands between backticks is code, escaped and printable."""
    from markupsafe import Markup

    parts = printable(hide_shapes(text), TEXT).split("`")
    if len(parts) % 2 == 0:  # one of them has no other
        parts = ["`".join(parts)]
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if place % 2 else part for place, part in enumerate(parts))


def _sentence(text: str) -> str:
    """A text that begins like a sentence."""
    return text[:1].upper() + text[1:]
