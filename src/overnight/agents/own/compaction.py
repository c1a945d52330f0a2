"""Keeping a dialogue within a token limit: old outputs, and long words of the model, are dropped in large steps.

In large steps, so that the beginning of the dialogue stays the same for many requests and the provider's cache holds.
"""

from collections.abc import Sequence
from dataclasses import replace

from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolResult, UserMessage
from overnight.words.foreign import cut_middle, left_out

LIMIT_TOKENS = 24_000
KEPT = 6  # newest entries, never dropped
OUTPUT = 8_000  # characters of one command's output
LONG = 4_000  # characters of old words or of an old command that stay
ROOMS = (8_000, 4_000, 2_000, 1_000, 500, 250)  # characters of each text, when all must be shorter
_BYTES_PER_TOKEN = 4  # of English and code, by rule of thumb; the true count is the gateway's
_DIGITS = 10  # at most, of how much was left out: what was cut once is not cut again
_DROPPED = "(output of {n} characters, dropped to save room)"


def tokens(entries: Sequence[Entry]) -> int:
    """About how many tokens a dialogue takes."""
    return sum(_length(entry) for entry in entries) // _BYTES_PER_TOKEN


def compact(entries: Sequence[Entry], limit: int = LIMIT_TOKENS, kept: int = KEPT) -> list[Entry]:
    """The dialogue, with what is old shortened until it takes half of the limit, if it is over it."""
    shorter = list(entries)
    left = tokens(shorter) * _BYTES_PER_TOKEN
    if left <= limit * _BYTES_PER_TOKEN:
        return shorter
    for at, entry in enumerate(shorter[:-kept]):
        shorter[at] = _shorter(entry)
        left -= _length(entry) - _length(shorter[at])
        if left <= limit // 2 * _BYTES_PER_TOKEN:
            break
    return shorter


def squeeze(entries: Sequence[Entry], limit: int) -> list[Entry]:
    """The dialogue within a limit that it exceeds: all but the newest is shortened, then every text is cut in its middle."""
    shorter = compact(entries, limit, kept=2)
    for room in ROOMS:
        if tokens(shorter) <= limit:
            break
        shorter = [_cut(entry, room) for entry in shorter]
    return shorter


def _shorter(entry: Entry) -> Entry:
    """An old entry without what takes much room; itself if nothing does."""
    if isinstance(entry, ToolResult) and len(entry.text) > len(_DROPPED):
        return replace(entry, text=_DROPPED.format(n=len(entry.text)))
    return _cut(entry, LONG) if isinstance(entry, ModelMessage) else entry


def _cut(entry: Entry, room: int) -> Entry:
    """An entry with the middle of its words and commands left out; itself if they are not much longer than the room."""
    if _longest(entry) <= room + len(left_out(0)) + _DIGITS:
        return entry
    if isinstance(entry, ModelMessage):
        calls = [replace(call, command=call.command and cut_middle(call.command, room)) for call in entry.calls]
        return replace(entry, text=cut_middle(entry.text, room), calls=calls)
    return replace(entry, text=cut_middle(entry.text, 2 * room if isinstance(entry, UserMessage) else room))


def _longest(entry: Entry) -> int:
    calls = [len(call.command or "") for call in entry.calls] if isinstance(entry, ModelMessage) else []
    return max(len(entry.text), *calls, 0)


def _length(entry: Entry) -> int:
    calls = sum(len(call.command or "") for call in entry.calls) if isinstance(entry, ModelMessage) else 0
    return len(entry.text) + calls
