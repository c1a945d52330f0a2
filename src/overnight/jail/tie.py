"""A job's ties to us while it runs: a socket as its stdin and stdout, and a port of its own loopback that we answer on.

A jailed job has a network of its own with nothing in it. A first program, ours, makes the listening socket in there, hands it
out through a socket that it then closes, and becomes the job: so whoever holds the listening socket outside talks with the
job, and the job reaches that one port and nothing else.

Does not cover: what is said on either (both ends must take the other for hostile); without a jail the job reaches all that we
reach, and its port is whatever listens there on the machine.
"""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import anyio

from overnight.jail.port import Link

_NONE = -1
_BECOME_JOB = """
import os, socket, sys
talk, door, port = map(int, sys.argv[1:4])
if door >= 0:
    with socket.create_server(("127.0.0.1", port)) as listening, socket.socket(fileno=door) as way:
        socket.send_fds(way, [b"."], [listening.fileno()])
if talk >= 0:
    os.dup2(talk, 0)
    os.dup2(talk, 1)
    os.close(talk)
os.execv(sys.argv[4], sys.argv[4:])
"""


@dataclass(slots=True, kw_only=True)
class Tie:
    """What a launch passes on for a link, and what is left to do while the job runs."""

    argv: Sequence[str] = ()  # goes before the job's shell, see `launch.job_argv`
    sockets: Sequence[socket.socket] = ()  # the job's ends
    ours: socket.socket | None = None  # over which the listening socket comes
    listen: Callable[[socket.socket], None] | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """To be passed on to the job under the same numbers."""
        return tuple(each.fileno() for each in self.sockets)

    def started(self) -> None:
        """Close our copies of the job's ends, so that their end is seen."""
        for each in self.sockets:
            each.close()
        self.sockets = ()

    async def receive(self) -> None:
        """Take the listening socket and pass it on."""
        if self.ours is None or self.listen is None:
            return
        await anyio.wait_readable(self.ours)
        with suppress(OSError):
            _, descriptors, _, _ = socket.recv_fds(self.ours, 1, 1)
            for descriptor in descriptors:
                self.listen(socket.socket(fileno=descriptor))


@contextmanager
def tied(link: Link | None, python: str, *, own_network: bool) -> Iterator[Tie]:
    """What ties a job to us; everything of it is closed at the end, but the listening socket that was passed on."""
    if link is None:
        yield Tie()
        return
    ours: socket.socket | None = None
    theirs: list[socket.socket] = [link.talk] if link.talk else []
    talk, door = link.talk.fileno() if link.talk else _NONE, _NONE
    if link.listen and own_network:
        ours, way = socket.socketpair()
        theirs.append(way)
        door = way.fileno()
    argv = [python, "-I", "-S", "-c", _BECOME_JOB, str(talk), str(door), str(link.port)]
    tie = Tie(argv=argv if theirs else (), sockets=theirs, ours=ours, listen=link.listen)
    try:
        yield tie
    finally:
        tie.started()
        if ours:
            ours.close()


def system_python() -> str:
    """A Python that is in every jail: the system's."""
    return next((path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if os.access(path, os.X_OK)), "python3")
