"""Pictures as packets of RTP: RFC 2435, for baseline JPEG with common Huffman tables, as OpenCV and libjpeg write it.

Does not cover: progressive pictures, restart markers, grey ones.
"""

import struct
from collections.abc import Iterator

PAYLOAD = 1_300  # bytes of a packet
JPEG = 26  # the payload type
IN_BAND = 255  # Q: the tables come with the first packet
SOI, SOF0, DQT, SOS, EOI = 0xD8, 0xC0, 0xDB, 0xDA, b"\xff\xd9"
SAMPLINGS = {0x21: 0, 0x22: 1}  # of the luminance: the type


def packets(picture: bytes, *, sequence: int, timestamp: int, source: int) -> Iterator[bytes]:
    """The packets of a picture.

    Raises:
        ValueError: it is no JPEG of the kind that RTP carries.
    """
    tables, (kind, width, height), scan = _parts(picture)
    for at in range(0, len(scan), PAYLOAD):
        piece = scan[at : at + PAYLOAD]
        last = 0x80 if at + PAYLOAD >= len(scan) else 0
        head = struct.pack(">BBHII", 0x80, JPEG | last, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, source)
        place = struct.pack(">B3sBBBB", 0, at.to_bytes(3, "big"), kind, IN_BAND, width // 8, height // 8)
        quantisation = struct.pack(">BBH", 0, 0, len(tables)) + tables if at == 0 else b""
        yield head + place + quantisation + piece
        sequence += 1


def _parts(picture: bytes) -> tuple[bytes, tuple[int, int, int], bytes]:
    tables: dict[int, bytes] = {}
    shape = None
    at = 2
    if picture[:2] != bytes((0xFF, SOI)):
        raise ValueError("no JPEG")
    while at + 4 <= len(picture) and picture[at] == 0xFF:  # noqa: PLR2004 - of a marker
        marker, size = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        body = picture[at + 4 : at + 2 + size]
        at += 2 + size
        match marker:
            case _ if marker == DQT:
                tables |= {body[start] & 0x0F: body[start + 1 : start + 65] for start in range(0, len(body), 65)}
            case _ if marker == SOF0:
                height, width = struct.unpack(">HH", body[1:5])
                if body[5] != 3 or body[7] not in SAMPLINGS:  # noqa: PLR2004 - colours
                    raise ValueError("RTP carries colours in 4:2:2 or 4:2:0")
                shape = (SAMPLINGS[body[7]], width, height)
            case _ if marker == SOS:
                if shape is None or len(tables) < 2:  # noqa: PLR2004 - luminance and chrominance
                    raise ValueError("RTP carries baseline pictures")
                return tables[0] + tables[1], shape, picture[at:].removesuffix(EOI)
    raise ValueError("no picture in this JPEG")
