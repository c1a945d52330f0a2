"""Whose words a text follows, joined; and quotations, which stand for words of strangers wherever a mind that acts reads. Pure.

What is read with foreign words is foreign. So a mind is not shown them: it sees a handle with a number, and can have the text
read by a model without tools. In what it says to a person the handle becomes the text.
"""

import re
from collections.abc import Callable, Iterable

from overnight.operations.principal import Origin

ORDER = tuple(Origin)  # from the owner's downwards
FOREIGN = (Origin.TOOL, Origin.FOREIGN)
MOST_QUOTED = 10  # texts in one answer
_HANDLE = re.compile(r"\[quotation (\d{1,15})(?:: [^\]\n]{0,120})?\]")


def joined(origins: Iterable[Origin]) -> Origin:
    """The lowest of some; the owner's if there are none."""
    return max(origins, key=ORDER.index, default=Origin.OWNER)


def is_tainted(origin: Origin) -> bool:
    """Whether words of strangers may be in it."""
    return origin in FOREIGN


def handle(number: int, what: str, size: int) -> str:
    """What a mind sees of a text; `what` must be words of ours."""
    return f"[quotation {number}: {what}, {size:,} characters]"


def with_texts(said: str, text_of: Callable[[int], str | None]) -> tuple[str, bool]:
    """What is said with the texts of its handles, as quotations; and whether there are any."""
    found = 0

    def quoted(match: re.Match[str]) -> str:
        nonlocal found
        text = text_of(int(match[1])) if found < MOST_QUOTED else None
        if text is None:
            return match[0]
        found += 1
        return "\n".join(f"> {line}" for line in text.splitlines()) or "> "

    return _HANDLE.sub(quoted, said), found > 0
