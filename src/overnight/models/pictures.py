"""Pictures that go to a model: what they are by their first bytes, how large, and how many tokens they cost.

Read are PNG, JPEG, WebP and GIF, which all four wires take. Nothing is decoded: a header says the width and the height.

Does not cover: whether the rest of the file is sound, more than one frame of an animation, and a provider that charges for a
picture's Base64 as if it were text.
"""

import re
from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from overnight.models.usage import Wire

LARGEST_BYTES = 5 * 1024**2 // 4 * 3  # of a picture: Anthropic takes 5 MiB of Base64, the others more
LARGEST_SIDE = 8000  # pixels; Anthropic's limit as well
SEGMENTS = 1000  # of a JPEG before its frame, filling included; cameras write a dozen
HEAD_BYTES = 512 * 1024  # in which the size of a JPEG stands, behind its colour profile and its thumbnail
_FIRST_BYTES = 3 * 1024  # in which it stands in every other picture; divisible by 3, as Base64 goes in threes

# Anthropic: a token for each square of 28 pixels, after a picture is shrunk to 2576 pixels at its long side, or to less.
# Source: https://platform.claude.com/docs/en/build-with-claude/vision.
_ANTHROPIC_SQUARE, _ANTHROPIC_SIDE = 28, 2576
# OpenAI: by squares of 32 pixels, up to 1536 of them for most models; or by tiles, for which gpt-4o-mini charges most,
# 2833 + 5667 for each of at most 8. Source: https://developers.openai.com/api/docs/guides/images-vision.
_OPENAI_SQUARE, _OPENAI_SQUARES, _OPENAI_MOST = 32, 1536, 2833 + 8 * 5667
# Gemini: 258 for each tile of 768 pixels, and for a small picture; its newer models up to 2240 for each.
# Source: https://ai.google.dev/gemini-api/docs/tokens and https://ai.google.dev/gemini-api/docs/media-resolution.
_GEMINI_TILE, _GEMINI_TOKENS, _GEMINI_MOST = 768, 258, 2240

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DATA_URL = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,")
_SIZELESS = frozenset({0x01, *range(0xD0, 0xDA)})  # marks of a JPEG without a length behind them
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those that begin its frame


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSize:
    """How large a picture is."""

    media_type: str
    width: int  # pixels
    height: int

    def about_tokens(self, wire: Wire) -> int:
        """What it costs with most models of a wire."""
        match wire:
            case Wire.ANTHROPIC:
                return min(self._squares(_ANTHROPIC_SQUARE), self.most_tokens(wire))
            case Wire.GEMINI:
                return _GEMINI_TOKENS * self._squares(_GEMINI_TILE)
            case _:
                return min(self._squares(_OPENAI_SQUARE), _OPENAI_SQUARES)

    def most_tokens(self, wire: Wire) -> int:
        """What it costs with the dearest one."""
        match wire:
            case Wire.ANTHROPIC:
                return _up(_ANTHROPIC_SIDE, _ANTHROPIC_SQUARE) ** 2
            case Wire.GEMINI:
                return max(_GEMINI_TOKENS * self._squares(_GEMINI_TILE), _GEMINI_MOST)
            case _:
                return _OPENAI_MOST

    def _squares(self, side: int) -> int:
        return _up(self.width, side) * _up(self.height, side)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLoad:
    """What the pictures of a request cost together."""

    characters: int = 0  # of the request as JSON that are theirs
    about_tokens: int = 0
    most_tokens: int = 0


NO_PICTURES = PictureLoad()


