"""Output that nobody reads blocks nothing, neither in an outlet by itself nor in a whole session."""

import fcntl
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from targets import COMMAND, make_repo, overnight, program, read_json

from overnight.cli.outlet import MOST_BYTES, Outlet

EDITS = tuple(("SCALE = 1.0", f"SCALE = {n}.0") for n in range(2, 5))


def full_pipe() -> tuple[int, int]:
    """A full pipe: its reading and its writing end."""
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(theirs, False)
    os.write(theirs, b"-" * 4096)
    os.set_blocking(theirs, True)
    return ours, theirs


def full_terminal() -> tuple[int, int]:
    """A terminal with a full buffer: its own end and the end for programs."""
    ours, theirs = pty.openpty()
    os.set_blocking(theirs, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(theirs, b"-" * 4096)
    os.set_blocking(theirs, True)
    return ours, theirs


def drain(descriptor: int) -> bytes:
    """What can be read until the other end is closed everywhere."""
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
    """Wait until a condition is true."""
    last = time.monotonic() + 60
    while not true():
        assert time.monotonic() < last
        time.sleep(0.05)


def test_what_is_written_comes_out_in_order(tmp_path: Path) -> None:
    """It follows what was printed before, and all of it is there at the end."""
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
    """The queue has a limit; when the reader resumes, it gets the whole queue and everything written later."""
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
    """There is no error, and nothing stays in the queue."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as stream:
        outlet = Outlet(stream)
        for size in (1, MOST_BYTES // 2, MOST_BYTES // 2, MOST_BYTES // 2):
            outlet.say("x" * size)
            outlet.settle()
        assert (outlet._lost, outlet._size, list(outlet._waiting)) == (True, 0, [])


def test_a_stream_in_memory_is_written_to_at_once() -> None:
    """Tests and embedding programs use such streams."""
    stream = io.StringIO()
    Outlet(stream).say("x")
    assert stream.getvalue() == "x\n"


def stopped(repo: Path) -> bool:
    """Whether the campaign's newest session is over."""
    done = overnight(repo, "status", "--json")
    return done.returncode == 0 and bool(json.loads(done.stdout)["stopped"])


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("interrupt", [False, True])
def test_a_session_that_nobody_reads_goes_on_and_ends(tmp_path: Path, terminal: bool, interrupt: bool) -> None:
    """With lines in a full pipe and with a screen on a stopped terminal; Ctrl-C works meanwhile, and no line is lost."""
    slow = " && (grep -q 'SCALE = 1.0' train.py || sleep 60)" if interrupt else ""
    repo = make_repo(tmp_path / "r", program(*EDITS, measure=f"python train.py {{seed}}{slow}"))
    ours, theirs = full_terminal() if terminal else full_pipe()
    command = [sys.executable, COMMAND, "run", "--tag", "t", "--no-report", *([] if terminal else ["--plain"])]
    with subprocess.Popen(command, cwd=repo, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs) as session:
        os.close(theirs)
        try:
            if interrupt:
                until(lambda: "SCALE" in overnight(repo, "log").stdout)
                session.send_signal(signal.SIGINT)
                time.sleep(1)  # the kernel merges two that come at once, and no acknowledgement can be read
                session.send_signal(signal.SIGINT)
            until(lambda: stopped(repo))
            said = drain(ours).decode()
            assert session.wait(30) == (130 if interrupt else 1)
        finally:
            session.kill()
            os.close(ours)
    assert interrupt or read_json(repo, "status")["experiments"] == len(EDITS)
    if terminal and not interrupt:
        assert said.rfind("\x1b[?25h") > said.rfind("\x1b[?25l")
    elif not terminal and not interrupt:
        assert all(0 < said.index(f"#{n} discard") < said.index("Nothing was kept") for n in (1, 2, 3))


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-"])
@pytest.mark.parametrize("command", ["run --no-report", "run --no-report --plain", "check"])
def test_a_session_without_an_output_is_a_session(tmp_path: Path, closed: str, command: str) -> None:
    """Some schedulers start one without them."""
    repo = make_repo(tmp_path / "r", program(("SCALE = 1.0", "SCALE = 2.0")))
    line = f"{sys.executable} {COMMAND} {command} {closed}"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=repo, timeout=100, check=False)
    assert done.returncode == (0 if command == "check" else 1)
