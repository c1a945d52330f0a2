"""A page: what an operation reads, at an address: HTML for people, JSON for programs, Markdown for agents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from overnight.operations.operation import Context, I, O, Operation

REPOSITORY = "repo"  # the part of an address that says which repository a page is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to look next."""

    address: str
    about: str  # what is there


def _nothing_watched(_context: Context, _given: object) -> Sequence[Path]:
    return ()


def _nothing_beside(_context: Context, _given: object, _found: object) -> Mapping[str, object]:
    return {}


def _no_links(_found: object, _here: str) -> Sequence[Link]:
    return ()


# No slots: see Operation.
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Page(Generic[I, O]):
    """One kind of page.

    `address` has the operation's inputs in braces, such as `/repos/{repo}/campaigns/{tag}`; `{repo}` is the repository that
    it is about. Other inputs come as a query, `?limit=50`. `.json` and `.md` behind an address are its twins.
    """

    address: str
    operation: Operation[I, O]  # that only reads
    title: Callable[[O], str]
    template: str  # a file beside the page's module; it is given `found`, `given`, `here` and what `beside` adds
    word: str = ""  # in the navigation; empty: not there
    orders: Sequence[str] = ()  # operations that can be called from it
    links: Callable[[O, str], Sequence[Link]] = _no_links  # from its address, where to look next
    shows_links: bool = False  # its template has them, so that HTML need not list them at the end as well
    watches: Callable[[Context, I], Sequence[Path]] = _nothing_watched  # files that change when it does
    beside: Callable[[Context, I, O], Mapping[str, object]] = _nothing_beside  # for the template alone
    markdown: Callable[[O], str] | None = None  # its Markdown twin; None: one made from its fields
    picture: Callable[[Context, O, str], bytes | None] | None = None  # that it shows, by its name: see `web/pictures.py`


AnyPage = Page[Any, Any]  # Any: faces take pages of every operation
