"""Keeping a dialogue within a token limit: old outputs are dropped in large steps.

In large steps, so that the beginning of the dialogue stays the same for many requests and the provider's cache holds.
"""

from collections.abc import Sequence
from dataclasses import replace

from overnight.agents.own.dialogue import Entry, ModelMessage, ToolResult

LIMIT_TOKENS = 24_000
KEPT = 6  # newest entries, never dropped
OUTPUT = 8_000  # characters of one command's output
_BYTES_PER_TOKEN = 4  # of English and code, by rule of thumb; the true count is the gateway's
_DROPPED = "(output of {n} characters, dropped to save room)"


def tokens(entries: Sequence[Entry]) -> int:
    """About how many tokens a dialogue takes."""
    return sum(_length(entry) for entry in entries) // _BYTES_PER_TOKEN


def compact(entries: Sequence[Entry]) -> list[Entry]:
    """The dialogue, with old outputs dropped until it takes half of the limit, if it is over it."""
    kept = list(entries)
    if tokens(kept) <= LIMIT_TOKENS:
        return kept
    for at, entry in enumerate(kept[:-KEPT]):
        if isinstance(entry, ToolResult) and len(entry.text) > len(_DROPPED):
            kept[at] = replace(entry, text=_DROPPED.format(n=len(entry.text)))
            if tokens(kept) <= LIMIT_TOKENS // 2:
                break
    return kept


def _length(entry: Entry) -> int:
    calls = sum(len(call.command or "") for call in entry.calls) if isinstance(entry, ModelMessage) else 0
    return len(entry.text) + calls
