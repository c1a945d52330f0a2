"""All pages: those of our rooms, and those that other packages add by the entry point `overnight.pages`.

A page is a module of a room's package `pages`: its constant `PAGE`, with its template beside it. Those of the rooms below
`operations` are in `operations/own_pages`. Another package names a package of such modules:

    [project.entry-points."overnight.pages"]
    mine = "my_package.pages"

Does not cover: whether such a package is harmless. What is installed beside us is trusted as we are.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from urllib.parse import quote, unquote, urlencode

from overnight.errors import UserError
from overnight.operations.fields import inputs_of
from overnight.operations.operation import Tier
from overnight.operations.page import REPOSITORY, AnyPage, Page
from overnight.operations.registry import added_packages

GROUP = "overnight.pages"  # of entry points
CONSTANT = "PAGE"
ROOT = Path(__file__).parents[1]
LONGEST = 2000  # characters of an address
TWINS = (".json", ".md")  # ends of addresses that ask for a page in another form
_PART = re.compile(r"\{(\w+)\}")


@cache
def pages() -> Mapping[str, AnyPage]:
    """All of them by their addresses, those with fewer inputs first; an address that we have ourselves stays ours.

    Raises:
        UserError: a module has no page, or one that cannot be.
    """
    return {address: page_of(module) for address, module in _by_address().items()}


def package_of(page: AnyPage) -> str:
    """The package of a page's module, where its template is."""
    return _by_address()[page.address].__name__.rpartition(".")[0]


@cache
def _by_address() -> Mapping[str, ModuleType]:
    """The module of each page."""
    found = {page_of(module).address: module for module in reversed(modules())}
    return {address: found[address] for address in sorted(found, key=lambda each: (len(parts_of(each)), each))}


@cache
def modules() -> list[ModuleType]:
    """The modules that have a page each, ours first."""
    packages = [(f"{ROOT.name}.{folder.parent.name}.pages", folder) for folder in sorted(ROOT.glob("*/pages"))]
    packages.append((f"{ROOT.name}.operations.own_pages", ROOT / "operations" / "own_pages"))
    packages += [(package, folder) for package, folders in added_packages(GROUP).items() for folder in folders]
    return [
        importlib.import_module(f"{package}.{file.stem}")
        for package, folder in packages
        for file in sorted(folder.glob("*.py"))
        if not file.stem.startswith("_")
    ]


def page_of(module: ModuleType) -> AnyPage:
    """The page of a module.

    Raises:
        UserError: it has none, or one that cannot be.
    """
    found = getattr(module, CONSTANT, None)
    if not isinstance(found, Page):
        raise UserError(f"{module.__name__} has no page", fix=f"its constant {CONSTANT} must be one")
    if fault := next(_faults(found, module), None):
        raise UserError(f"the page {found.address} of {module.__name__} {fault}", fix="see docs/pages.md")
    return found


def parts_of(pattern: str) -> list[str]:
    """The names in braces, in order."""
    return _PART.findall(pattern)


def _faults(page: AnyPage, module: ModuleType) -> Iterator[str]:
    """Why it cannot be a page."""
    operation, parts = page.operation, parts_of(page.address)
    known = {field.name for field in inputs_of(operation)}
    if operation.tier is not Tier.READ or operation.raised or operation.egress or operation.lasts:
        yield f"shows `{operation.name}`, which does more than read, or takes minutes"
    if unknown := [part for part in parts if part not in known and part != REPOSITORY]:
        yield f"names {unknown[0]}, no input of `{operation.name}`"
    if (REPOSITORY in parts) is operation.of_machine:
        yield f"must have {{{REPOSITORY}}} in its address if and only if `{operation.name}` is about a repository"
    if page.word and parts:
        yield "cannot be in the navigation, as its address has inputs"
    if not (Path(module.__file__ or "").parent / page.template).is_file():
        yield f"has no template {page.template} beside its module"


def find_page(address: str) -> tuple[AnyPage, Mapping[str, str]] | None:
    """The page at an address without its query, and the parts that it names; None if there is none."""
    if len(address) > LONGEST:
        return None
    parts = [unquote(part) for part in address.split("/")]
    for page in pages().values():
        named = page.address.split("/")
        if len(named) != len(parts):
            continue
        pairs = list(zip(named, parts, strict=True))
        if all((part and _PART.fullmatch(name)) or name == part for name, part in pairs):
            return page, {name[1:-1]: part for name, part in pairs if _PART.fullmatch(name)}
    return None


def address_of(pattern: str, **parts: object) -> str:
    """The address of a page with these parts; the name of a thing that ends as a twin's address does is none of a twin."""
    found = _PART.sub(lambda part: quote(str(parts[part[1]]), safe=""), pattern)
    form = next((each for each in TWINS if found.endswith(each)), "")
    return f"{found.removesuffix(form)}{form.replace('.', '%2E')}"


def with_query(address: str, **inputs: object) -> str:
    """An address with inputs that are not part of its path; those that are None are left out."""
    pairs = {name: str(value) for name, value in inputs.items() if value is not None}
    return f"{address}?{urlencode(pairs)}" if pairs else address
