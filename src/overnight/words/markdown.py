"""Foreign text inside Markdown: escaped in a line, in a code span, or in a fenced block that nothing in it can end.

Does not cover: fences inside list items and quotations, which end with those; what some renderers make of `$` or `:name:`.
"""

import re
from collections.abc import Iterable, Iterator

from overnight.words.foreign import printable

FENCE = "~"  # rarer than backticks in code and in what people write
SHORTEST_FENCE = 8
_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&!])")
_LINK = re.compile(r":(?=//)|(?<=www)\.|@", re.IGNORECASE)  # what many renderers make a link of, without any markup
_BLOCK = re.compile(r"([-+=]|\d{1,9}(?=[.)]))")  # at the start of a line
_OPENS = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_CLOSES = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")


def inline(text: str, limit: int, *, first: bool = True) -> str:
    """Foreign text on one line, as `printable` shows it, with all its Markdown escaped.

    `first`: it may stand at the start of a line or of an item, where a number or a dash begins a list.
    """
    shown = _LINK.sub(lambda found: f"\\{found[0]}", _MARKUP.sub(r"\\\1", printable(text, limit).strip()))
    block = _BLOCK.match(shown) if first else None
    if block is None:
        return shown
    return f"{block[1]}\\{shown[block.end() :]}" if block[1].isdigit() else f"\\{shown}"


def code(text: str, limit: int) -> str:
    """Foreign text on one line as a code span that no backtick in it can end."""
    shown = printable(text, limit)
    marks = "`" * (_longest(shown, "`") + 1)
    room = " " if shown.startswith("`") or shown.endswith("`") or (shown.strip() and shown[0] == shown[-1] == " ") else ""
    return f"{marks}{room}{shown}{room}{marks}" if shown.strip() else "` `"


def fenced(lines: Iterable[str], kind: str = "") -> Iterator[str]:
    """Lines, made printable before, as a block; its fence is longer than any run of its character in them."""
    lines = list(lines)
    fence = FENCE * max(SHORTEST_FENCE, *(_longest(line, FENCE) + 1 for line in lines), 0)
    yield f"{fence}{kind}"
    yield from lines
    yield fence


def marked(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line of a Markdown text, with the fence that is open after it, and empty if none is; by the rules of CommonMark."""
    fence = ""
    for line in lines:
        if not fence:
            opens = _OPENS.match(line)
            fence = opens[1] if opens else ""
        elif (closes := _CLOSES.fullmatch(line)) and closes[1].startswith(fence):
            fence = ""
        yield line, fence


def closed(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a Markdown text, and the end of a block that they leave open, so that it does not take in what follows."""
    fence = ""
    for line, fence in marked(lines):  # noqa: B007  # the last one is used
        yield line
    if fence:
        yield fence


def _longest(text: str, character: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(character)}+", text)), default=0)
