"""A job's connections to us while it runs: a socket as its stdin and stdout, and a port on its own loopback that we serve.

A jailed job has its own, empty network. A first program, ours, creates the listening socket inside, passes it out through a
socket that it then closes, and becomes the job. So the holder of the listening socket talks with the job from outside, and
the job reaches that one port and nothing else.

Does not cover: what is sent on either (each end must treat the other as hostile). Without a jail the job reaches everything
that we reach, and its port is whatever listens there on the machine.
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
    """What a launch passes on for a link, and what remains to do while the job runs."""

    argv: Sequence[str] = ()  # goes before the job's shell, see `launch.job_argv`
    sockets: Sequence[socket.socket] = ()  # the job's ends
    ours: socket.socket | None = None  # the listening socket arrives over it
    listen: Callable[[socket.socket], None] | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Passed on to the job under the same numbers."""
        return tuple(each.fileno() for each in self.sockets)

    def started(self) -> None:
        """Close our copies of the job's ends, so that we notice when the job closes them."""
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
    """A job's connections to us; at the end all of them are closed, except a listening socket that was passed on."""
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
    """The system's Python, which is in every jail."""
    return next((path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if os.access(path, os.X_OK)), "python3")