def load_of(pictures: Sequence[tuple[PictureSize, int]], wire: Wire) -> PictureLoad:
    """That of pictures in Base64, each with its length."""
    return PictureLoad(
        characters=sum(length for _, length in pictures),
        about_tokens=sum(size.about_tokens(wire) for size, _ in pictures),
        most_tokens=sum(size.most_tokens(wire) for size, _ in pictures),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that `read_picture` has looked at."""

    size: PictureSize
    data: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """As HTTP says it."""
        return self.size.media_type

    @property
    def base64(self) -> str:
        """Its bytes as the wires take them."""
        from base64 import b64encode

        return b64encode(self.data).decode()

    @property
    def url(self) -> str:
        """The same as a URL."""
        return f"data:{self.media_type};base64,{self.base64}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPicture:
    """Why bytes are no picture that a model may be sent, in one line."""

    why: str


def read_picture(data: bytes) -> Picture | NoPicture:
    """Bytes as a picture, whatever their name and their sender say that they are."""
    if len(data) > LARGEST_BYTES:
        return NoPicture(why=f"the picture has {len(data):,} bytes; at most {LARGEST_BYTES:,} are sent")
    size = read_size(data)
    if size is None:
        return NoPicture(why="this is no PNG, JPEG, WebP or GIF")
    if max(size.width, size.height) > LARGEST_SIDE:
        return NoPicture(why=f"the picture is {size.width} by {size.height} pixels; at most {LARGEST_SIDE} a side are sent")
    return Picture(size=size, data=data)


def size_of_base64(text: str) -> PictureSize | None:
    """The size of a picture in Base64, by as little of it as is needed; None if it is not one that we know.

    All of it has to be Base64, so that no text is hidden behind a head.
    """
    if len(text) % 4 or not text.isascii():
        return None
    written = text.encode()
    padding = written.translate(None, _ALPHABET)
    if padding not in {b"", b"=", b"=="} or not written.endswith(padding):
        return None
    for length in (_FIRST_BYTES, HEAD_BYTES // 3 * 3):
        characters = length // 3 * 4
        try:
            head = a2b_base64(written[:characters], strict_mode=True)
        except ValueError:
            return None
        if size := read_size(head):
            return size
        if len(text) <= characters:
            break
    return None


def size_of_url(url: str) -> PictureSize | None:
    """The same of a picture as a URL; None for one that lies elsewhere."""
    found = _DATA_URL.match(url)
    return size_of_base64(url[found.end() :]) if found else None


def read_size(head: bytes) -> PictureSize | None:
    """Kind and size by the first bytes of a file."""
    kind, found = "", None
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 24:  # noqa: PLR2004  # where it ends
        kind, found = "png", (_big(head[16:20]), _big(head[20:24]))
    elif head.startswith((b"GIF87a", b"GIF89a")) and len(head) >= 10:  # noqa: PLR2004  # where it ends
        kind, found = "gif", (_little(head[6:8]), _little(head[8:10]))
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        kind, found = "webp", _webp(head)
    elif head.startswith(b"\xff\xd8\xff"):
        kind, found = "jpeg", _jpeg(head)
    return PictureSize(media_type=f"image/{kind}", width=found[0], height=found[1]) if found and all(found) else None


def _webp(head: bytes) -> tuple[int, int] | None:
    """By its first chunk, of which there are three kinds. Source: RFC 9649, section 2."""
    first, body = head[12:16], head[20:30]
    if len(body) < 10:  # noqa: PLR2004  # of the longest of the three
        return None
    if first == b"VP8X":
        return _little(body[4:7]) + 1, _little(body[7:10]) + 1
    if first == b"VP8L" and body[0] == 0x2F:  # noqa: PLR2004  # its signature
        bits = _little(body[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if first == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return _little(body[6:8]) & 0x3FFF, _little(body[8:10]) & 0x3FFF
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """By its frame, behind segments of any number. Source: ITU-T T.81, annex B."""
    at = 2
    for _ in range(SEGMENTS):
        if at + 9 > len(head) or head[at] != 0xFF:  # noqa: PLR2004  # before each mark
            return None
        mark = head[at + 1]
        if mark == 0xFF:  # noqa: PLR2004  # filling
            at += 1
        elif mark in _SIZELESS:
            at += 2
        elif mark in _FRAMES:
            return _big(head[at + 7 : at + 9]), _big(head[at + 5 : at + 7])
        else:
            at += 2 + max(2, _big(head[at + 2 : at + 4]))
    return None


def _up(length: int, side: int) -> int:
    return -(-length // side)


def _big(some: bytes) -> int:
    return int.from_bytes(some, "big")


def _little(some: bytes) -> int:
    return int.from_bytes(some, "little")
