"""One page of the documentation; its Markdown twin is the file itself."""

from collections.abc import Mapping

from overnight.operations.document_html import to_html
from overnight.operations.operation import Context
from overnight.operations.own import docs
from overnight.operations.page import Page


def beside(_context: Context, _given: docs.DocsInput, found: docs.Docs) -> Mapping[str, object]:
    """The text as HTML."""
    return {"shown": to_html(found.text)}


PAGE = Page(
    address="/docs/{name}",
    operation=docs.OPERATION,
    title=lambda found: found.pages[0].title.replace("`", ""),
    template="doc.html.j2",
    beside=beside,
    markdown=lambda found: found.text,
)
