"""An answer that passes through: its counts are read, and it is passed on as it comes."""

import re
from dataclasses import dataclass, replace
from enum import Enum, auto

from pydantic_core import from_json

from overnight.models.wires.wire import Counts, Format

BYTES_PER_TOKEN = 4  # English and code; what requests and broken answers are estimated by
LONG_TOKEN = 32  # characters; no answer has as many a token on average, so counts that say so are too low
FEW = 256  # characters of which that is not said
KEPT_BYTES = 4 * 1024 * 1024  # of a stream, for the estimate if it breaks
SAMPLE_BYTES = 256 * 1024  # of a stream, that tell whether its counts can be true
LONGEST_LINE = 64 * 1024 * 1024  # bytes; the last event of a stream may hold the whole answer once more
DATA = b"data:"
USAGE = re.compile(rb'"usage(?!"\s*:\s*null)')  # in an event with counts; OpenAI's others say that they have none


class Shape(Enum):
    """How an answer reaches the client."""

    WHOLE = auto()  # not a stream
    EVENTS = auto()  # server-sent events, each chunk as it comes
    EVENTS_LESS_USAGE = auto()  # the same, without the event that only we asked for
    ARRAY = auto()  # a JSON array of the events' data: Gemini's streams if the client did not ask for events


class TooLong(Exception):  # noqa: N818  # the provider's fault, reported as a broken stream
    """A line of a stream is longer than any honest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is known of a call without its answer; all in tokens."""

    input_tokens: int  # by the size of the request
    least_input: int = 0  # fewer are not believed
    answer: int = 0  # that the model may have written in the time that it had
    single: bool = True  # one answer is asked for


class StreamMeter:
    """Reads the counts out of an answer while it passes."""

    def __init__(self, wire: Format, shape: Shape) -> None:
        self._format = wire
        self._shape = shape
        self._counts: Counts | None = None
        self._line = bytearray()  # the part of an incomplete line that came
        self._kept = bytearray()  # whole lines, for the estimate
        self._size = 0
        self._ended = False
        self._dropping = False  # inside an event that the client does not get
        self._opened = False  # an array's bracket was sent

    def feed(self, chunk: bytes) -> bytes:
        """Take in a piece of the answer; what of it goes on to the client.

        Raises:
            TooLong: a line does not end.
        """
        self._size += len(chunk)
        if self._shape is Shape.WHOLE:
            self._line += chunk
            return chunk
        plain, lines = self._split(self._whole(chunk))
        self._keep(plain)
        for line in lines:
            self._read(line)
        if self._shape is Shape.EVENTS:
            return chunk
        if self._shape is Shape.ARRAY:
            return b"".join(map(self._element, lines))
        return plain + b"".join(line for line in lines if not self._drops(line))

    def end(self) -> bytes:
        """The answer came to its end; what is still owed to the client."""
        self._ended = True
        if self._shape is Shape.WHOLE:
            self._counts = self._format.counts(bytes(self._line))
            return b""
        rest = bytes(self._line)
        self._line.clear()
        if rest:
            self._read(rest)
        if self._shape is Shape.ARRAY:
            return self._element(rest) + (b"]" if self._opened else b"[]")
        return rest if self._shape is Shape.EVENTS_LESS_USAGE and not self._drops(rest) else b""

    def settle(self, expected: Expected) -> tuple[Counts, bool]:
        """The counts of what passed, and whether they are the provider's.

        If the answer did not come to its end, or if the provider's counts are missing or plainly too low, it is the greatest of
        what the provider said so far, of what was seen, and (before the end) of what the time allowed.
        """
        counts = self._counts
        ended = self._ended or (counts is not None and counts.final and expected.single)
        said = counts or Counts()
        most = LONG_TOKEN * said.all_output + FEW
        whole = counts is not None and ended and said.input_tokens >= expected.least_input
        if whole and self._seems_less(most):
            return said, True
        seen = self._characters(KEPT_BYTES)
        if whole and seen <= most:
            return said, True
        asked = said.input_tokens if said.input_tokens > expected.least_input else expected.input_tokens
        output = max(said.all_output, -(-seen // BYTES_PER_TOKEN), 0 if ended else expected.answer)
        return replace(said, input_tokens=asked, output_tokens=output, thought_tokens=0), False

    def _whole(self, chunk: bytes) -> bytes:
        """The lines that are complete now, with their ends."""
        if len(self._line) + len(chunk) > LONGEST_LINE:
            raise TooLong("the provider's stream has a line without an end")
        last = _last_end(chunk)
        if last < 0:
            self._line += chunk
            return b""
        whole = bytes(self._line) + chunk[: last + 1]
        self._line = bytearray(chunk[last + 1 :])
        return whole

    def _split(self, whole: bytes) -> tuple[bytes, list[bytes]]:
        """Lines with nothing to count and nothing to drop, most of them by far, and those behind, one by one."""
        if self._dropping or self._shape is Shape.ARRAY:
            return b"", whole.splitlines(keepends=True)
        found = USAGE.search(whole)
        start = _last_end(whole[: found.start()]) + 1 if found else len(whole)
        return whole[:start], whole[start:].splitlines(keepends=True)

    def _read(self, line: bytes) -> None:
        if not line.startswith(DATA):
            return
        self._keep(line)
        if USAGE.search(line):
            found = self._format.counts(line[len(DATA) :].strip())
            if found is not None:
                self._counts = found if self._counts is None else self._format.merge(self._counts, found)

    def _keep(self, lines: bytes) -> None:
        if len(self._kept) < KEPT_BYTES:
            self._kept += lines

    def _drops(self, line: bytes) -> bool:
        """Whether a line belongs to the event that only we asked for: its data, and the blank line behind it."""
        if line.startswith(DATA):
            self._dropping = USAGE.search(line) is not None and self._format.is_usage_only(line[len(DATA) :].strip())
        dropped = self._dropping
        self._dropping = dropped and bool(line.strip())
        return dropped

    def _element(self, line: bytes) -> bytes:
        """An event's data as an element of an array."""
        if not line.startswith(DATA):
            return b""
        before = b"," if self._opened else b"["
        self._opened = True
        return before + line[len(DATA) :].strip()

    def _seems_less(self, most: int) -> bool:
        """Whether no more characters of the model's words passed, by as little of the answer as tells."""
        return self._size <= most or (self._shape is not Shape.WHOLE and self._characters(SAMPLE_BYTES) <= most)

    def _characters(self, most_bytes: int) -> int:
        """How many characters of the model's words passed; of an answer that is longer, reckoned by its beginning."""
        if self._shape is Shape.WHOLE:
            return self._characters_of(bytes(self._line), self._size)
        kept = self._kept
        if len(kept) > most_bytes:
            kept = kept[: _last_end(kept[:most_bytes]) + 1] or kept
        found = sum(self._characters_of(line[len(DATA) :], 0) for line in kept.splitlines() if line.startswith(DATA))
        return found * self._size // len(kept) if self._size > most_bytes and kept else found

    def _characters_of(self, document: bytes | bytearray, otherwise: int) -> int:
        """Of an answer or an event, or `otherwise` if it is no JSON object: a line that broke off, or the end mark."""
        try:
            event: object = from_json(document)
        except ValueError:
            return otherwise
        return self._format.output_characters(event) if isinstance(event, dict) else otherwise


def _last_end(text: bytes | bytearray) -> int:
    """Where the last line of a text ends, by LF, CR LF or CR; -1 if none does."""
    return max(text.rfind(b"\n"), text.rfind(b"\r"))
