"""The meter of an answer that passes: what goes on does not depend on how it was cut into pieces."""

import json
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.models.stream import Expected, Shape, StreamMeter
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS
from overnight.models.wires.openai_chat import OpenAIChat

CHAT = FORMATS[Wire.OPENAI_CHAT]
USAGE = {"prompt_tokens": 7, "completion_tokens": 3}


def event(word: str) -> bytes:
    """An event with words, and OpenAI's note that it has no counts."""
    choice = {"index": 0, "delta": {"content": word}}
    return b": a comment\nid: 5\ndata: " + json.dumps({"choices": [choice], "usage": None}).encode() + b"\n\n"


WORDS = event("one word, ") + event('the "usage" of words')
COUNTED = b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"
END = b"data: [DONE]\n\n"


def passed(meter: StreamMeter, stream: bytes, cuts: list[int]) -> bytes:
    """What the client gets of a stream in pieces."""
    edges = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
    return b"".join(meter.feed(stream[low:high]) for low, high in pairwise(edges)) + meter.end()


@given(cuts=st.lists(st.integers(min_value=0, max_value=10**4), max_size=12))
def test_counts_are_read_and_hidden_however_the_stream_is_cut(cuts: list[int]) -> None:
    """The event that only we asked for is taken out and counted, all else goes on byte by byte."""
    meter = StreamMeter(CHAT, Shape.EVENTS_LESS_USAGE)
    assert passed(meter, WORDS + COUNTED + WORDS + END, cuts) == WORDS + WORDS + END
    counts, exact = meter.settle(Expected(input_tokens=0))
    assert (counts.input_tokens, counts.output_tokens, exact) == (7, 3, True)


@pytest.mark.parametrize("shape", [Shape.EVENTS, Shape.EVENTS_LESS_USAGE])
@given(cuts=st.lists(st.integers(min_value=0, max_value=10**4), max_size=12))
def test_an_estimate_counts_words_alone(shape: Shape, cuts: list[int]) -> None:
    """Comments, ids and the notes about counts are no words of the model."""
    meter = StreamMeter(CHAT, shape)
    assert passed(meter, WORDS, cuts) == WORDS
    counts, exact = meter.settle(Expected(input_tokens=11))
    assert (counts.input_tokens, counts.output_tokens, exact) == (11, 8, False)  # 30 characters


class Reading(OpenAIChat):
    """Counts the events that it reads for their words."""

    def __init__(self) -> None:
        self.read = 0

    def output_characters(self, event: Mapping[str, object]) -> int:
        """As the wire does."""
        self.read += 1
        return super().output_characters(event)


@pytest.mark.parametrize(
    ("said", "tokens", "output", "read"),
    [
        ([(10, 20_000)], 20_000, 20_000, 5000),  # an honest answer: its beginning is enough
        ([(100, 1000), (1, 19_000)], 5000, 5000, 10**6),  # its beginning alone looks wrong: all is read, and is right
        ([(100, 20_000)], 5, 500_000, 10**6),  # counts that cannot be true
        ([(30, 1)], 20, 20, 0),  # so short that nothing has to be read
    ],
)
def test_counts_are_checked_by_the_beginning_and_by_all_only_if_that_looks_wrong(
    said: list[tuple[int, int]], tokens: int, output: int, read: int
) -> None:
    """Events of so many characters, so many of them, and the tokens that the provider counts for all."""
    wire = Reading()
    meter = StreamMeter(wire, Shape.EVENTS)
    for characters, times in said:
        meter.feed(event("x" * characters) * times)
    meter.feed(b"data: " + json.dumps({"usage": {"prompt_tokens": 7, "completion_tokens": tokens}}).encode() + b"\n\n" + END)
    meter.end()
    counts, exact = meter.settle(Expected(input_tokens=0))
    assert exact is (output == tokens)
    assert counts.output_tokens == pytest.approx(output, rel=0.02)
    assert wire.read <= read
