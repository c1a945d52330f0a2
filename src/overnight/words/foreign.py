"""Makes foreign text fit to show: no terminal escapes, no invisible characters, a bounded length."""

ELLIPSIS = " … "


def printable(text: str, limit: int) -> str:
    r"""`text` on one line of at most `limit` characters, cut in the middle, with invisible characters escaped as `\x1b`.

    Control characters, terminal escapes, bidirectional and zero-width marks, line breaks and lone surrogates are made
    visible; letters, accents and plain spaces stay.
    """
    # Escapes only lengthen a text, so only the two ends of a huge one can be left.
    if len(text) > 2 * limit:
        text = text[:limit] + text[-limit:]
    visible = text if text.isprintable() else "".join(each if each.isprintable() else _escape(each) for each in text)
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
    visible = "\n".join(_visible_line(line) for line in text.replace("\r\n", "\n").split("\n"))
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


def _visible_line(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() or character == "\t" else _escape(character) for character in line)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _cut(text: str, limit: int) -> str:
    room = limit - len(ELLIPSIS)
    if room < 2:  # noqa: PLR2004  # no room for two ends and the mark between them
        return text[:limit]
    tail = room // 2
    return text[: room - tail] + ELLIPSIS + text[-tail:]
