"""Pictures that go with messages: files in the state folder, and nothing else.

A message names a file; what is sent is read when it is sent, and is a picture by its first bytes, or not sent.

Does not cover: what is seen on it, which goes to the channel of the person who asked for it.
"""

import os
import stat
from pathlib import Path

from overnight.files.state_folder import state_folder

LARGEST = 8 * 2**20  # bytes; Telegram takes 10 MB
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def is_picture(path: Path) -> bool:
    """Whether a file is one that may be sent."""
    return bool(read_picture(path))


def read_picture(path: Path) -> bytes:
    """Its bytes; empty if it is not there any more, or is no picture in the state folder."""
    try:
        place = path.resolve(strict=True)
        if not place.is_relative_to(state_folder().resolve()):
            return b""
        with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return b""
            content = file.read(LARGEST + 1)
    except OSError:
        return b""
    return content if content.startswith((JPEG, PNG)) and len(content) <= LARGEST else b""
