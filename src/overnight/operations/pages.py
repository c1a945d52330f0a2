"""All pages: those of our rooms, each a module of a room's package `pages`, with its constant `PAGE`."""

import importlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from urllib.parse import quote, urlencode

from overnight.operations.page import AnyPage, Page

CONSTANT = "PAGE"
ROOT = Path(__file__).parents[1]
LONGEST = 2000  # characters of an address
_PART = re.compile(r"\{(\w+)\}")


@cache
def pages() -> Mapping[str, AnyPage]:
    """All of them by their addresses, those with fewer inputs first."""
    found = [page_of(module) for module in modules()]
    ordered = sorted(found, key=lambda page: (len(_PART.findall(page.address)), page.address))
    return {page.address: page for page in ordered}


@cache
def modules() -> list[ModuleType]:
    """The modules that have a page each."""
    packages = [(f"{ROOT.name}.{folder.parent.name}.pages", folder) for folder in sorted(ROOT.glob("*/pages"))]
    packages.append((f"{ROOT.name}.operations.own_pages", ROOT / "operations" / "own_pages"))
    return [
        importlib.import_module(f"{package}.{file.stem}")
        for package, folder in packages
        for file in sorted(folder.glob("*.py"))
        if not file.stem.startswith("_")
    ]


def page_of(module: ModuleType) -> AnyPage:
    """The page of a module.

    Raises:
        TypeError: it has none.
    """
    found = getattr(module, CONSTANT, None)
    if not isinstance(found, Page):
        raise TypeError(f"{module.__name__} has no {CONSTANT}")
    return found


def find_page(address: str) -> tuple[AnyPage, Mapping[str, str]] | None:
    """The page at an address without its query, and the parts that it names; None if there is none."""
    from urllib.parse import unquote

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
    """The address of a page with these parts."""
    return _PART.sub(lambda part: quote(str(parts[part[1]]), safe=""), pattern)


def with_query(address: str, **inputs: object) -> str:
    """An address with inputs that are not part of its path; those that are None are left out."""
    pairs = {name: str(value) for name, value in inputs.items() if value is not None}
    return f"{address}?{urlencode(pairs)}" if pairs else address
