"""Short commands of the user: whatever they do, they block nothing and fill no disk or memory."""

import os
import signal
import time
from pathlib import Path

import anyio
import pytest

from overnight.user_command import Printed, run_for_output

MOST = 4096


def run(script: str, wall_s: float = 20) -> Printed:
    """What a shell script prints."""

    async def walk() -> Printed:
        return await run_for_output(
            ["/bin/sh", "-c", script], environment={"PATH": "/usr/bin:/bin"}, wall_s=wall_s, most_bytes=MOST
        )

    return anyio.run(walk)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("script", "output", "code"),
    [
        ("printf one; printf two >&2", b"one", 0),
        ("printf some; exit 3", b"some", 3),
        ("cat", b"", 0),
        (f"head -c {MOST} /dev/zero", bytes(MOST), 0),
        ("exec >&-; sleep 0.2; exit 4", b"", 4),
    ],
)
def test_what_it_prints_comes_with_its_end(script: str, output: bytes, code: int) -> None:
    """It reads nothing from us, its errors are dropped, and closing its output does not end it."""
    assert run(script) == Printed(output=output, code=code)


@pytest.mark.parametrize(
    "script", ["yes", "yes & exec yes", f"head -c {MOST + 1} /dev/zero; sleep 100", f"head -c {MOST + 1} /dev/zero"]
)
def test_one_that_says_too_much_is_ended(script: str) -> None:
    """The output has as many bytes as requested."""
    printed = run(script)
    assert printed.code is None and len(printed.output) == MOST


def test_what_it_leaves_behind_is_not_waited_for() -> None:
    """An agent that caches a key keeps running, although it holds the output open."""
    begun = time.monotonic()
    printed = run("setsid sleep 30 & echo $!; echo the key")
    pid = int(printed.output.split()[0])
    try:
        assert printed.code == 0 and printed.output.endswith(b"the key\n") and is_alive(pid)
        assert time.monotonic() - begun < 20
    finally:
        os.kill(pid, signal.SIGKILL)


def test_one_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    """This holds even if a process that left its session keeps the output open."""
    pids = tmp_path / "pids"
    with pytest.raises(TimeoutError):
        run(f"sleep 1000 & echo $! >>{pids}; setsid sleep 1000 & echo $! >>{pids}; wait", wall_s=0.5)
    child, stranger = (int(line) for line in pids.read_text().split())
    os.kill(stranger, signal.SIGKILL)
    until = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_alive(child)


def test_a_command_that_is_not_there_is_an_error() -> None:
    """The error is the same as for any file."""

    async def walk() -> None:
        with pytest.raises(FileNotFoundError):
            await run_for_output(["/no/such/command"], environment={}, wall_s=1, most_bytes=1)

    anyio.run(walk)
