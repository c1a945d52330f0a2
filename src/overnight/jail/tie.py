"""A job's connections to us while it runs: a socket as its stdin and stdout, and ports on its own loopback that we serve.

A jailed job has its own, empty network. A first program, ours, creates the listening sockets inside, passes them out through a
socket that it then closes, and becomes the job. So the holders of the listening sockets talk with the job from outside, and
the job reaches those ports and nothing else.

Does not cover: what is sent on any of them (each end must treat the other as hostile). Without a jail the job reaches
everything that we reach, and its port is whatever listens there on the machine.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import anyio

from overnight.jail.port import Door, Link

_NONE = -1
_BECOME_JOB = """
import os, socket, sys
talk, way, doors = map(int, sys.argv[1:4])
job = 4 + doors
if way >= 0:
    listening = [socket.create_server(("127.0.0.1", int(port))) for port in sys.argv[4:job]]
    with socket.socket(fileno=way) as out:
        socket.send_fds(out, [b"."], [each.fileno() for each in listening])
    for each in listening:
        each.close()
if talk >= 0:
    os.dup2(talk, 0)
    os.dup2(talk, 1)
    os.close(talk)
os.execv(sys.argv[job], sys.argv[job:])
"""


@dataclass(slots=True, kw_only=True)
class Tie:
    """What a launch passes on for a link, and what remains to do while the job runs."""

    argv: Sequence[str] = ()  # goes before the job's shell, see `launch.job_argv`
    sockets: Sequence[socket.socket] = ()  # the job's ends
    ours: socket.socket | None = None  # the listening sockets arrive over it
    doors: Sequence[Door] = ()  # in the order in which they arrive

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
        """Take the listening sockets and pass them on."""
        if self.ours is None:
            return
        await anyio.wait_readable(self.ours)
        with suppress(OSError):
            _, descriptors, _, _ = socket.recv_fds(self.ours, 1, len(self.doors))
            for door, descriptor in zip(self.doors, descriptors, strict=False):  # none arrives if the job ends before
                door.listen(socket.socket(fileno=descriptor))


@contextmanager
def tied(link: Link | None, python: str, *, own_network: bool) -> Iterator[Tie]:
    """A job's connections to us; at the end all of them are closed, except listening sockets that were passed on."""
    if link is None:
        yield Tie()
        return
    ours: socket.socket | None = None
    theirs: list[socket.socket] = [link.talk] if link.talk else []
    talk, out = link.talk.fileno() if link.talk else _NONE, _NONE
    doors = link.doors if own_network else ()
    if doors:
        ours, way = socket.socketpair()
        theirs.append(way)
        out = way.fileno()
    argv = [python, "-I", "-S", "-c", _BECOME_JOB, *map(str, (talk, out, len(doors), *(door.port for door in doors)))]
    tie = Tie(argv=argv if theirs else (), sockets=theirs, ours=ours, doors=doors)
    try:
        yield tie
    finally:
        tie.started()
        if ours:
            ours.close()


def system_python() -> str:
    """The system's Python, which is in every jail."""
    return next((path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if os.access(path, os.X_OK)), "python3")
