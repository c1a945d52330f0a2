"""The one listener on the LAN: a process that serves one file to one device at a random path, and ends.

It is a process of its own, since a song lasts longer than the command that starts it.

Does not cover: another device that takes the address of the one that it serves; who listens on the wire hears the music.
"""

import contextlib
import mimetypes
import os
import secrets
import select
import socket
import stat
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from overnight.home.port import Refused

LASTS_S = 4 * 3600.0  # at most
IDLE_S = 15 * 60.0  # without a request
WAIT_S = 10.0  # for one request
START_S = 5.0  # for the process to listen
CHUNK = 64 * 1024  # bytes
REQUEST = 16 * 1024  # bytes of one at most
HEARD = b"fetched\n"


@dataclass(slots=True)
class Served:
    """A file that is served."""

    address: str
    process: int  # its number
    pipe: int
    _fetched: bool = False

    def fetched(self) -> bool:
        """Whether the device has read bytes of it."""
        if not self._fetched and select.select([self.pipe], [], [], 0)[0]:
            self._fetched = os.read(self.pipe, len(HEARD)) != b""
        return self._fetched


async def serve(file: Path, device: str) -> Served:
    """Serve a file to the device at an address, in a process that outlives this one.

    Raises:
        Refused: it cannot be served.
    """
    from anyio import to_thread

    return await to_thread.run_sync(_start, file, device)


def _start(file: Path, device: str) -> Served:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(file), device, str(IDLE_S)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout  # noqa: S101  # a pipe
    pipe = os.dup(process.stdout.fileno())
    process.stdout.close()
    threading.Thread(target=process.wait, daemon=True).start()  # a claw lives longer than a song
    said = b""
    until = time.monotonic() + START_S
    while not said.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        piece = os.read(pipe, 1) if ready else b""
        if not piece:
            os.close(pipe)
            raise Refused(f"{file.name} cannot be served")
        said += piece
    return Served(said.decode().strip(), process.pid, pipe)


def main(path: str, device: str, idle_s: str) -> None:
    """Be that process."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise SystemExit(1)
    with socket.create_server((_beside(device), 0)) as server:
        word = f"/{secrets.token_urlsafe(24)}{Path(path).suffix.lower()}"
        _say(f"http://{server.getsockname()[0]}:{server.getsockname()[1]}{word}\n".encode())
        until, idle = time.monotonic() + LASTS_S, time.monotonic() + float(idle_s)
        while (left := min(until, idle) - time.monotonic()) > 0:
            server.settimeout(left)
            try:
                peer, (host, _) = server.accept()
            except TimeoutError:
                return
            with peer:
                if host == device or (_ours(host) and _ours(device)):
                    peer.settimeout(WAIT_S)
                    if _answer(peer, file, word, until):
                        idle = time.monotonic() + float(idle_s)


def _ours(host: str) -> bool:
    return host.startswith("127.")


def _beside(device: str) -> str:
    """Our address on the network of a device; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((device, 9))
        return str(probe.getsockname()[0])


def _answer(peer: socket.socket, file: int, word: str, until: float) -> bool:
    """Answer one request; whether it was for the file."""
    for_it = False
    try:
        head = b""
        ends = time.monotonic() + WAIT_S
        while b"\r\n\r\n" not in head and len(head) < REQUEST and (piece := peer.recv(4096)):
            head += piece
            peer.settimeout(max(0.01, ends - time.monotonic()))
            if time.monotonic() > ends:  # a byte now and then
                return False
        line, *fields = head.decode("latin-1").split("\r\n")
        method, _, rest = line.partition(" ")
        if rest.split(" ")[0] != word or method not in ("GET", "HEAD"):
            peer.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        for_it = True
        size = os.fstat(file).st_size
        start, end = _range(fields, size)
        partial = (start, end) != (0, size)
        peer.sendall(
            f"HTTP/1.1 {'206 Partial Content' if partial else '200 OK'}\r\n"
            f"Content-Type: {mimetypes.guess_type(word)[0] or 'audio/mpeg'}\r\nContent-Length: {end - start}\r\n"
            f"{f'Content-Range: bytes {start}-{end - 1}/{size}' if partial else 'Accept-Ranges: bytes'}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        while method == "GET" and start < end and time.monotonic() < until:
            peer.settimeout(max(0.1, until - time.monotonic()))  # a player that is paused reads on later
            piece = os.pread(file, min(CHUNK, end - start), start)
            if not piece:
                break
            peer.sendall(piece)
            start += len(piece)
            _say(HEARD)
    except (OSError, ValueError):
        pass
    return for_it


def _range(fields: list[str], size: int) -> tuple[int, int]:
    for field in fields:
        name, _, value = field.partition(":")
        if name.strip().lower() == "range" and value.strip().startswith("bytes="):
            first, _, last = value.strip().removeprefix("bytes=").partition("-")
            if first.isdigit() and (not last or last.isdigit()):
                start = int(first)
                end = min(size, int(last) + 1) if last else size
                if start < end:
                    return start, end
    return 0, size


_said: set[bytes] = set()


def _say(line: bytes) -> None:
    """Write a line to who started us, once, if they are still there."""
    if line not in _said:
        _said.add(line)
        with contextlib.suppress(OSError):
            os.write(1, line)


if __name__ == "__main__":
    main(*sys.argv[1:])
