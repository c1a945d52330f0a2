"""The first message of TLS: which host a client wants behind the connection that it was given (RFC 8446, section 4.1.2).

A client may be hostile: lengths are checked against what is there, and what is read is bounded.

Does not cover: what a client hides in its encrypted part (ECH), or asks for once the connection is encrypted: a server that
serves several hosts may then serve another one than the one named.
"""

import asyncio

LARGEST = 32 * 1024  # bytes of the message; those of browsers with post-quantum keys have 2,000
MOST_RECORDS = 16  # that it is spread over
_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_HEADER = 5
_LARGEST_RECORD = 1 << 14


class NotTls(ValueError):  # noqa: N818  # of a client
    """What a client sends is not the beginning of TLS, or not one that can be checked."""


async def read_client_hello(reader: asyncio.StreamReader) -> tuple[bytes, str | None]:
    """All bytes of the message as they came, and the name of the host in it; None if it names none.

    Raises:
        NotTls: it is something else.
        IncompleteReadError: the client ended before.
    """
    raw, message = bytearray(), bytearray()
    for _ in range(MOST_RECORDS):
        header = await reader.readexactly(_HEADER)
        size = int.from_bytes(header[3:])
        if header[0] != _HANDSHAKE or header[1] != 3 or not 0 < size <= _LARGEST_RECORD:  # noqa: PLR2004  # TLS, any version
            raise NotTls("what goes through a tunnel must be TLS")
        part = await reader.readexactly(size)
        raw += header + part
        message += part
        if len(message) > LARGEST or message[0] != _CLIENT_HELLO:
            break
        if len(message) >= _Cursor.HEADER and len(message) >= _Cursor.HEADER + int.from_bytes(message[1:4]):
            return bytes(raw), server_name(bytes(message))
    raise NotTls("what goes through a tunnel must begin with the usual first message of TLS")


def server_name(message: bytes) -> str | None:
    """The host that a whole ClientHello names; None if it names none.

    Raises:
        NotTls: it is not one, or names hosts in an unusual way.
    """
    whole = _Cursor(message)
    if whole.number(1) != _CLIENT_HELLO:
        raise NotTls("it is no ClientHello")
    hello = whole.part(3)
    hello.take(2 + 32)  # version and random
    for length in (1, 2, 1):  # session, cipher suites, compression
        hello.part(length)
    names: list[str] = []
    extensions = hello.part(2) if hello.left else _Cursor(b"")
    if hello.left or whole.left:
        raise NotTls("something follows the ClientHello")
    while extensions.left:
        kind, content = extensions.number(2), extensions.part(2)
        if kind == _SERVER_NAME:
            listed = content.part(2)
            if listed.number(1) != _HOST_NAME:
                raise NotTls("it names something else than a host")
            names.append(listed.part(2).text())
            if listed.left or content.left or len(names) > 1:
                raise NotTls("it names several hosts")
    return names[0] if names else None


class _Cursor:
    """Reads bytes from the front."""

    HEADER = 4  # bytes of a message before its content

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def left(self) -> int:
        return len(self._content) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise NotTls("a length in it is wrong")
        self._at += count
        return self._content[self._at - count : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def part(self, size: int) -> "_Cursor":
        """What follows its own length, which is a number of `size` bytes."""
        return _Cursor(self.take(self.number(size)))

    def text(self) -> str:
        try:
            return self.take(self.left).decode("ascii")
        except UnicodeDecodeError:
            raise NotTls("the host that it names is not in ASCII") from None
