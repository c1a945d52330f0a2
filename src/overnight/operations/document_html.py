"""A page of our documentation as HTML: no markup of its own, no style, and links that lead to pages here.

Does not cover: Markdown of others. The text is ours, installed with this version; what it has of HTML is escaped all the same.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from overnight.operations.documentation import documents, slug, without_front
from overnight.operations.pages import address_of

if TYPE_CHECKING:
    from markdown_it.token import Token
    from markupsafe import Markup

DOC = "/docs/{name}"  # the address of a page
_SCROLLS = 'class="scroll" tabindex="0" role="region"'
_WIDE = {
    "<pre>": f'<pre {_SCROLLS} aria-label="Example">',
    "<table>": f'<div {_SCROLLS} aria-label="Table"><table>',
    "</table>": "</table></div>",
}
_OURS = re.compile(r"(?:\./|docs/)?([\w-]+)\.md(#[\w-]*)?")


def to_html(text: str) -> "Markup":
    """The text below its title, which the page has already."""
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = made.parse(without_front(text))
    body = tokens[3:] if tokens and tokens[0].tag == "h1" else tokens
    for before, token in zip([None, *body], body, strict=False):
        if before is not None and before.type == "heading_open":
            before.attrs["id"] = slug(token.content)
        token.attrs.pop("style", None)  # of a column's side, which the policy of our pages does not allow
        token.children = _linked(token.children or []) if token.children is not None else None
    found = made.renderer.render(body, made.options, {})
    for plain, wide in _WIDE.items():  # tags of the renderer: those in a text are escaped
        found = found.replace(plain, wide)
    return Markup(found)  # noqa: S704  # ours, and escaped


def _linked(tokens: Sequence["Token"]) -> list["Token"]:
    """The tokens of a line: links to our pages lead there; other files and pictures are their texts."""
    known, kept, open_links = {page.name for page in documents()}, [], list[bool]()
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrs.get("href", "")), known)
            open_links.append(bool(address))
            token.attrs["href"] = address
        if token.type in {"link_open", "link_close"} and not open_links[-1]:
            if token.type == "link_close":
                open_links.pop()
            continue
        if token.type == "link_close":
            open_links.pop()
        if token.type == "image":
            token.type, token.tag, token.children = "text", "", None
        kept.append(token)
    return kept


def _address(href: str, known: set[str]) -> str:
    """Where a link leads here; empty if it leads to no page of ours."""
    if href.startswith(("#", "https://")):
        return href
    found = _OURS.fullmatch(href)
    return f"{address_of(DOC, name=found[1])}{found[2] or ''}" if found and found[1] in known else ""
