"""Output that nobody reads: it holds nothing up, in an outlet by itself and in a whole session."""

import fcntl
import io
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from targets import make_repo, overnight, program, read_json

from overnight.cli.outlet import MOST_BYTES, Outlet

EDITS = tuple(("SCALE = 1.0", f"SCALE = {n}.0") for n in range(2, 5))


def full_pipe() -> tuple[int, int]:
    """A pipe that takes nothing more: its reading and its writing end."""
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(theirs, False)
    os.write(theirs, b"-" * 4096)
    os.set_blocking(theirs, True)
    return ours, theirs


def drain(descriptor: int) -> bytes:
    """What can be read until everybody let go of the other end."""
    read = b""
    while True:
        try:
            got = os.read(descriptor, 65536)
        except OSError:  # a terminal whose other end is closed
            got = b""
        if not got:
            return read
        read += got


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    last = time.monotonic() + 60
    while not true():
        assert time.monotonic() < last
        time.sleep(0.05)


def test_what_is_written_comes_out_in_order(tmp_path: Path) -> None:
    """After what was printed before, and all of it by the end."""
    path = tmp_path / "log"
    with path.open("w") as stream:
        stream.write("before\n")
        outlet = Outlet(stream)
        for number in range(500):
            outlet.say(f"line {number}")
        outlet.settle()
        stream.write("after\n")
    assert path.read_text().splitlines() == ["before", *(f"line {number}" for number in range(500)), "after"]


def test_a_reader_who_does_not_read_is_not_waited_for() -> None:
    """What waits has a limit; when the reader goes on, it comes whole, and so does what is written then."""
    ours, theirs = full_pipe()
    with os.fdopen(theirs, "w") as stream:
        outlet = Outlet(stream)
        for number in range(2 * MOST_BYTES // 10):
            outlet.say(f"{number:09}")
        outlet.settle(0.05)
        assert os.read(ours, 4096) == b"-" * 4096
        read = b""
        while not read.endswith(b"%09d\n" % (MOST_BYTES // 10 - 1)):
            read += os.read(ours, 65536)
        outlet.settle()
        outlet.say("again")
        outlet.settle()
    assert drain(ours) == b"again\n"
    assert [int(line) for line in read.split()] == list(range(MOST_BYTES // 10))
    os.close(ours)


def test_a_reader_who_is_gone_is_spared() -> None:
    """No error, and nothing is kept for nobody."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as stream:
        outlet = Outlet(stream)
        for _ in range(3):
            outlet.say("x")
            outlet.settle()


def test_a_stream_in_memory_is_written_to_at_once() -> None:
    """As tests and embedding programs have them."""
    stream = io.StringIO()
    Outlet(stream).say("x")
    assert stream.getvalue() == "x\n"


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("sent", [[], [signal.SIGINT, signal.SIGINT]])
def test_a_session_that_nobody_reads_goes_on_and_ends(tmp_path: Path, terminal: bool, sent: list[signal.Signals]) -> None:
    """With lines in a full pipe as with a screen on a stopped terminal; Ctrl-C is heard meanwhile."""
    measure = "python train.py {seed}" if not sent else "python train.py {seed} && (grep -q 'SCALE = 1.0' train.py || sleep 60)"
    repo = make_repo(tmp_path / "r", program(*EDITS, measure=measure))
    ours, theirs = pty.openpty() if terminal else full_pipe()
    if terminal:
        os.set_blocking(theirs, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(theirs, b"-" * 4096)
        os.set_blocking(theirs, True)
    command = [sys.executable, "-m", "overnight", "run", "--tag", "t", "--no-report", *([] if terminal else ["--plain"])]
    with subprocess.Popen(command, cwd=repo, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs) as session:
        os.close(theirs)
        try:
            ledger = repo / ".overnight/t/ledger.db"
            if sent:
                until(lambda: ledger.exists() and "open" in overnight(repo, "log").stdout)
                for one in sent:
                    session.send_signal(one)
                    time.sleep(0.2)
            until(lambda: ledger.exists() and read_json(repo, "status").get("stopped"))
            said = drain(ours)
            assert session.wait(30) == (130 if sent else 1)
        finally:
            session.kill()
            os.close(ours)
    assert b"Nothing was kept" in said or sent
    assert read_json(repo, "status")["experiments"] == (0 if sent else len(EDITS))
