"""Pictures by their first bytes, and what they cost before they are sent."""

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.models.asking.ask import FORMS
from overnight.models.asking.form import Question
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.models.estimate import ADDED_TOKENS, estimate, least_request_tokens, request_tokens
from overnight.models.pictures import LARGEST_BYTES, NoPicture, Picture, PictureSize, read_picture, read_size, size_of_base64
from overnight.models.provider import Price
from overnight.models.relay import ModelRequest
from overnight.models.upstream import encode
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS

WIRES = pytest.mark.parametrize("wire", list(Wire))


def png(width: int, height: int, rest: int = 0) -> bytes:
    """The head of a PNG, and so many bytes behind it."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\0\0\0\0" + b"\xa5" * rest


def jpeg(width: int, height: int, before: bytes = b"\xff\xe0\0\x04ab", mark: int = 0xC2) -> bytes:
    """The head of a JPEG with other segments before its frame."""
    return b"\xff\xd8" + before + struct.pack(">BBHBHH", 0xFF, mark, 17, 8, height, width) + b"\x03"


def riff(kind: bytes, body: bytes) -> bytes:
    """The head of a WebP."""
    return b"RIFF\0\0\0\0WEBP" + kind + struct.pack("<I", len(body)) + body


HEADS: Sequence[tuple[str, bytes]] = [
    ("png", png(640, 480)),
    ("gif", b"GIF89a" + struct.pack("<HH", 640, 480)),
    ("gif", b"GIF87a" + struct.pack("<HH", 640, 480)),
    ("webp", riff(b"VP8X", b"\0" * 4 + (639).to_bytes(3, "little") + (479).to_bytes(3, "little"))),
    ("webp", riff(b"VP8L", b"\x2f" + (639 | 479 << 14).to_bytes(4, "little") + b"\0" * 5)),
    ("webp", riff(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480 | 1 << 14))),
    ("jpeg", jpeg(640, 480)),
    ("jpeg", jpeg(640, 480, b"\xff\xff\xff\xe1\0\x02\xff\xc4\0\x03x", 0xC0)),
    ("jpeg", jpeg(640, 480, b"\xff\xe2" + struct.pack(">H", 60_000) + b"p" * 59_998)),
]


@pytest.mark.parametrize(("kind", "head"), HEADS)
def test_kind_and_size_stand_in_the_head(kind: str, head: bytes) -> None:
    """Of each of the four kinds, in each of their forms."""
    assert read_size(head) == PictureSize(media_type=f"image/{kind}", width=640, height=480)
    assert size_of_base64(base64.b64encode(head + b"\0" * 9000).decode()) == read_size(head)


@pytest.mark.parametrize(("kind", "head"), HEADS)
def test_a_cut_head_is_no_picture(kind: str, head: bytes) -> None:
    """At any place before the size; nothing of it is a fault of ours."""
    del kind
    for length in (*range(min(40, len(head) - 12)), max(0, len(head) - 12)):
        assert read_size(head[:length]) is None


ODD = [
    b"",
    b"%PDF-1.7",
    b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    b"GIF89a\0\0\0\0",
    png(0, 5),
    b"\xff\xd8\xff\xd9",
    b"\xff\xd8" + b"\xff" * 2_000_000,
    b"\xff\xd8" + b"\xff\xd0" * 1_000_000,
    b"\xff\xd8" + b"\xff\xe0\0\0" * 500_000,
]


@pytest.mark.parametrize("data", ODD, ids=range(len(ODD)))
def test_anything_else_is_no_picture(data: bytes) -> None:
    """And is said so in one line, in no time."""
    said = read_picture(data)
    assert isinstance(said, NoPicture) and said.why.isprintable()


@given(st.sampled_from(HEADS), st.binary(max_size=40), st.integers(0, 60))
def test_no_bytes_are_our_fault(known: tuple[str, bytes], some: bytes, at: int) -> None:
    """Whatever stands in the place of a part of a head."""
    head = known[1][:at] + some + known[1][at + len(some) :]
    read_size(head)
    size_of_base64(base64.b64encode(head).decode()[: len(head)])


def test_pictures_are_bounded() -> None:
    """In bytes and in pixels."""
    assert isinstance(read_picture(png(8000, 8000)), Picture)
    for large in (png(8001, 1), png(1, 8001), png(1, 1, LARGEST_BYTES)):
        said = read_picture(large)
        assert isinstance(said, NoPicture) and "at most" in said.why


HEAD = base64.b64encode(png(9, 9, 3 * 4000)).decode()


@pytest.mark.parametrize(
    "text",
    ["", "====", "iVBORw0KGgo=", "é", "not base64!", f" {HEAD}", f"{HEAD[:-8]}and more", f"{HEAD}=a==", f"{HEAD}a b="],
)
def test_what_is_no_base64_of_a_picture_has_no_size(text: str) -> None:
    """Also what a lenient reader would take for it."""
    assert size_of_base64(text) is None


RULES = [
    (Wire.ANTHROPIC, 1000, 1000, 36 * 36, 92 * 92),  # the example of its page, in squares of 28 pixels
    (Wire.ANTHROPIC, 8000, 8000, 92 * 92, 92 * 92),
    (Wire.OPENAI_CHAT, 1024, 1024, 1024, 48_169),  # the examples of its page
    (Wire.OPENAI_RESPONSES, 1800, 2400, 1536, 48_169),
    (Wire.GEMINI, 384, 384, 258, 2240),
    (Wire.GEMINI, 8000, 8000, 121 * 258, 121 * 258),
]


@pytest.mark.parametrize(("wire", "width", "height", "about", "most"), RULES)
def test_tokens_follow_the_providers_rules(wire: Wire, width: int, height: int, about: int, most: int) -> None:
    """By width and height, about and at most."""
    size = PictureSize(media_type="image/png", width=width, height=height)
    assert (size.about_tokens(wire), size.most_tokens(wire)) == (about, most)


# --- In the estimate of a request ---


def request(wire: Wire, messages: Sequence[Message]) -> ModelRequest:
    """A dialogue as the gateway has it."""
    body = FORMS[wire].request(Question(messages=messages, model="m", system="s", most_output=100))
    return parsed(wire, body)


def parsed(wire: Wire, body: Mapping[str, Any]) -> ModelRequest:
    """A body as the gateway understands it."""
    summary = FORMATS[wire].read_request(body)
    return ModelRequest(
        wire=FORMATS[wire], body=body, model="m", stream=False, most_output=summary.most_output, pictures=summary.pictures
    )


def shown(*sizes: tuple[int, int]) -> list[Message]:
    """A dialogue with a picture of each size, and one in a tool's result."""
    pictures = [read_picture(png(width, height, 100_000)) for width, height in sizes]
    kept = [picture for picture in pictures if isinstance(picture, Picture)]
    call = ToolCall(id="c", name="t", arguments={})
    asked = UserMessage(text="see", pictures=kept[1:])
    return [asked, AssistantMessage(text="", calls=[call]), ToolResult(id="c", name="t", text="ok", pictures=kept[:1])]


