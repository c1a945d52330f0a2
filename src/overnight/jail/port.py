"""The interface of the jail: what runs a job and measures it from outside."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from overnight.jail.job import Job, JobResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A port on a jailed job's own loopback that we serve: what the job reaches besides itself."""

    port: int
    listen: Callable[[socket.socket], None]  # gets the listening socket of that port


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What connects a job to us while it runs, besides its folder and its output."""

    talk: socket.socket | None = None  # the job's end, its stdin and stdout; only its stderr is captured then
    doors: tuple[Door, ...] = ()  # each has a port of its own


OutputMonitor = Callable[[bytes], str]  # takes each piece of a job's output; returns why the job must end, empty to let it run


class Executor(Protocol):
    """Runs one job and measures it from outside."""

    name: str  # "jail" or "process"

    def folder_of(self, folder: Path) -> str:
        """Where a job finds its own folder."""
        ...

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job to its end; whatever it does, none of its processes is left behind.

        `monitor` is called with each piece of the output as it comes; a reason that it returns ends the job.

        On cancellation all its processes are ended before the cancellation is passed on.

        Raises:
            SandboxError: the machine's fault: the job could not be started.
        """
        ...
