"""What the output has instead of a metric that is missing, in words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice

from overnight.words.foreign import printable
from overnight.words.quantities import listed

COMPARED = 64  # other metrics that a missing one's name is compared with
ALIKE = 0.5  # ratio of difflib: `val_bpb` for `val_loss`
ALIKE_NAMED = 2
NAMED = 20  # names in a reason
LONGEST_NAMED = 40  # characters of a name there
ROOM = 360  # characters for all of them
QUOTED = 120  # characters of a line of the output
_LOOKED_AT = 256_000  # bytes at the end of the output
_TAIL = 4096  # bytes in which the last line is looked for


def instead(name: str, seen: Mapping[str, float | None]) -> str:
    """All metrics that the output has, and which of them may be meant."""
    short = [other for other in seen if len(other) <= LONGEST_NAMED]
    like = get_close_matches(name, islice(short, COMPARED), n=ALIKE_NAMED, cutoff=ALIKE)
    guess = f" (did you mean {' or '.join(_quoted(like))}?)" if like else ""
    return f"{guess}{_having(short, seen)}"


def _having(names: Sequence[str], seen: Mapping[str, float | None]) -> str:
    marks = ["" if seen[name] is not None else " (not one finite value)" for name in names]
    shown = [f"{quoted}{mark}" for quoted, mark in zip(_quoted(names), marks, strict=True)]
    return f", which has {listed(shown, _fitting(shown))}" if shown else ""


def _fitting(texts: Sequence[str]) -> int:
    """How many of the texts there is room for; one at least."""
    room = ROOM
    for count, text in enumerate(texts[:NAMED]):
        room -= len(text) + 2
        if room < 0:
            return max(1, count)
    return NAMED


def where(name: str, text: bytes) -> str:
    """The first line that has the name and a number, in a form that is no metric line; else the last line."""
    raw, text = re.escape(name.encode()), text[-_LOOKED_AT:]
    hit = re.search(rb"(?<![\w.])%b(?!\w)[^\n0-9]{0,40}[0-9][^\n]{0,200}" % raw, text)
    if hit is not None:
        start = text.rfind(b"\n", max(0, hit.start() - _TAIL), hit.start()) + 1
        return f"`{printable(text[start : hit.end()].strip().decode(errors='replace'), QUOTED)}` has it in another form"
    tail = text[-_TAIL:].strip().decode(errors="replace")
    return f"the last line was `{printable(tail.split(chr(10))[-1], QUOTED)}`" if tail else "it is empty"


def _quoted(names: Iterable[str]) -> list[str]:
    return [f"`{printable(name, LONGEST_NAMED)}`" for name in names]
