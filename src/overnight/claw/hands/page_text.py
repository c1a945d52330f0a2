"""The text of an HTML page: what a reader sees of it, without scripts, styles, pictures and what is hidden in attributes. Pure.

It goes over the page once, whatever is in it: the parser of the standard library takes hours for some pages of 2 MB.

Does not cover: text that a style hides from people, which is foreign like all of it.
"""

import html
import re
from collections import Counter

MOST_DEPTH = 5_000  # skipped tags that are open at once
_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "head", "select"})
_RAW = frozenset({"script", "style", "iframe", "title"})  # tags in which nothing is a tag but their own end
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "footer", "form", "h1"),
        *("h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th"),
        *("tr", "ul"),
    )
)
_TAG = re.compile(r"(/?)([a-zA-Z][^\s/>]{0,30})")
_ENDS = re.compile(r"""=\s{0,9}["']|>""")  # what a value in quotes begins with, or the end of a tag
_RAW_ENDS = {tag: re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE) for tag in _RAW}


class _Reader:
    """One page, read once from its beginning to its end."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._open: list[str] = []  # skipped tags
        self._count: Counter[str] = Counter()
        self.parts: list[str] = []
        self.title: list[str] = []

    def read(self) -> None:
        """Read all of it; what has no end goes to the end of the page."""
        at = 0
        while (begins := self._page.find("<", at)) >= 0:
            self._say(self._page[at:begins])
            at = self._markup(begins)
            if at < 0:
                return
        self._say(self._page[at:])

    def _markup(self, at: int) -> int:
        """Where what begins with this `<` ends; below 0: nowhere."""
        page = self._page
        if page.startswith("<!--", at):
            return _after(page, "-->", at + 4)
        if page.startswith(("<!", "<?"), at):
            return _after(page, ">", at)
        found = _TAG.match(page, at + 1)
        if not found:
            self._say("<")
            return at + 1
        tag, ends = found[2].lower(), self._end_of_tag(found.end())
        if tag in _BLOCKS:
            self.parts.append("\n")
        if found[1] or tag == "body":  # before which a head need not be closed
            self._close("head" if tag == "body" else tag)
        elif ends > 0 and tag in _RAW:
            return self._raw(tag, ends)
        elif tag in _SKIPPED and not page.startswith("/>", ends - 2) and len(self._open) < MOST_DEPTH:
            self._open.append(tag)
            self._count[tag] += 1
        return ends

    def _end_of_tag(self, at: int) -> int:
        while found := _ENDS.search(self._page, at):
            if found[0] == ">":
                return found.end()
            at = _after(self._page, found[0][-1], found.end())
            if at < 0:
                return -1
        return -1

    def _raw(self, tag: str, at: int) -> int:
        """Skip what is in a tag that has no tags inside; a title is kept."""
        found = _RAW_ENDS[tag].search(self._page, at)
        if tag == "title":
            self.title.append(_unescaped(self._page[at : found.start() if found else len(self._page)]))
        return self._end_of_tag(found.end()) if found else -1

    def _close(self, tag: str) -> None:
        while self._count[tag]:
            last = self._open.pop()
            self._count[last] -= 1
            if last == tag:
                return

    def _say(self, text: str) -> None:
        if text and not self._open:
            self.parts.append(_unescaped(text))


def _after(page: str, what: str, at: int) -> int:
    """Where the next of it ends; below 0: there is none."""
    found = page.find(what, at)
    return found + len(what) if found >= 0 else -1


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a number of thousands of digits
        return text


def text_of(page: str) -> tuple[str, str]:
    """The title and the text of a page, in lines; nothing of an HTML that cannot be read is an error."""
    reader = _Reader(page)
    reader.read()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return " ".join("".join(reader.title).split()), "\n".join(line for line in lines if line)
