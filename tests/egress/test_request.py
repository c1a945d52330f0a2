"""The head of a request, as the proxy reads it and as it sends it on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.egress.answer import BadAnswer, read_answer, refusing
from overnight.egress.request import LONGEST_LINE, MOST_HEADERS, BadRequest, read_request


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def test_what_goes_on_is_written_anew() -> None:
    """The server gets the path, the true host and the end-to-end headers; nothing that concerns the proxy's connection."""
    request = read_request(
        head(
            "POST http://Example.COM:80/a?b=%20 HTTP/1.1",
            "HOST: example.com",
            "Accept:   */*  ",
            "Connection: keep-alive, X-Mine",
            "X-Mine: secret",
            "Keep-Alive: timeout=5",
            "Proxy-Authorization: Basic c2VjcmV0",
            "Proxy-Connection: keep-alive",
            "TE: trailers",
            "Content-Length: 5",
        )
    )
    sent = head("POST /a?b=%20 HTTP/1.1", "Host: example.com", "Accept: */*", "Content-Length: 5", "Connection: close")
    assert request.head() == sent
    assert (request.target.host, request.target.port, request.tunnel, request.length) == ("example.com", 80, False, 5)


def test_a_body_in_chunks_has_no_length() -> None:
    """A body in chunks goes on in chunks."""
    request = read_request(head("PUT http://example.com/ HTTP/1.1", "Host: example.com", "Transfer-Encoding: Chunked"))
    assert request.length is None
    assert b"\r\nTransfer-Encoding: chunked\r\n" in request.head()


@pytest.mark.parametrize(
    ("start", "path"), [("http://example.com", "/"), ("http://example.com?q", "/?q"), ("HTTP://example.com:8080/x//y", "/x//y")]
)
def test_paths(start: str, path: str) -> None:
    """A URL without a path asks for the root."""
    assert read_request(head(f"GET {start} HTTP/1.0")).path == path


def test_an_old_client_is_asked_for_in_its_version() -> None:
    """A client of HTTP/1.0 knows no chunks, so its server must not answer in them."""
    request = read_request(head("GET http://example.com/ HTTP/1.0"))
    assert request.head() == head("GET / HTTP/1.0", "Host: example.com", "Connection: close")


def test_a_tunnel() -> None:
    """CONNECT names a host and a port, with or without a header that says the same."""
    for more in ([], ["Host: example.com:443"], ["Host: example.com"], ["User-Agent: x", "Proxy-Connection: keep-alive"]):
        request = read_request(head("CONNECT example.com:443 HTTP/1.1", *more))
        assert (request.tunnel, request.target.host, request.target.port) == (True, "example.com", 443)


