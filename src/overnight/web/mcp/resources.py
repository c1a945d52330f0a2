"""Resources of MCP: the pages as Markdown, each by `overnight://` before its address."""

import re
from collections.abc import Callable, Iterable, Sequence

from overnight.errors import UserError
from overnight.operations.fields import InputField, foreign_inputs_of
from overnight.operations.operation import Argument
from overnight.operations.page import REPOSITORY, AnyPage
from overnight.operations.pages import address_of, pages
from overnight.web.calls import Caller
from overnight.web.markdown import markdown_of
from overnight.web.mcp.looking import SCHEME, place
from overnight.web.mcp.messages import WRONG_PARAMS, Failure, Json
from overnight.web.mcp.ongoing import Ongoing
from overnight.web.mcp.tool_context import ToolContext
from overnight.words.foreign import printable_lines

MOST = 40_000  # characters of a page
LISTED = 100  # resources
KIND = "text/markdown"
_PART = re.compile(r"\{(\w+)\}")


def fixed(caller: Callable[[], Caller]) -> Json:
    """Pages whose address is whole, and those of each repository, if they show something whatever is in it."""
    ready = [page for page in _offered() if all(field.default is not ... for field in _asked(page))]
    whole = [page.address for page in ready if not _PART.findall(page.address)]
    of_one = [page.address for page in ready if _PART.findall(page.address) == [REPOSITORY] and not _names_something(page)]
    found = [*whole, *(address_of(address, repo=name) for name in _served(caller) for address in of_one)][:LISTED]
    return {"resources": [{"uri": f"{SCHEME}{address}", "name": address, "mimeType": KIND} for address in found]}


def templates() -> Json:
    """Addresses with parts, and with what they take as a query."""
    found = [page for page in _offered() if _PART.findall(page.address) or _asked(page)]
    return {
        "resourceTemplates": [
            {
                "uriTemplate": f"{SCHEME}{page.address}{_query(page)}",
                "name": page.address,
                "description": page.operation.about,
                "mimeType": KIND,
            }
            for page in found
        ]
    }


def _offered() -> Sequence[AnyPage]:
    """The pages that an agent can read."""
    return [page for page in pages().values() if not page.operation.owner_only]


def read(caller: Callable[[], Caller], uri: object, clean: Callable[[str], str]) -> Json:
    """A page.

    Raises:
        Failure: there is none.
    """
    if not isinstance(uri, str) or not uri.startswith(f"{SCHEME}/"):
        raise Failure(WRONG_PARAMS, f"`uri` has to begin with {SCHEME}/, such as {SCHEME}/home")
    try:
        looked = place(uri, ToolContext(caller(), Ongoing(), clean, {})).look()
    except UserError as error:
        raise Failure(WRONG_PARAMS, clean(printable_lines(str(error), MOST))) from error
    text = clean(markdown_of(looked))
    if len(text) > MOST:
        text = f"{text[:MOST].rpartition(chr(10))[0]}\n\n(cut here; the tool `look` shows each part)\n"
    return {"contents": [{"uri": uri, "mimeType": KIND, "text": text}]}


def _served(caller: Callable[[], Caller]) -> Iterable[str]:
    try:
        return caller().repositories
    except UserError:  # a repository is gone: the tools say so
        return ()


def _query(page: AnyPage) -> str:
    rest = [field.name for field in _asked(page)]
    return f"{{?{','.join(rest)}}}" if rest else ""


def _names_something(page: AnyPage) -> bool:
    """Whether it takes by name what it shows, such as two campaigns: without names there may be nothing."""
    return any(isinstance(field.place, Argument) for field in _asked(page))


def _asked(page: AnyPage) -> Sequence[InputField]:
    """What its operation takes beside the parts of its address."""
    parts = _PART.findall(page.address)
    return [field for field in foreign_inputs_of(page.operation) if field.name not in parts]
