"""A screenshot as a PNG with few colours, which takes a third of the space."""

import struct
import zlib
from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser

PIXELS = (Path(__file__).parent / "pixels.js").read_text()
MOST = 256  # colours in the palette, the most frequent ones; every other colour becomes the nearest of them
APART = 15  # sum of the channel differences; colours closer than this are merged


def with_few_colours(browser: Browser, png: bytes) -> bytes:
    """The same picture with a palette."""
    page = browser.new_page()
    drawn = page.evaluate(PIXELS, "data:image/png;base64," + b64encode(png).decode())
    page.close()
    width, height = drawn["width"], drawn["height"]
    pixels = np.frombuffer(b64decode(drawn["pixels"]), np.uint8).reshape(height * width, 4)[:, :3].astype(int)
    colours, places, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    palette = _palette(colours[np.argsort(-counts)])
    nearest = np.array([np.abs(palette - colour).sum(axis=1).argmin() for colour in colours])
    return _png(palette.astype(np.uint8), nearest[places].reshape(height, width).astype(np.uint8))


def _palette(colours: "np.typing.NDArray[np.int_]") -> "np.typing.NDArray[np.int_]":
    chosen = colours[:1]
    for colour in colours[1:]:
        if len(chosen) < MOST and np.abs(chosen - colour).sum(axis=1).min() >= APART:
            chosen = np.vstack([chosen, colour])
    return chosen


def _png(palette: "np.typing.NDArray[np.uint8]", places: "np.typing.NDArray[np.uint8]") -> bytes:
    """Source: PNG specification, third edition, colour type 3; without row filters."""
    height, width = places.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), places]).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (b"IHDR", header), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
