"""Many viewers of one page, in a process of their own: each has an event stream, and does what a browser's script does.

An event has what is new since the version before; a viewer who has another version fetches the page, and one who is sent less
than all of it does so some moments later. What is written down is
when bytes were there, and the newest `commit NNNN` in them: the commits that a viewer has seen by then. Raw sockets, so that
the viewers take little of the machine that they share with the server. Used by `surface.py`.
"""

import gzip
import json
import re
import selectors
import socket
import sys
import time
from functools import cache
from random import random
from urllib.parse import quote

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
VERSION = re.compile(rb"\r\netag: W/\"([^\r\"]+)", re.IGNORECASE)
EVENT = re.compile(rb"(?:^|\n)id: ([^\n]+)\ndata: ([^\n]*)\n\n")
SPREAD_S, LOOK_S = 4.0, 0.02
COMMIT = re.compile(rb"commit (\d{4})")


@cache
def newest_in(text: bytes) -> int:
    """The newest commit that a text shows; 0: none."""
    return max(map(int, COMMIT.findall(text)), default=0)


@cache
def newest_packed(body: bytes) -> int:
    """The same of a page as it came."""
    return newest_in(gzip.decompress(body))


class Viewer:
    """One of them: `seen` has when bytes were there whole, and the newest commit in them."""

    def __init__(self, port: int, page: str, headers: str, watch: selectors.BaseSelector) -> None:
        self.seen: list[tuple[float, int]] = []
        self.fetches = self.size_bytes = 0
        self._port, self._watch = port, watch
        self.streamed = socket.create_connection(("127.0.0.1", port))
        self.fetched: socket.socket | None = None  # a server closes what is idle
        watch.register(self.streamed, selectors.EVENT_READ, self.hear)
        self._get = f"GET {page} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n{headers}\r\n".encode()
        events = f"GET /events?page={quote(page)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n"
        self._lines, self._body, self._busy, self._again, self._version = b"", b"", False, False, b""
        self._due = 0.0  # when it fetches what it was not sent; 0: it has all
        self.streamed.sendall(events.encode())

    def hear(self) -> bool:
        """Read the stream; whether it goes on."""
        found, now = self.streamed.recv(1 << 20), time.monotonic()
        self.size_bytes += len(found)
        self._lines += found.replace(b"\r\n", b"\n")
        while event := EVENT.search(self._lines):
            self._lines = self._lines[event.end() - 1 :]
            self._take(event[1], event[2], now)
        return bool(found)

    def _take(self, version: bytes, data: bytes, now: float) -> None:
        if version == self._version:
            return
        if self._version and not self._busy and data.startswith(b'{"since": "%s"' % self._version):
            self._version = version
            self.seen.append((now, newest_in(data)))
            if b', "later": [' in data and not self._due:
                self._due = now + SPREAD_S * random()  # a moment, no secret
        elif self._busy:
            self._again = True
        else:
            self._fetch()

    def look(self, now: float) -> None:
        """Fetch what was left out, if it is time."""
        if self._due and now >= self._due and not self._busy:
            self._fetch()

    def read(self) -> bool:
        """Read the page that was fetched; whether the connection goes on."""
        assert self.fetched is not None
        found, now = self.fetched.recv(1 << 20), time.monotonic()
        self.size_bytes += len(found)
        if not found:
            self._watch.unregister(self.fetched)
            self.fetched = None
            if self._busy:  # it was closed as idle at the moment of our request
                self._fetch()
            return True
        self._body += found
        head, _, body = self._body.partition(b"\r\n\r\n")
        length = LENGTH.search(head + b"\r\n")
        if length and len(body) >= int(length[1]):
            version = VERSION.search(head + b"\r\n")
            self._version = version[1] if version else b""
            self.seen.append((now, newest_packed(body)))
            self._body, self._busy = b"", False
            if self._again:
                self._again = False
                self._fetch()
        return True

    def _fetch(self) -> None:
        self._busy, self._due = True, 0.0
        self.fetches += 1
        if self.fetched is None:
            self.fetched = socket.create_connection(("127.0.0.1", self._port))
            self._watch.register(self.fetched, selectors.EVENT_READ, self.read)
        self.fetched.sendall(self._get)


def main() -> int:
    """View until standard input ends; then print what each saw."""
    port, page, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    headers = "".join(f"{line}\r\n" for line in sys.argv[4:])
    watch = selectors.DefaultSelector()
    viewers = [Viewer(port, page, headers, watch) for _ in range(count)]
    watch.register(sys.stdin, selectors.EVENT_READ)
    said = False
    while True:
        for viewer in viewers:
            viewer.look(time.monotonic())
        for key, _ in watch.select(LOOK_S):
            if key.data is None:
                sums = [sum(viewer.fetches for viewer in viewers), sum(viewer.size_bytes for viewer in viewers)]
                print(json.dumps({"seen": [viewer.seen for viewer in viewers], "sums": sums}))
                return 0
            if not key.data():
                raise SystemExit("a connection was lost")
        if not said and all(viewer.seen for viewer in viewers):
            said = True
            print("there", flush=True)


if __name__ == "__main__":
    sys.exit(main())
