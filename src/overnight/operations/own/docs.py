"""The pages of the documentation that is installed with this version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.operations.documentation import Document, document, documents, lines_with
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Origin

MOST_LINES = 5  # of a page that a search shows
LINE = 200  # characters of each


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsInput:
    """Which page, or which words."""

    name: Annotated[str, Argument(about="Of a page, such as run; without it all are listed.")] = ""
    part: Annotated[str, Option(about="Only the part of the page below this heading.")] = ""
    search: Annotated[str, Option(about="Only pages that have all of these words, with the lines that do.")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocEntry:
    """One page in a list."""

    name: str
    title: str
    about: str  # its first sentence
    parts: Sequence[str]  # its headings
    lines: Sequence[str]  # that a search found; empty without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Docs:
    """What `docs --json` prints."""

    pages: Sequence[DocEntry]  # those that were asked for
    text: str  # of the page or part, in Markdown; empty: a list was asked for


def run(_context: Context, given: DocsInput) -> Docs:
    """A list, or a page."""
    if not given.name:
        if given.part:
            raise UserError("a part is one of a page", fix="name the page")
        return Docs(pages=_listed(given.search), text="")
    if given.search:
        raise UserError("a page and --search cannot be used together", fix="use one of them")
    page = document(given.name)
    return Docs(pages=[_entry(page)], text=page.part(given.part) if given.part else page.text)


def _listed(search: str) -> Sequence[DocEntry]:
    words = search.split()
    if not words:
        return [_entry(page) for page in documents()]
    found = [(page, lines) for page in documents() if (lines := lines_with(words, page))]
    return [_entry(page, lines) for page, lines in sorted(found, key=lambda pair: -len(pair[1]))]


def _entry(page: Document, lines: Sequence[str] = ()) -> DocEntry:
    shown = [line[:LINE] for line in lines[:MOST_LINES]]
    return DocEntry(name=page.name, title=page.title, about=page.about, parts=page.parts, lines=shown)


def render(found: Docs) -> str:
    """The page as it is, or a line for each."""
    if found.text:
        return found.text
    if not found.pages:
        return "no page has all of these words"
    lines = [line for page in found.pages for line in (f"{page.name:12} {page.about}", *(f"    {each}" for each in page.lines))]
    return "\n".join([*lines, "to read one: overnight docs NAME"])


OPERATION = Operation(
    name="docs",
    about="List the pages of the documentation, print one, or search them.",
    input=DocsInput,
    output=Docs,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
