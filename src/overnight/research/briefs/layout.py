"""A text of sections within a token limit: what is never cut, what is, and in which order."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from overnight.words.foreign import printable
from overnight.words.markdown import closed, marked

BYTES_PER_TOKEN = 3.5  # English has 4 or more, numbers and code fewer, so the estimate tends to be too high
_HEADING = re.compile(r"#{1,4} ")
_BETWEEN = 2  # bytes between two sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and the lines below it, the most important first."""

    title: str
    lines: tuple[str, ...]
    cut: int = 0  # the highest is cut first; 0: never
    floor: int = 0  # lines that stay while any other section still has more than its own floor
    intro: str = ""  # one paragraph above the lines
    more: str = "- (and {} more)"  # in place of what was cut

    def text(self, left: int | None = None) -> str:
        """The section with its first `left` lines; nothing if it has none."""
        left = len(self.lines) if left is None else left
        if not left:
            return ""
        shown = list(self.lines[:left])
        if fence := _open_after(self.lines)[left - 1]:
            shown.append(fence)  # a block that was cut must not take in what follows
        if left < len(self.lines) and self.more:
            shown.append(self.more.format(len(self.lines) - left))
        head = f"## {self.title}\n\n" if self.title else ""
        return head + (f"{self.intro}\n\n" if self.intro else "") + "\n".join(shown)


def estimate_tokens(text: str) -> int:
    """An estimate of a text's tokens, more likely too high than too low."""
    return math.ceil(_size(text) / BYTES_PER_TOKEN)


def lay_out(sections: Sequence[Section], limit_tokens: int) -> str:
    """The sections in their order, shortened from their ends until they fit.

    First each is cut to its floor, starting with the highest `cut`; then, in the same order, to nothing. Sections that must
    not be cut stay, whatever the limit.
    """
    left = [len(section.lines) for section in sections]
    limit = int(limit_tokens * BYTES_PER_TOKEN)
    total = sum(_cost(section, lines) for section, lines in zip(sections, left, strict=True))
    order = sorted((at for at, section in enumerate(sections) if section.cut), key=lambda at: -sections[at].cut)
    for to_floor in (True, False):
        for at in order:
            floor = min(sections[at].floor, left[at]) if to_floor else 0
            while total > limit and left[at] > floor:
                total -= _cost(sections[at], left[at]) - _cost(sections[at], left[at] - 1)
                left[at] -= 1
    parts = (section.text(lines) for section, lines in zip(sections, left, strict=True))
    return "\n\n".join(part for part in parts if part) + "\n"


def prose(title: str, text: str, *, longest: int, cut: int = 0, intro: str = "", whole: str = "") -> Section:
    """A section of foreign Markdown, line by line, with its headings below ours; `longest` in characters."""
    text = text.strip()
    where = f", the whole text is in {whole}" if whole else ""
    lines = list(closed(_demoted(text[:longest].splitlines())))
    if len(text) > longest:
        lines.append(f"(cut here{where})")
    return replace(Section(title=title, lines=tuple(lines)), cut=cut, intro=intro, more=f"({{}} more lines{where})", floor=8)


def number(value: float) -> str:
    """A gain with its sign, to three significant digits."""
    return f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3g}"  # noqa: PLR2004  # no decimals from here on


def _demoted(lines: Sequence[str]) -> Iterator[str]:
    """Markdown with each heading two levels lower; fenced code is unchanged."""
    before = ""
    for line, fence in marked(lines):
        yield f"##{line}" if not (before or fence) and _HEADING.match(line) else line
        before = fence


def quoted(text: str, limit: int) -> str:
    """Foreign text on one line, between quotation marks that it cannot close."""
    return '"' + printable(" ".join(text[: 4 * limit].split()), limit).replace('"', "'") + '"'


@lru_cache(64)
def _open_after(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The fence that is open after each line; kept, because a section is measured again with each line that is cut."""
    return tuple(fence for _, fence in marked(lines))


def _cost(section: Section, lines: int) -> int:
    text = section.text(lines)
    return _size(text) + _BETWEEN if text else 0


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))
