"""The only way to render pages: everything is escaped, and every text is made printable."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from overnight.operations.page import AnyPage
from overnight.operations.pages import address_of, modules, page_of, pages
from overnight.web.calls import Looked
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from jinja2 import Environment

_TEXT = 5_000  # characters of one piece of text


@cache
def environment() -> "Environment":
    """Our own templates, then those beside the pages; a missing name is an error."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

    packages = sorted({module.__name__.rpartition(".")[0] for module in modules()})
    beside = PrefixLoader({package: PackageLoader(package, "") for package in packages})
    made = Environment(
        loader=ChoiceLoader([PackageLoader("overnight.web", "templates"), beside]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters["short"] = printable
    made.globals["address_of"] = address_of
    return made


@cache
def _template_names() -> Mapping[str, str]:
    """The template of each page, by the page's address."""
    found = ((page_of(module), module.__name__.rpartition(".")[0]) for module in modules())
    return {page.address: f"{package}/{page.template}" for page, package in found}


def navigation() -> list[tuple[str, str]]:
    """The words of pages without inputs, and their addresses."""
    return [(page.word, page.address) for page in pages().values() if page.word]


def render_html(looked: Looked) -> str:
    """A page as HTML."""
    page: AnyPage = looked.page
    return (
        environment()
        .get_template(_template_names()[page.address])
        .render(
            title=looked.title,
            navigation=navigation(),
            found=looked.found,
            given=looked.given,
            here=looked.here,
            links=looked.links,
            **page.beside(looked.context, looked.given, looked.found),
        )
    )


def _visible(value: object) -> object:
    """Every text that a template prints, with control and bidirectional characters made visible; what is safe passes."""
    return printable(value, _TEXT) if type(value) is str else value
