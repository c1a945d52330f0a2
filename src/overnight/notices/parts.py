"""A long text in the parts that a chat takes. Pure."""

from collections.abc import Sequence

CAPTION = 1024  # of one below a picture
PART = 4096  # UTF-16 units that a message of Telegram may have


def parts_of(text: str, most: int = PART) -> Sequence[str]:
    """A text in parts of so many UTF-16 units at most, cut at ends of lines where there are some; at least one."""
    parts, rest = [], text
    while _units(rest) > most:
        end = _fitting(rest, most)
        cut = max(rest.rfind("\n", end // 2, end), 0) or end
        parts.append(rest[:cut])
        rest = rest[cut:].removeprefix("\n")
    return [*parts, rest or "(nothing)"] if rest.strip() or not parts else parts


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _fitting(text: str, most: int) -> int:
    """How many characters from the beginning fit."""
    units = 0
    for number, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > most:
            return number
    return len(text)
