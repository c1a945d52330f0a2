"""A jailed job's one port: what it can reach through it, and what it cannot."""

import asyncio
import os
import socket
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, JobResult, Limits
from overnight.jail.port import Door, Link

LIMITS = Limits(wall_s=20.0)
ASK = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print(s.recv(9).decode())"


@cache
def jail() -> JailExecutor:
    return JailExecutor(slots=1, search_path=os.environ["PATH"])


async def answered(job: Job, ports: Sequence[int]) -> JobResult:
    """Run a job whose ports are answered: the first with `hello`, others also with their place among them."""
    servers = []

    def door(place: int, port: int) -> Door:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(f"hello{place or ''}".encode())
            writer.close()

        def listen(listening: socket.socket) -> None:
            servers.append(asyncio.ensure_future(asyncio.start_server(greet, sock=listening)))

        return Door(port=port, listen=listen)

    result = await jail().run(job, Link(doors=tuple(door(place, port) for place, port in enumerate(ports))))
    for server in servers:
        (await server).close()
    return result


def run(tmp_path: Path, command: str, *ports: int) -> str:
    folder, output = tmp_path / "job", tmp_path / "output"
    folder.mkdir()
    asyncio.run(answered(Job(command=command, folder=folder, output=output, limits=LIMITS), ports or (4000,)))
    return output.read_text()


def test_the_port_is_answered_from_outside(tmp_path: Path) -> None:
    """A job in its own network reaches what we serve on its port."""
    assert run(tmp_path, f'python3 -c "{ASK}" 4000') == "hello\n"


def test_each_door_has_its_own_port(tmp_path: Path) -> None:
    """A job reaches what serves each of its ports, and behind none of them what serves another."""
    asked = "; ".join(f'python3 -c "{ASK}" {port}' for port in (4000, 4001, 4002))
    assert run(tmp_path, asked, 4000, 4001, 4002) == "hello\nhello1\nhello2\n"


def test_no_other_port_is(tmp_path: Path) -> None:
    """Services on the machine's loopback stay out of reach, even though the job has a port."""
    with socket.create_server(("127.0.0.1", 0)) as outside:
        said = run(tmp_path, f'python3 -c "{ASK}" {outside.getsockname()[1]} 2>&1 | tail -n 1')
    assert "refused" in said


def test_job_gets_no_descriptor(tmp_path: Path) -> None:
    """The way out of the jail is closed before the job begins: it holds stdin, stdout and stderr only."""
    assert run(tmp_path, "ls /proc/self/fd | tr '\\n' ' '") == "0 1 2 3 "  # 3: the listing itself


def test_two_jails_have_the_same_port(tmp_path: Path) -> None:
    """Each job has its own loopback, so the port number is free in every one, whatever listens outside."""
    with socket.create_server(("127.0.0.1", 0)) as outside:
        port = outside.getsockname()[1]
        assert run(tmp_path, f'python3 -c "{ASK}" {port}', port) == "hello\n"


def test_talk_ends_with_the_job(tmp_path: Path) -> None:
    """A cancelled job closes its end of the socket, so that nobody waits for it."""
    ours, theirs = socket.socketpair()
    (tmp_path / "job").mkdir()
    job = Job(command="echo begun; sleep 60", folder=tmp_path / "job", output=tmp_path / "output", limits=LIMITS)

    async def cancelled() -> bytes:
        running = asyncio.create_task(jail().run(job, Link(talk=theirs)))
        reader, writer = await asyncio.open_connection(sock=ours)
        begun = await reader.readline()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        rest = await reader.read()
        writer.close()
        return begun + rest

    assert asyncio.run(cancelled()) == b"begun\n"
