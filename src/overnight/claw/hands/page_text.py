"""The text of an HTML page: what a reader sees of it, without scripts, styles, pictures and what is hidden in attributes. Pure.

Does not cover: text that a style hides from people, which is foreign like all of it.
"""

from html.parser import HTMLParser

MOST_DEPTH = 5_000  # tags that are open at once
_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "head", "select"})
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "footer", "form", "h1"),
        *("h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th"),
        *("tr", "ul"),
    )
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.title: list[str] = []
        self._skipped: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # the parser's signature
        self._in_title = tag == "title"
        if tag in _SKIPPED and len(self._skipped) < MOST_DEPTH:
            self._skipped.append(tag)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag in self._skipped:
            while self._skipped.pop() != tag:
                pass
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_startendtag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._skipped:
            self.parts.append(data)


def text_of(html: str) -> tuple[str, str]:
    """The title and the text of a page, in lines; nothing of an HTML that cannot be read is an error."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return " ".join("".join(reader.title).split()), "\n".join(line for line in lines if line)
