"""Makes foreign text fit to show: no terminal escapes, no invisible characters, a bounded length."""

import re

ELLIPSIS = " … "
# Characters without a shape of their own that `str.isprintable` takes for letters and accents: fillers, joiners, and variation
# selectors, in which a whole text can be hidden from people and not from models. One of the last two behind an emoji stays.
_STYLES = "\ufe0e\ufe0f"
_SHAPELESS = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]+")


def printable(text: str, limit: int) -> str:
    r"""`text` on one line of at most `limit` characters, cut in the middle, with invisible characters escaped as `\x1b`.

    Control characters, terminal escapes, bidirectional and zero-width marks, line breaks and lone surrogates are made
    visible; letters, accents and plain spaces stay.
    """
    # Escapes only lengthen a text, so only the two ends of a huge one can be left.
    if len(text) > 2 * limit:
        text = text[:limit] + text[-limit:]
    visible = _visible(text)
    return visible if len(visible) <= limit else _cut(visible, limit)


def one_line(text: str, limit: int) -> str:
    """As `printable`, but line breaks and other runs of white space are single spaces: for reasons of several lines."""
    if len(text) > 4 * limit:
        text = text[: 2 * limit] + text[-2 * limit :]
    return printable(" ".join(text.split()), limit)


def printable_lines(text: str, limit: int) -> str:
    """As `printable`, but lines stay lines and tabs stay tabs."""
    if len(text) > 2 * limit:
        text = text[:limit] + text[-limit:]
    visible = "\n".join(_visible(line, kept="\t") for line in text.replace("\r\n", "\n").split("\n"))
    return visible if len(visible) <= limit else _cut(visible, limit)


def cut_middle(text: str, limit: int, *, unread: int = 0) -> str:
    """A text with its middle left out if it is longer than `limit`, and a line that says how much.

    The line comes on top of the limit. `unread`: how many characters were left out before, in the middle too.
    """
    if len(text) <= limit:
        return text
    head = (limit + 1) // 2
    tail = limit - head
    return f"{text[:head]}{left_out(len(text) - limit + unread)}{text[len(text) - tail :]}"


def left_out(characters: int) -> str:
    """The line that stands for what is missing."""
    return f"\n[... {characters} characters left out ...]\n"


def _visible(text: str, *, kept: str = "") -> str:
    if not text.isprintable():
        text = "".join(each if each.isprintable() or each in kept else _escape(each) for each in text)
    return text if text.isascii() else _SHAPELESS.sub(_without_shape, text)


def _without_shape(found: re.Match[str]) -> str:
    before = found.string[found.start() - 1 : found.start()]
    kept = int(found[0][0] in _STYLES and not before.isascii())
    return found[0][:kept] + _escape(found[0][kept:])


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _cut(text: str, limit: int) -> str:
    room = limit - len(ELLIPSIS)
    if room < 2:  # noqa: PLR2004  # no room for two ends and the mark between them
        return text[:limit]
    tail = room // 2
    return text[: room - tail] + ELLIPSIS + text[-tail:].lstrip(_STYLES)
