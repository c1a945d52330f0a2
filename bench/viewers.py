"""Many viewers of one page, in a process of their own: each has an event stream, and fetches what is announced.

Raw sockets, so that the viewers take little of the machine that they share with the server. Used by `surface.py`.
"""

import json
import re
import selectors
import socket
import sys
import time
from urllib.parse import quote

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
VERSION = re.compile(rb"\r\netag: ([^\r]+)\r\n", re.IGNORECASE)


class Viewer:
    """One of them: `bodies` has when each page was there whole, and its version."""

    def __init__(self, port: int, page: str, headers: str, watch: selectors.BaseSelector) -> None:
        self.bodies: list[tuple[float, str]] = []
        self._port, self._watch = port, watch
        self.streamed = socket.create_connection(("127.0.0.1", port))
        self.fetched: socket.socket | None = None  # a server closes what is idle
        watch.register(self.streamed, selectors.EVENT_READ, self.hear)
        self._get = f"GET {page} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n{headers}\r\n".encode()
        events = f"GET /events?page={quote(page)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n"
        self._line, self._body, self._busy, self._again = b"", b"", False, False
        self.streamed.sendall(events.encode())

    def hear(self) -> bool:
        """Read the stream; whether it goes on."""
        found = self.streamed.recv(65536)
        self._line += found
        if b"\ndata: " in self._line:
            self._line = b""
            self._again = self._busy
            if not self._busy:
                self._fetch()
        return bool(found)

    def read(self) -> bool:
        """Read the page that was fetched; whether the connection goes on."""
        assert self.fetched is not None
        found = self.fetched.recv(1 << 20)
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
            self.bodies.append((time.monotonic(), version[1].decode() if version else ""))
            self._body, self._busy = b"", False
            if self._again:
                self._again = False
                self._fetch()
        return True

    def _fetch(self) -> None:
        self._busy = True
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
        for key, _ in watch.select():
            if key.data is None:
                print(json.dumps([viewer.bodies for viewer in viewers]))
                return 0
            if not key.data():
                raise SystemExit("a connection was lost")
        if not said and all(viewer.bodies for viewer in viewers):
            said = True
            print("there", flush=True)


if __name__ == "__main__":
    sys.exit(main())