@WIRES
def test_a_request_with_pictures_is_bounded(wire: Wire) -> None:
    """Each picture costs by its size, wherever it stands, and its bytes count as nothing else."""
    sizes = [(100, 100), (1000, 500), (8000, 8000)]
    full, bare = request(wire, shown(*sizes)), request(wire, shown())
    assert full.most_output == 100
    assert full.pictures.characters == sum(len(base64.b64encode(png(*size, 100_000))) for size in sizes) + 3 * url(wire)
    rules = [PictureSize(media_type="image/png", width=width, height=height) for width, height in sizes]
    assert full.pictures.about_tokens == sum(size.about_tokens(wire) for size in rules)
    assert full.pictures.most_tokens == sum(size.most_tokens(wire) for size in rules)

    found = [estimate(each, len(encode(each.body)), [Price(input=1.0, cached=0.1, output=1.0)]) for each in (full, bare)]
    assert found[0].tokens - found[1].tokens - full.pictures.about_tokens < 500
    assert found[0].most_tokens is not None and found[1].most_tokens is not None
    assert 0 <= found[0].most_tokens - found[1].most_tokens - full.pictures.most_tokens < 1000
    assert found[1].most_tokens > ADDED_TOKENS
    assert least_request_tokens(full, len(encode(full.body))) < request_tokens(full, len(encode(full.body)))


def url(wire: Wire) -> int:
    """How many characters of a picture are the beginning of its URL."""
    return len("data:image/png;base64,") if wire in {Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES} else 0


@WIRES
def test_a_picture_out_of_sight_is_unbounded(wire: Wire) -> None:
    """One at an address, one that cannot be read, and one of a kind that we do not know."""
    data = base64.b64encode(png(9, 9)).decode()
    broken = base64.b64encode(b"no picture").decode()
    for place in ("https://example.org/a.png", f"data:image/png;base64,{broken}", f"data:image/svg+xml;base64,{data}"):
        if wire is Wire.OPENAI_CHAT:
            content = [{"type": "image_url", "image_url": {"url": place}}]
            body: dict[str, Any] = {"max_tokens": 9, "messages": [{"role": "user", "content": content}]}
        elif wire is Wire.OPENAI_RESPONSES:
            content = [{"type": "input_image", "image_url": place}]
            body = {"max_output_tokens": 9, "input": [{"role": "user", "content": content}]}
        elif wire is Wire.ANTHROPIC:
            source = {"type": "url", "url": place} if place.startswith("https") else {"type": "base64", "data": broken}
            content = [{"type": "image", "source": {"media_type": "image/png", **source}}]
            body = {"max_tokens": 9, "messages": [{"role": "user", "content": content}]}
        else:
            here = {"inlineData": {"mimeType": "image/png", "data": broken}}
            part: dict[str, Any] = {"fileData": {"fileUri": place}} if place.startswith("https") else here
            body = {"contents": [{"role": "user", "parts": [part]}], "generationConfig": {"maxOutputTokens": 9}}
        read = parsed(wire, body)
        assert (read.most_output, read.pictures.characters) == (None, 0)
