"""Keeping a dialogue within a token limit: old outputs, and long words of the model, are dropped in large steps.

In large steps, so that the beginning of the dialogue stays the same for many requests and the provider's cache holds.
"""

from collections.abc import Sequence
from dataclasses import replace

from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.words.foreign import cut_middle, left_out

LIMIT_TOKENS = 24_000
KEPT = 6  # newest entries, never dropped
OUTPUT = 8_000  # characters of one command's output
LONG = 4_000  # characters of old words or of an old command that stay
ROOMS = (8_000, 4_000, 2_000, 1_000, 500, 250)  # characters of each text, when all must be shorter
_BYTES_PER_TOKEN = 4  # of English and code, by rule of thumb; the true count is the gateway's
_DIGITS = 10  # at most, of how much was left out: what was cut once is not cut again
_DROPPED = "(output of {n} characters, dropped to save room)"


def tokens(entries: Sequence[Message]) -> int:
    """About how many tokens a dialogue takes."""
    return sum(_length(entry) for entry in entries) // _BYTES_PER_TOKEN


def compact(entries: Sequence[Message], limit: int = LIMIT_TOKENS, kept: int = KEPT) -> list[Message]:
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


def squeeze(entries: Sequence[Message], limit: int) -> list[Message]:
    """The dialogue within a limit that it exceeds: all but the newest is shortened, then every text is cut in its middle."""
    shorter = compact(entries, limit, kept=2)
    for room in ROOMS:
        if tokens(shorter) <= limit:
            break
        shorter = [_cut(entry, room) for entry in shorter]
    return shorter


def _shorter(entry: Message) -> Message:
    """An old entry without what takes much room; itself if nothing does."""
    if isinstance(entry, ToolResult) and len(entry.text) > len(_DROPPED):
        return replace(entry, text=_DROPPED.format(n=len(entry.text)))
    return _cut(entry, LONG) if isinstance(entry, AssistantMessage) else entry


def _cut(entry: Message, room: int) -> Message:
    """An entry with the middle of its words and commands left out; itself if they are not much longer than the room."""
    if _longest(entry) <= room + len(left_out(0)) + _DIGITS:
        return entry
    if isinstance(entry, AssistantMessage):
        calls = [replace(call, arguments={k: cut_middle(v, room) for k, v in _texts(call)}) for call in entry.calls]
        return replace(entry, text=cut_middle(entry.text, room), calls=calls)
    return replace(entry, text=cut_middle(entry.text, 2 * room if isinstance(entry, UserMessage) else room))


def _longest(entry: Message) -> int:
    calls = [len(text) for call in entry.calls for _, text in _texts(call)] if isinstance(entry, AssistantMessage) else []
    return max(len(entry.text), *calls, 0)


def _length(entry: Message) -> int:
    calls = sum(len(text) for call in entry.calls for _, text in _texts(call)) if isinstance(entry, AssistantMessage) else 0
    return len(entry.text) + calls


def _texts(call: ToolCall) -> Sequence[tuple[str, str]]:
    """What a call has; the shell's arguments are a text."""
    return [(key, value) for key, value in call.arguments.items() if isinstance(value, str)]
