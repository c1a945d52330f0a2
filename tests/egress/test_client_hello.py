"""The host that the first message of TLS names."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proxied import client_hello

from overnight.egress.client_hello import MOST_RECORDS, NotTls, read_client_hello, server_name


def read(content: bytes) -> tuple[bytes, str | None]:
    """What is read of some bytes that end."""

    async def reading() -> tuple[bytes, str | None]:
        reader = asyncio.StreamReader()
        reader.feed_data(content)
        reader.feed_eof()
        return await read_client_hello(reader)

    return asyncio.run(reading())


def in_records(message: bytes, size: int) -> bytes:
    """A message in records of so many bytes."""
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2) + part for part in parts)


@pytest.mark.parametrize("name", ["pypi.org", "a.b.example.com", None])
def test_the_name_is_found(name: str | None) -> None:
    """The name that a real client sends is read, and no byte of the message is lost or added."""
    hello = client_hello(name)
    assert read(hello) == (hello, name)


def test_a_message_in_several_records_is_read() -> None:
    """A message may be spread over records, as it is by clients that evade filters."""
    message = client_hello("pypi.org")[5:]
    spread = in_records(message, len(message) // 3)
    assert read(spread) == (spread, "pypi.org")


def test_too_many_records_are_refused() -> None:
    """A message in a record for each byte is not read: that would cost us more than its sender."""
    with pytest.raises(NotTls):
        read(in_records(client_hello("pypi.org")[5:], 1))
    assert MOST_RECORDS < 100


@pytest.mark.parametrize(
    "content",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x80\x2e\x01\x03\x01\x00\x15" + bytes(40),  # SSL 2
        b"\x17\x03\x03\x00\x10" + bytes(16),  # data without a beginning
        b"\x16\x03\x01\x00\x00" * 20,  # empty records
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",  # a server's message
        b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",  # an empty one
    ],
)
def test_what_is_not_tls_is_refused(content: bytes) -> None:
    """Other protocols, and messages of TLS that no client begins with, are refused."""
    with pytest.raises(NotTls):
        read(content)


def with_names(*lists: bytes) -> bytes:
    """A message whose extensions of names have this content."""
    extensions = b"".join(b"\x00\x00" + len(each).to_bytes(2) + each for each in lists)
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00" + len(extensions).to_bytes(2) + extensions
    return b"\x01" + len(body).to_bytes(3) + body


def entry(name: bytes, kind: int = 0) -> bytes:
    """One name in such a list."""
    return bytes([kind]) + len(name).to_bytes(2) + name


def listed(*entries: bytes) -> bytes:
    """A list of names."""
    return len(b"".join(entries)).to_bytes(2) + b"".join(entries)


def test_a_message_of_our_own_is_read() -> None:
    """The messages of these tests differ from a good one in what they test alone."""
    assert server_name(with_names(listed(entry(b"a.org")))) == "a.org"


@pytest.mark.parametrize(
    "message",
    [
        with_names(listed(entry(b"a.org"), entry(b"b.org"))),
        with_names(listed(entry(b"a.org")), listed(entry(b"b.org"))),
        with_names(listed(entry(b"a.org", kind=1))),
        with_names(listed(entry(b"a.org")) + b"x"),
        with_names(listed(entry("ä.org".encode()))),
        with_names(b"\x00\x00"),
        with_names(b"\xff\xff\x00"),
        with_names(listed(entry(b"a.org"))) + b"more",
        with_names(listed(entry(b"a.org")))[:-3],
    ],
)
def test_a_name_that_could_be_read_in_two_ways_is_refused(message: bytes) -> None:
    """Several names, other kinds, wrong lengths and what follows the message are refused."""
    with pytest.raises(NotTls):
        server_name(message)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    """No bytes lead to anything else than a name, none, or a refusal."""
    good = client_hello("pypi.org")[5:]
    for message in (noise, good[:at] + noise + good[at + len(noise) :]):
        with suppress(NotTls):
            server_name(message)
