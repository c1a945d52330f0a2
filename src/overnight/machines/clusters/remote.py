"""The far end of an SSH connection: starts a worker there, and ends it with the connection.

The head runs `PYTHON -P -m overnight.machines.clusters.remote` through ssh. It prints one line of JSON about this host, reads
one with what to start, and from then on anything: a byte from time to time says that the head still lives. A killed ssh
client would otherwise leave its command running, and a network that is gone closes nothing.

The certificates come over the connection, and are in memory and in a folder of ours alone; they are deleted at the end.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from overnight import __version__
from overnight.machines.clusters.worker_command import MODULE, worker_options

LEASE_S = 120.0  # without a byte of the head
CLOSING_S = 5.0  # that a worker has to close in
MOST_BYTES = 1024**2  # of the order
TAIL = 2000  # bytes of what a worker printed last
NEEDED = ("distributed",)
LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve one head, until it is gone or the worker has ended."""
    _say({"overnight": __version__, "missing": [name for name in NEEDED if find_spec(name) is None]})
    if not (line := _line()):
        return
    order = json.loads(line)
    if not _is_free(order["port"]):
        _say({"taken": order["port"]})
        return
    folder = Path(tempfile.mkdtemp(prefix="overnight-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))  # noqa: S108
    try:
        _serve(order, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(order: Mapping[str, object], folder: Path) -> None:
    certificates = order["certificates"]
    assert isinstance(certificates, dict)  # noqa: S101  # as the head writes it
    for name, text in certificates.items():
        (folder / name).write_text(text)  # the folder is ours alone
    argv = [
        *(sys.executable, "-P", "-m", MODULE, str(order["scheduler"]), "--name", str(order["name"])),
        *("--local-directory", tempfile.gettempdir()),  # where results wait that no head has taken yet
        *("--listen-address", f"tls://{LOOPBACK}:{order['port']}", "--contact-address", str(order["contact"])),
        *worker_options(folder),
    ]
    with tempfile.TemporaryFile() as printed:
        worker = _start(argv, printed.fileno())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(0))  # ends the worker on the way out
        try:
            _say({"started": worker.pid})
            _watch(worker)
        finally:
            code = _end(worker)
            with suppress(OSError, ValueError):  # nobody listens any more
                printed.seek(max(0, printed.seek(0, os.SEEK_END) - TAIL))
                _say({"ended": code, "output": printed.read().decode(errors="replace")})


def _start(argv: Sequence[str], output: int) -> "subprocess.Popen[bytes]":
    kernel = ctypes.CDLL(None)

    def die_with_us() -> None:
        kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_us,  # noqa: PLW1509  # there is one thread
    )


def _watch(worker: "subprocess.Popen[bytes]") -> None:
    """Until the worker has ended, or the head has."""
    ended = os.pidfd_open(worker.pid)
    last = time.monotonic()
    try:
        while (left := last + LEASE_S - time.monotonic()) > 0:
            ready, _, _ = select.select([0, ended], [], [], left)
            if ended in ready or (0 in ready and not os.read(0, 4096)):
                return
            if ready:
                last = time.monotonic()
    finally:
        os.close(ended)


def _end(worker: "subprocess.Popen[bytes]") -> int:
    with suppress(ProcessLookupError):
        worker.terminate()
    with suppress(subprocess.TimeoutExpired):
        worker.wait(CLOSING_S)
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    return worker.wait()


def _line() -> bytes:
    """The first line of the input; empty if it ends before."""
    got = b""
    while not got.endswith(b"\n") and len(got) <= MOST_BYTES:
        if not (byte := os.read(0, 1)):  # what follows the line is not ours to take yet
            return b""
        got += byte
    return got


def _is_free(port: object) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _say(value: Mapping[str, object]) -> None:
    print(json.dumps(value), flush=True)  # noqa: T201  # how the head learns it


if __name__ == "__main__":
    main()
