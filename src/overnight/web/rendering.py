"""The pages as HTML, by our own templates and those beside the pages."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from overnight.operations.page import AnyPage
from overnight.operations.pages import address_of, find_page, modules, package_of, pages
from overnight.operations.registry import offered
from overnight.web.calls import HOME, Looked
from overnight.web.order_forms import OrderForm, order_form
from overnight.web.picture_addresses import picture_address
from overnight.words.templates import SHARED, escaping

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment() -> "Environment":
    """Our own templates, then those beside the pages."""
    from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

    packages = sorted({module.__name__.rpartition(".")[0] for module in modules()})
    beside = PrefixLoader({package: PackageLoader(package, "") for package in packages})
    made = escaping(ChoiceLoader([PackageLoader("overnight.web", "templates"), PackageLoader("overnight", SHARED), beside]))
    made.globals |= {"address_of": address_of, "crumbs": crumbs, "picture_address": picture_address}
    return made


def warm_up() -> None:
    """Import what pages and operations need, and compile the templates, so that no request waits for that.

    Raises:
        UserError: another package has a page or an operation that cannot be; each request says so too.
    """
    made = environment()
    for name in made.list_templates(extensions=("j2",)):
        made.get_template(name)
    list(offered())


def navigation() -> list[tuple[str, str]]:
    """The words of pages that have one, and their addresses; that of the first page first."""
    found = [(page.word, page.address) for page in pages().values() if page.word]
    return sorted(found, key=lambda each: (each[1] != HOME, each))


def crumbs(here: str) -> list[tuple[str, str]]:
    """The pages above this one, the highest first: words and addresses."""
    parts = here.split("/")
    above = ["/".join(parts[:end]) for end in range(2, len(parts))]
    return [(unquote(address.rpartition("/")[2]), address) for address in above if find_page(address)]


def render_html(looked: Looked, *, may_order: bool) -> str:
    """A page as HTML, with forms for its orders if its reader may give some."""
    page: AnyPage = looked.page

    def order(name: str, offers: Mapping[str, Sequence[str]] | None = None, /, **given: object) -> OrderForm:
        """The form of an operation, with these inputs given, and for others a choice of values."""
        return order_form(name, looked, given, offers or {})

    return (
        environment()
        .get_template(f"{package_of(page)}/{page.template}")
        .render(
            title=looked.title,
            navigation=navigation(),
            found=looked.found,
            given=looked.given,
            here=looked.here,
            links=() if page.shows_links else looked.links,
            may_order=may_order,
            orders=page.orders if may_order else (),
            order=order,
            **page.beside(looked.context, looked.given, looked.found),
        )
    )


def render_refusal(status: int, message: str, fix: str, here: str) -> str:
    """What is shown in place of a page that cannot be."""
    return environment().get_template("refusal.html.j2").render(status=status, message=message, fix=fix, here=here)
