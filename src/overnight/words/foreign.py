"""Makes foreign text fit to show: one line, no terminal escapes, no invisible characters, a bounded length."""

ELLIPSIS = " … "


def printable(text: str, limit: int) -> str:
    r"""`text` on one line of at most `limit` characters, cut in the middle, with invisible characters escaped as `\x1b`.

    Control characters, terminal escapes, bidirectional and zero-width marks, line breaks and lone surrogates are made
    visible; letters, accents and plain spaces stay.
    """
    # Escapes only lengthen a text, so only the two ends of a huge one can be left.
    if len(text) > 2 * limit:
        text = text[:limit] + text[-limit:]
    visible = "".join(character if character.isprintable() else _escape(character) for character in text)
    return visible if len(visible) <= limit else _cut(visible, limit)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _cut(text: str, limit: int) -> str:
    room = limit - len(ELLIPSIS)
    if room < 2:  # noqa: PLR2004  # no room for two ends and the mark between them
        return text[:limit]
    tail = room // 2
    return text[: room - tail] + ELLIPSIS + text[-tail:]
