"""What a client gets back: a server's answer, with a head of our own making, or why there is none.

Pure. A server may be hostile: its head is bounded and well-formed when it goes on. What its body is framed by is the client's
to judge; it can harm that one connection alone, which ends with it.
"""

import re
from dataclasses import dataclass

from overnight.egress.request import BadRequest, passed_on, read_headers, split_head, write_head

LONGEST_REASON = 300  # characters
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: ([\t -~\x80-\xff]*))?")
_NO_BODY = {204, 304}
_FIRST_FINAL = 200
_REASON = re.compile(r"[^ -~]")
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UNKNOWN_NAME = b"\x15\x03\x03\x00\x02\x02\x70"  # TLS: a fatal alert, unrecognized_name; most clients say that to the user


class BadAnswer(Exception):  # noqa: N818  # of a server
    """What a server sends is no answer of HTTP/1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The head of an answer."""

    status: int
    head: bytes  # as it goes on
    length: int | None  # of the body; None: until the server closes, or as its chunks say

    @property
    def interim(self) -> bool:
        """Whether another one follows."""
        return self.status < _FIRST_FINAL


def read_answer(head: bytes, method: str) -> Answer:
    """The answer of a server to a request of this method.

    Raises:
        BadAnswer: it is none, or changes the protocol.
    """
    try:
        start, *lines = split_head(head)
        found = _STATUS.fullmatch(start)
        headers = read_headers(lines)
        kept = list(passed_on(headers))
    except BadRequest as bad:
        raise BadAnswer(f"the answer cannot be read: {bad}") from None
    if not found or found[1] == b"101":
        raise BadAnswer("the answer is none of HTTP/1.1")
    status = int(found[1])
    encodings = [value for name, value in headers if name.lower() == "transfer-encoding"]
    lengths = {value for name, value in headers if name.lower() == "content-length"}
    if encodings:
        kept = [(name, value) for name, value in kept if name.lower() != "content-length"]
        kept += [("Transfer-Encoding", value) for value in encodings]
    if len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", value) for value in lengths):
        raise BadAnswer("the answer has a length that is no number")
    length = int(lengths.pop()) if lengths and not encodings else None
    if method == "HEAD" or status in _NO_BODY:
        length = 0
    reason = (found[2] or b"").decode("latin-1")
    return Answer(
        status=status, head=write_head(f"HTTP/1.1 {status} {reason}", [*kept, ("Connection", "close")]), length=length
    )


def refusing(status: int, why: str) -> bytes:
    """An answer of our own; its reason stands in its first line too, since many clients show no more."""
    why = _REASON.sub("?", why)[:LONGEST_REASON]
    body = f"overnight: {why}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Connection", "close"),
    ]
    return write_head(f"HTTP/1.1 {status} {why}", headers) + body
