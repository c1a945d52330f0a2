"""A camera's JPEG as pixels: what is larger, has more scans or is anything else is refused before a decoder sees it.

Does not cover: faults of libjpeg itself, which runs in our process; what the picture shows.
"""

from overnight.home.eyes.port import Pixels, Unseen
from overnight.models.pictures import HEAD_BYTES, read_size

LARGEST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 4096 * 3072
MOST_SCANS = 64  # a progressive JPEG has about ten; each costs a pass over all pixels
SIDE = 1280  # pixels, to about which a larger picture is shrunk while it is decoded
QUALITY = 85  # of what is kept


def decode(data: bytes) -> Pixels:
    """Its pixels, shrunk by 2, 4 or 8 if it is large.

    Raises:
        Unseen: it is no JPEG that we decode.
    """
    import cv2
    import numpy as np

    if len(data) > LARGEST_BYTES:
        raise Unseen(f"the picture has more than {LARGEST_BYTES:,} bytes")
    size = read_size(data[:HEAD_BYTES])
    if size is None or size.media_type != "image/jpeg":
        raise Unseen("what it sends is no JPEG")
    if size.width * size.height > MOST_PIXELS or data.count(b"\xff\xda") > MOST_SCANS:
        raise Unseen(f"its picture of {size.width} by {size.height} pixels is too costly to decode")
    longest = max(size.width, size.height)
    scale = next((flag for times, flag in _SCALES if longest > times * SIDE), "IMREAD_COLOR")
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), getattr(cv2, scale) | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise Unseen("its JPEG is broken") from error
    if found is None:
        raise Unseen("its JPEG is broken")
    return found.astype(np.uint8, copy=False)


_SCALES = ((4, "IMREAD_REDUCED_COLOR_8"), (2, "IMREAD_REDUCED_COLOR_4"), (1, "IMREAD_REDUCED_COLOR_2"))


def encode(pixels: Pixels, *, side: int = SIDE) -> bytes:
    """A JPEG of it, at most so many pixels wide or high."""
    import cv2

    height, width = pixels.shape[:2]
    if (longest := max(height, width)) > side:
        pixels = cv2.resize(  # type: ignore[assignment]  # OpenCV says any number
            pixels,
            (max(1, round(width * side / longest)), max(1, round(height * side / longest))),
            interpolation=cv2.INTER_AREA,
        )
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])
