"""Jobs as plain processes of ours, unjailed: only for code that is trusted as much as oneself, and only when asked for by name.

It holds time, output and disk, and memory and processes where a control group is had.

Does not cover: anything that a jail is for. A job reads and writes all that we can, talks to the network, sees other jobs,
and can end us. Without a control group a job that starts a session of its own outlives us, `processes` and `cpus` do not
bite, and memory is looked at ten times a second.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from overnight.jail.cgroup import ControlGroup, ControlGroups
from overnight.jail.job import Job, JobResult
from overnight.jail.launch import Child, Launch, find_tool, job_argv
from overnight.jail.limits import rlimits
from overnight.jail.port import Link, OutputMonitor
from overnight.jail.processes import session_members
from overnight.jail.supervise import supervise
from overnight.jail.tie import tied
from overnight.jail.work_folder import hand_over

KILLING_S = 1.0  # for what has left the process group; what the kernel does not let go of is told by `supervise`


class ProcessExecutor:
    """The port `Executor`, without a jail."""

    name = "process"

    def __init__(self, *, slots: int, cpus_of_slot: Mapping[int, Sequence[int]] | None = None, search_path: str) -> None:
        """Clear away what a killed run left; the arguments are those of the jail.

        Raises:
            SandboxError: `setpriv` is missing.
        """
        find_tool("setpriv", "util-linux")
        self._slots = slots
        self._cpus_of_slot = cpus_of_slot or {}
        self._search_path = search_path
        self._groups = ControlGroups()

    def folder_of(self, folder: Path) -> str:
        """Where a job finds its own folder."""
        return str(folder)

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job to its end, and end what it left behind as far as it can be found."""
        if not 0 <= job.slot < self._slots:
            raise ValueError(f"slot {job.slot} of {self._slots}")
        contents = hand_over(Path(job.folder), None)
        cpus = self._cpus_of_slot.get(job.slot)
        with tied(link, sys.executable, own_network=False) as tie:
            async with self._groups.group(job.limits, cpus) as group:
                launch = Launch(
                    argv=job_argv(job.command, tie.argv),
                    folder=str(job.folder),
                    environment={"PATH": self._search_path, **job.environment},
                    joins=group.joins,
                    rlimits=rlimits(job.limits),
                    cpus=cpus,
                    stdin=job.stdin,
                    tie=tie,
                )
                return await supervise(job, launch, group, contents, partial(_kill_all, group), monitor=monitor)


def _kill_all(group: ControlGroup, child: Child) -> None:
    child.kill_process_group()
    if group.kill():
        return  # what is not gone yet keeps the group from being removed, which goes on killing
    until = time.monotonic() + KILLING_S
    while (members := session_members(child.pid)) and time.monotonic() < until:
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
