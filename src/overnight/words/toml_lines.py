"""On which line of a TOML file a value is written; `tomllib` does not say."""

import tomllib
from collections.abc import Sequence

LONGEST_VALUE = 100  # lines of one value that are looked through
MOST_LINES = 2000  # of a file: each look parses what stands before


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The line of a key, or of the nearest one around it that the file has; None if the file has none of them.

    `text` is valid TOML; an index in `place` counts the tables of an array, or the items of a list.
    """
    lines = text.splitlines(keepends=True)
    if len(lines) > MOST_LINES:
        return None
    for end in range(len(place), 0, -1):
        if (line := _exact(lines, place[:end])) is not None:
            return line
    return None


def _exact(lines: Sequence[str], place: Sequence[str | int]) -> int | None:
    """The first line that names the last key, and after whose value the file has the place."""
    key = next((part for part in reversed(place) if isinstance(part, str)), "")
    for at, line in enumerate(lines):
        if key in line and _has(_parsed(lines, at), place):
            return at + 1
    return None


def _parsed(lines: Sequence[str], at: int) -> object:
    """The file up to a line and the end of the value that begins there."""
    for end in range(at + 1, min(at + LONGEST_VALUE, len(lines)) + 1):
        try:
            return tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
    return {}


def _has(value: object, place: Sequence[str | int]) -> bool:
    for part in place:
        known = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
        if part not in known:
            return False
        value = known[part]
    return True
