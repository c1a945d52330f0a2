"""The meter of an answer that passes: what goes on does not depend on how it was cut into pieces."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.models.stream import Expected, Shape, StreamMeter
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS

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
