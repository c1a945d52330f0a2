"""Pure: how far a command came, by what it printed before it was ended."""

import re
from collections.abc import Iterator

MOST_BYTES = 64_000  # at the end of an output
LONGEST = 400  # characters of a line

_OF = re.compile(r"(?<![\w./-])([0-9]{1,12})[ \t]{0,3}(?:/|of)[ \t]{0,3}([0-9]{1,12})(?![\w./-])")
_BETWEEN = r"""[ \t]{0,4}["']?[ \t]{0,4}[:=#\[(]?[ \t]{0,4}"""
_BREAK = re.compile(r"[\r\n]")


def amount_done(output: bytes, unit: str, total: int | None) -> int:
    """How many of its steps a command has begun and mostly finished: the highest number that it counted to; 0 if none is known.

    Args:
        output: what it printed.
        unit: what it counts, such as `epoch`.
        total: how many it does in all; None if that is not known.
    """
    counted = re.compile(rf"(?<![^\W_]){unit}s?{_BETWEEN}([0-9]{{1,12}})(?![\w.]*%)", re.IGNORECASE)
    lines = _BREAK.split(output[-MOST_BYTES:].decode(errors="replace"))
    of_total = [done for line in lines for done in _of_total(line[:LONGEST], total)]
    named = [int(hit[1]) for line in lines for hit in counted.finditer(line[:LONGEST])]
    done = max(of_total or named, default=0)
    return min(done, total) if total else done


def _of_total(line: str, total: int | None) -> Iterator[int]:
    """What is written as so many of the total, also by a progress bar."""
    yield from (int(hit[1]) for hit in _OF.finditer(line) if total and int(hit[2]) in {total, total - 1})
