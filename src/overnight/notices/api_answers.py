"""Answers of chats' APIs over HTTP: within bounds, and why there is none, without the address, which may have a token."""

import re
from typing import TYPE_CHECKING

from overnight.words.foreign import one_line

if TYPE_CHECKING:
    import aiohttp

ANSWER_S = 20.0  # for the answer of any call, beyond what it may wait
LARGEST = 4 * 2**20  # bytes of an answer: fifty long messages are well under 1 MiB
LONGEST_WAIT_S = 600.0  # that a server may ask for
WHY = 200  # characters of what went wrong


class LargeAnswer(ValueError):  # noqa: N818  # an outcome
    """What a server answers is too large."""


async def read_answer(response: "aiohttp.ClientResponse") -> bytes:
    """All of an answer.

    Raises:
        LargeAnswer: it is none of ours.
    """
    content = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        content += chunk
        if len(content) > LARGEST:
            raise LargeAnswer
    return bytes(content)


def connection_words(error: Exception) -> str:
    """What went wrong, without the text of the error, which may have the address."""
    if isinstance(error, LargeAnswer):
        return "its answer is too large"
    reason = getattr(error, "os_error", None) or error
    if isinstance(reason, OSError) and reason.strerror and not isinstance(error, UnicodeError):
        return f"no connection: {one_line(re.sub(r'https?://[^ ]*', '', reason.strerror), WHY)}"
    return f"no connection: {type(error).__name__}"
