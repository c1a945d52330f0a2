"""The templates of the report."""

from typing import TYPE_CHECKING

from overnight.words.templates import escaping

if TYPE_CHECKING:
    from jinja2 import Environment


def environment() -> "Environment":
    """All of them."""
    from jinja2 import PackageLoader

    return escaping(PackageLoader("overnight.research", "report"))
