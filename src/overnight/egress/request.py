"""The head of an HTTP/1 request to the proxy, read strictly: what two readers could read in two ways is refused.

Pure. A client may be hostile. What goes on to a server is written anew, never copied, so that nothing of the framing is the
client's. RFC 9112 is the source; where it lets a recipient be lenient, we are not.
"""

import re
from dataclasses import dataclass

from overnight.egress.hosts import BadHost, Target, read_target

HTTP_PORT = 80
MOST_HEADERS = 100
LONGEST_LINE = 8 * 1024  # bytes
_START = re.compile(rb"([A-Z]{1,20}) ([!-~]+) HTTP/1\.([01])")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(rb"[\t -~\x80-\xff]*")
_PLAIN = re.compile(r"http://([^/?#@]+)(/[^#]*|\?[^#]*)?", re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,15}")
_NEVER = {"TRACE", "TRACK"}  # they hand a client's own headers back
_BY_HOP = {  # what concerns one connection, and is not passed on
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_FRAMING = {"host", "content-length", "transfer-encoding"}  # written anew


class BadRequest(Exception):  # noqa: N818  # of a client
    """A request that is not passed on; says why in one line of ours, for the client and the record."""

    def __init__(self, why: str, *, status: int = 400, target: Target | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.target = target  # whom it was for, as far as that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks of the proxy."""

    target: Target
    tunnel: bool  # CONNECT; all below is of the others
    method: str = ""
    path: str = ""  # with the query
    headers: tuple[tuple[str, str], ...] = ()  # that are passed on
    length: int | None = 0  # of its body; None: it comes in chunks
    version: str = "1.1"  # of HTTP that the client speaks, and so the server is asked in
    waits: bool = False  # for `100 Continue`, before it sends its body

    def head(self) -> bytes:
        """As it is sent to the server; the connection ends with the answer."""
        framing = [("Transfer-Encoding", "chunked")] if self.length is None else []
        framing += [("Content-Length", str(self.length))] if self.length or self.method in {"POST", "PUT", "PATCH"} else []
        lines = [("Host", self.target.authority(HTTP_PORT)), *self.headers, *framing, ("Connection", "close")]
        return write_head(f"{self.method} {self.path} HTTP/{self.version}", lines)


def read_request(head: bytes) -> Request:
    """The request of a head that ends with an empty line.

    Raises:
        BadRequest: it is not well-formed, contradicts itself, or asks for what no proxy of ours does.
    """
    start, *lines = split_head(head)
    found = _START.fullmatch(start)
    if not found:
        raise BadRequest("this is not a request of HTTP/1.1 to a proxy")
    method, where, version = (word.decode("ascii") for word in found.groups())
    headers = read_headers(lines)
    if method == "CONNECT":
        return _tunnel(where, headers)
    plain = _PLAIN.fullmatch(where)
    if not plain or method in _NEVER:
        raise BadRequest(_advice(where) if method not in _NEVER else f"{method} is not passed on")
    target = _target(plain[1], HTTP_PORT)
    _check_host(headers, target, HTTP_PORT, needed=version == "1")
    if _all(headers, "upgrade"):
        raise BadRequest("a change of protocol (`Upgrade`) is not passed on", target=target)
    path = plain[2] or "/"
    return Request(
        target=target,
        tunnel=False,
        method=method,
        path=path if path.startswith("/") else f"/{path}",
        headers=passed_on(headers, "expect", "content-length"),
        length=_length(headers, target, chunks=version == "1"),
        version=f"1.{version}",
        waits=version == "1" and _all(headers, "expect") == ["100-continue"],
    )


def passed_on(headers: list[tuple[str, str]], *others: str) -> tuple[tuple[str, str], ...]:
    """The headers that go on: not those of one connection, nor those that it names, nor `others`; those are written anew.

    Raises:
        BadRequest: it would have framing dropped.
    """
    named = {word.strip().lower() for value in _all(headers, "connection") for word in value.split(",")}
    if named & _FRAMING:
        raise BadRequest("its `Connection` header names what no proxy may drop")
    dropped = _BY_HOP | named | {"host", *others}
    return tuple((name, value) for name, value in headers if name.lower() not in dropped)


def read_headers(lines: list[bytes]) -> list[tuple[str, str]]:
    """Headers by line; bytes that are not ASCII stay as they are, as Latin-1.

    Raises:
        BadRequest: a line is no header.
    """
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        value = value.strip(b" \t")
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise BadRequest("a header of it is not well-formed")
        headers.append((name.decode("ascii"), value.decode("latin-1")))
    return headers


def write_head(start: str, headers: list[tuple[str, str]]) -> bytes:
    """A head as it is sent."""
    return "".join(f"{line}\r\n" for line in (start, *(f"{name}: {value}" for name, value in headers), "")).encode("latin-1")


def split_head(head: bytes) -> list[bytes]:
    """The lines of a head, without their ends and without the empty one at its end.

    Raises:
        BadRequest: a line ends otherwise than by CR LF, or is too long, or there are too many.
    """
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    if any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines):
        raise BadRequest("a line of it ends with something else than CR LF, or contains NUL")
    if len(lines) > MOST_HEADERS + 1 or max(map(len, lines)) > LONGEST_LINE:
        raise BadRequest("its headers are too many or too long", status=431)
    return lines


def _tunnel(where: str, headers: list[tuple[str, str]]) -> Request:
    target = _target(where, 0)
    _check_host(headers, target, target.port, needed=False)
    if any(_all(headers, name) for name in ("content-length", "transfer-encoding", "upgrade")):
        raise BadRequest("a CONNECT has no body and no `Upgrade`", target=target)
    return Request(target=target, tunnel=True)


def _target(authority: str, default_port: int) -> Target:
    try:
        return read_target(authority, default_port)
    except BadHost as bad:
        raise BadRequest(f"the host asked for is refused: {bad}", status=403) from None


def _check_host(headers: list[tuple[str, str]], target: Target, default_port: int, *, needed: bool) -> None:
    hosts = _all(headers, "host")
    if not hosts and not needed:
        return
    try:
        same = len(hosts) == 1 and read_target(hosts[0], default_port) == target
    except BadHost:
        same = False
    if not same:
        raise BadRequest("its `Host` header is not the host that it asks for", target=target)


def _length(headers: list[tuple[str, str]], target: Target, *, chunks: bool) -> int | None:
    lengths, encodings = _all(headers, "content-length"), _all(headers, "transfer-encoding")
    if encodings:
        if lengths or encodings != ["chunked"] or not chunks:
            raise BadRequest("its length is said in two ways, or in an unknown one", target=target)
        return None
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise BadRequest("its `Content-Length` is not one number", target=target)
    return int(lengths[0]) if lengths else 0


def _all(headers: list[tuple[str, str]], name: str) -> list[str]:
    """The values of all headers of a name; of those that are words, in lower case."""
    values = [value for key, value in headers if key.lower() == name]
    return [value.lower() for value in values] if name in {"transfer-encoding", "expect"} else values


def _advice(where: str) -> str:
    if where.lower().startswith("https:"):
        return "an https URL goes through CONNECT"
    return "a proxy is asked for a whole `http://` URL without a user, or by CONNECT"
