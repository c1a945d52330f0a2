"""The supervisor's process: one at a time, called by signals, killed without harm, ended in good order."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_loops import World, until

from overnight.jobs.entries import Life, read_registry
from overnight.jobs.loop import Outcome
from overnight.jobs.supervising import CALL
from overnight.jobs.systemd import SOCKET, tell_systemd

SUPERVISE = """\
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from small_loops import World
from overnight.jobs.supervising import supervise
from overnight.jobs.supervisor import Supervisor
world = World(folder=Path(sys.argv[1]))
say = lambda line: print(line, flush=True)
made = Supervisor(loops=world.loops, commands={"script": world.command}, environment={}, say=say)
supervise(made, lambda: say("ready"), lambda: None)
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A registry with one loop that is to run."""
    made = World(folder=tmp_path)
    made.up("a")
    return made


@contextmanager
def supervising(world: World) -> Iterator[subprocess.Popen[str]]:
    """A supervisor's process that has looked once; its loops are killed at the end."""
    command = [sys.executable, "-c", SUPERVISE, str(world.folder), str(Path(__file__).parents[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while "ready" not in (line := process.stdout.readline()):
                assert line
            yield process
        finally:
            process.kill()


def kill_all(world: World) -> None:
    """End what the supervisors of a test have started."""
    for entry in read_registry(world.loops).entries:
        if entry.present is not None and entry.runs:
            os.kill(entry.present.process.pid, signal.SIGKILL)


def test_a_killed_supervisor_leaves_its_loops_to_the_next_one(world: World) -> None:
    """The same process goes on; the next supervisor ends it in good order and then itself."""
    try:
        with supervising(world) as first:
            until(lambda: world.working("a"))
            pid = world.entry("a").present
            first.kill()
            first.wait()
        held = read_registry(world.loops).supervisor
        assert held is not None and held.life is Life.LOST
        with supervising(world) as second:
            assert world.entry("a").present == pid and world.entry("a").runs
            held = read_registry(world.loops).supervisor
            assert held is not None and held.present is not None and held.present.process.pid == second.pid
            second.send_signal(signal.SIGTERM)
            assert second.wait() == 0
        found = world.entry("a").ended
        assert found is not None and found.outcome is Outcome.STOPPED
        assert read_registry(world.loops).supervisor is None
    finally:
        kill_all(world)


def test_a_call_is_answered_and_a_second_supervisor_refused(world: World) -> None:
    """What was set up since is started at the next look; of two supervisors the second one ends, and harms nothing."""
    try:
        with supervising(world) as process:
            world.up("b")
            process.send_signal(CALL)
            until(lambda: world.working("b"))
            command = [sys.executable, "-c", SUPERVISE, str(world.folder), str(Path(__file__).parents[1])]
            second = subprocess.run(command, capture_output=True, text=True, check=False)
            assert second.returncode == 1 and "LoopBusy: another process runs this loop already" in second.stderr
            process.send_signal(signal.SIGINT)
            assert process.wait() == 0
        assert [world.entry(part).life for part in "ab"] == [Life.NONE, Life.NONE]
    finally:
        kill_all(world)


def test_a_second_signal_leaves_loops_that_do_not_end(world: World) -> None:
    """It says which; they are not killed."""
    world.up("deaf", "deaf")
    try:
        with supervising(world) as process:
            until(lambda: world.working("deaf") and world.working("a"))
            process.send_signal(signal.SIGTERM)
            until(lambda: world.entry("a").life is Life.NONE)
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate()
            assert process.returncode == 0 and f"{world.folder.name}:deaf to end by itself" in said
        assert world.entry("deaf").runs
    finally:
        kill_all(world)


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the socket that it names, if it started us; a socket that is gone is no error."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        monkeypatch.setenv(SOCKET, str(tmp_path / "notify"))
        tell_systemd("READY=1")
        assert receiver.recv(100) == b"READY=1"
        name = f"overnight-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as abstract:
            abstract.bind(f"\0{name}")
            monkeypatch.setenv(SOCKET, f"@{name}")
            tell_systemd("WATCHDOG=1")
            assert abstract.recv(100) == b"WATCHDOG=1"
    for gone in ("", str(tmp_path / "notify"), "relative"):
        monkeypatch.setenv(SOCKET, gone)
        tell_systemd("READY=1")
