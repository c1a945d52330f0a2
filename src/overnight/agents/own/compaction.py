"""Keeping a dialogue within a token limit: old outputs, and long words of the model, are dropped in large steps.

In large steps, so that the beginning of the dialogue stays the same for many requests and the provider's cache holds.
"""

from collections.abc import Sequence
from dataclasses import replace

from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolResult
from overnight.words.foreign import cut_middle, left_out

LIMIT_TOKENS = 24_000
KEPT = 6  # newest entries, never dropped
OUTPUT = 8_000  # characters of one command's output
LONG = 4_000  # characters of old words or of an old command that stay
_BYTES_PER_TOKEN = 4  # of English and code, by rule of thumb; the true count is the gateway's
_DIGITS = 10  # at most, of how much was left out: what was cut once is not cut again
_DROPPED = "(output of {n} characters, dropped to save room)"


def tokens(entries: Sequence[Entry]) -> int:
    """About how many tokens a dialogue takes."""
    return sum(_length(entry) for entry in entries) // _BYTES_PER_TOKEN


def compact(entries: Sequence[Entry]) -> list[Entry]:
    """The dialogue, with what is old shortened until it takes half of the limit, if it is over it."""
    kept = list(entries)
    if tokens(kept) <= LIMIT_TOKENS:
        return kept
    for at, entry in enumerate(kept[:-KEPT]):
        shorter = _shorter(entry)
        if shorter is not entry:
            kept[at] = shorter
            if tokens(kept) <= LIMIT_TOKENS // 2:
                break
    return kept


def _shorter(entry: Entry) -> Entry:
    """An old entry without what takes much room; itself if nothing does."""
    if isinstance(entry, ToolResult) and len(entry.text) > len(_DROPPED):
        return replace(entry, text=_DROPPED.format(n=len(entry.text)))
    if isinstance(entry, ModelMessage) and _longest(entry) > LONG + len(left_out(0)) + _DIGITS:
        calls = [replace(call, command=call.command and cut_middle(call.command, LONG)) for call in entry.calls]
        return replace(entry, text=cut_middle(entry.text, LONG), calls=calls)
    return entry


def _longest(entry: ModelMessage) -> int:
    return max(len(entry.text), *(len(call.command or "") for call in entry.calls), 0)


def _length(entry: Entry) -> int:
    calls = sum(len(call.command or "") for call in entry.calls) if isinstance(entry, ModelMessage) else 0
    return len(entry.text) + calls