GET = "GET http://example.com/ HTTP/1.1"
POST = "POST http://example.com/ HTTP/1.1"
HOST = "Host: example.com"
BAD = {
    "no start": head(""),
    "not to a proxy": head("GET / HTTP/1.1", HOST),
    "not http": head("GET ftp://example.com/ HTTP/1.1", HOST),
    "https outside a tunnel": head("GET https://example.com/ HTTP/1.1", HOST),
    "a user in the URL": head("GET http://user:pass@example.com/ HTTP/1.1", HOST),
    "another host before an @": head("GET http://example.com@evil.org/ HTTP/1.1", HOST),
    "a fragment": head("GET http://example.com/#x HTTP/1.1", HOST),
    "a backslash": head("GET http://example.com\\@evil.org/ HTTP/1.1", HOST),
    "a name that is encoded": head("GET http://ex%61mple.com/ HTTP/1.1", HOST),
    "two spaces": head("GET  http://example.com/ HTTP/1.1", HOST),
    "a tab": head("GET\thttp://example.com/ HTTP/1.1", HOST),
    "a space at the end": head(GET + " ", HOST),
    "HTTP/2": head("GET http://example.com/ HTTP/2.0", HOST),
    "HTTP/0.9": head("GET http://example.com/", HOST),
    "a small method": head("get http://example.com/ HTTP/1.1", HOST),
    "TRACE": head("TRACE http://example.com/ HTTP/1.1", HOST),
    "no host": head(GET),
    "two hosts": head(GET, HOST, HOST),
    "two hosts that differ": head(GET, HOST, "Host: evil.org"),
    "another host": head(GET, "Host: evil.org"),
    "another port": head(GET, "Host: example.com:8080"),
    "a list of hosts": head(GET, "Host: example.com, evil.org"),
    "an empty host": head(GET, "Host:"),
    "a line that is folded": head(GET, HOST, "X: a", " b"),
    "a line that is folded by a tab": head(GET, HOST, "X: a", "\tb"),
    "a space before the colon": head(GET, HOST, "Content-Length : 5"),
    "a header without a name": head(GET, HOST, ": x"),
    "a header without a colon": head(GET, HOST, "X"),
    "a space in a name": head(GET, HOST, "X Y: z"),
    "a name in Latin-1": head(GET, HOST, "X\xe4: z"),
    "NUL in a value": head(GET, HOST, "X: a\0b"),
    "NUL in a name": head(GET, HOST, "X\0: a"),
    "NUL in the URL": head("GET http://example.com/\0 HTTP/1.1", HOST),
    "a bare LF": head(GET, HOST, "X: a\nContent-Length: 5"),
    "a bare CR": head(GET, HOST, "X: a\rContent-Length: 5"),
    "a vertical tab": head(GET, HOST, "X: a\x0bb"),
    "DEL": head(GET, HOST, "X: a\x7f"),
    "length and chunks": head(POST, HOST, "Content-Length: 5", "Transfer-Encoding: chunked"),
    "chunks and length": head(POST, HOST, "Transfer-Encoding: chunked", "Content-Length: 0"),
    "chunks twice": head(POST, HOST, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "chunks that are hidden": head(POST, HOST, "Transfer-Encoding: xchunked"),
    "chunks that are listed": head(POST, HOST, "Transfer-Encoding: gzip, chunked"),
    "chunks with a comma": head(POST, HOST, "Transfer-Encoding: chunked,"),
    "chunks that are quoted": head(POST, HOST, 'Transfer-Encoding: "chunked"'),
    "identity": head(POST, HOST, "Transfer-Encoding: identity"),
    "chunks in HTTP/1.0": head("POST http://example.com/ HTTP/1.0", HOST, "Transfer-Encoding: chunked"),
    "two lengths": head(POST, HOST, "Content-Length: 5", "Content-Length: 5"),
    "two lengths in one": head(POST, HOST, "Content-Length: 5, 5"),
    "a length with a sign": head(POST, HOST, "Content-Length: +5"),
    "a length below zero": head(POST, HOST, "Content-Length: -1"),
    "a length in hex": head(POST, HOST, "Content-Length: 0x5"),
    "a length with a point": head(POST, HOST, "Content-Length: 5.0"),
    "a length with a line": head(POST, HOST, "Content-Length: 1_0"),
    "an empty length": head(POST, HOST, "Content-Length:"),
    "a huge length": head(POST, HOST, "Content-Length: " + "9" * 40),
    "Connection drops the length": head(POST, HOST, "Content-Length: 5", "Connection: content-length"),
    "Connection drops the host": head(GET, HOST, "Connection: close, Host"),
    "Upgrade": head(GET, HOST, "Connection: Upgrade", "Upgrade: websocket"),
    "Upgrade to HTTP/2": head(GET, HOST, "Upgrade: h2c"),
    "too many headers": head(GET, HOST, *["X: y"] * MOST_HEADERS),
    "a long line": head(GET, HOST, "X: " + "y" * LONGEST_LINE),
    "CONNECT without a port": head("CONNECT example.com HTTP/1.1"),
    "CONNECT to a URL": head("CONNECT http://example.com:443/ HTTP/1.1"),
    "CONNECT to a path": head("CONNECT example.com:443/x HTTP/1.1"),
    "CONNECT with a user": head("CONNECT a@example.com:443 HTTP/1.1"),
    "CONNECT with another host": head("CONNECT example.com:443 HTTP/1.1", "Host: evil.org:443"),
    "CONNECT with another port": head("CONNECT example.com:443 HTTP/1.1", "Host: example.com:80"),
    "CONNECT with a body": head("CONNECT example.com:443 HTTP/1.1", "Content-Length: 5"),
    "CONNECT with chunks": head("CONNECT example.com:443 HTTP/1.1", "Transfer-Encoding: chunked"),
    "CONNECT to nothing": head("CONNECT :443 HTTP/1.1"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\n",
    "SOCKS": b"\x05\x01\x00\r\n\r\n",
}


@pytest.mark.parametrize("request_head", BAD.values(), ids=BAD.keys())
def test_what_could_be_read_in_two_ways_is_refused(request_head: bytes) -> None:
    """Requests that smuggle, contradict themselves or bend the format are refused as a whole."""
    with pytest.raises(BadRequest):
        read_request(request_head)


@given(st.lists(st.tuples(st.sampled_from(sorted(BAD)), st.integers(0, 200), st.binary(max_size=4)), max_size=3))
def test_what_goes_on_is_always_one_plain_request(edits: list[tuple[str, int, bytes]]) -> None:
    """However a request is bent, it is refused, or goes on with one host, one framing, and lines that end by CR LF."""
    bent = head(POST, HOST, "Content-Length: 5", "X: y")
    for name, at, noise in edits:
        bent = bent[:at] + noise + BAD[name][at : at + 60] + bent[at:]
    try:
        request = read_request(bent)
    except BadRequest:
        return
    if request.tunnel:
        return
    lines = request.head().removesuffix(b"\r\n\r\n").split(b"\r\n")
    names = [line.partition(b":")[0].lower() for line in lines[1:]]
    assert names.count(b"host") == 1 and names.count(b"connection") == 1
    assert names.count(b"content-length") + names.count(b"transfer-encoding") == 1
    assert not any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines)
    assert lines[0].endswith((b" HTTP/1.1", b" HTTP/1.0")) and lines[0].count(b" ") == 2


def test_an_answer_ends_its_connection() -> None:
    """A client is told that the connection ends with the answer, whatever the server said."""
    answer = read_answer(head("HTTP/1.0 200 Fine", "Connection: keep-alive", "Content-Length: 3", "X: y"), "GET")
    assert answer.head == head("HTTP/1.1 200 Fine", "Content-Length: 3", "X: y", "Connection: close")
    assert (answer.length, answer.interim) == (3, False)
    assert read_answer(head("HTTP/1.1 100 Continue"), "GET").interim


@pytest.mark.parametrize(
    ("method", "lines", "length"),
    [
        ("HEAD", ["HTTP/1.1 200 OK", "Content-Length: 3"], 0),
        ("GET", ["HTTP/1.1 304 Not Modified", "Content-Length: 3"], 0),
        ("GET", ["HTTP/1.1 204"], 0),
        ("GET", ["HTTP/1.1 200 OK"], None),
        ("GET", ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Length: 3"], None),
    ],
)
def test_where_an_answer_ends(method: str, lines: list[str], length: int | None) -> None:
    """It ends by its length, at once if it has no body, else with the connection; one of two lengths does not go on."""
    answer = read_answer(head(*lines), method)
    assert answer.length == length
    assert length is not None or b"Content-Length" not in answer.head


@pytest.mark.parametrize(
    "lines",
    [
        ["HTTP/1.1 101 Switching Protocols", "Upgrade: x"],
        ["HTTP/2 200"],
        ["ICY 200 OK"],
        ["HTTP/1.1 20 OK"],
        ["HTTP/1.1 200 OK", "X: a\nb"],
        ["HTTP/1.1 200 OK", " folded: x"],
        ["HTTP/1.1 200 OK", "Content-Length: 3", "Content-Length: 4"],
        ["HTTP/1.1 200 OK", "Content-Length: -3"],
    ],
)
def test_a_strange_answer_does_not_go_on(lines: list[str]) -> None:
    """What is no plain answer of HTTP/1 is not handed to the client."""
    with pytest.raises(BadAnswer):
        read_answer(head(*lines), "GET")


def test_a_reason_stays_on_its_line() -> None:
    """Whatever is in a reason, the answer of our own has one head."""
    said = refusing(403, "no\r\nX-Evil: 1\r\n\r\nbody \u202e" + "x" * 1000)
    start, _, rest = said.partition(b"\r\n")
    assert start.startswith(b"HTTP/1.1 403 no??X-Evil: 1????body ?xxx") and len(start) < 400
    assert b"\r\nX-Evil" not in rest
