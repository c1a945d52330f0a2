"""Jobs as plain processes without a jail: only for code that you trust as yourself, and only when asked for by name.

It limits time, output and disk; also memory and processes if a control group is available.

Does not cover: anything that a jail is for. A job reads and writes whatever we can, uses the network, sees other jobs, and
can kill us. Without a control group a job that starts its own session outlives us, `processes` and `cpus` have no effect,
and memory is checked only ten times a second.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from overnight.errors import SandboxError
from overnight.jail.cgroup import ControlGroup, ControlGroups
from overnight.jail.job import Job, JobResult
from overnight.jail.launch import Child, Launch, find_tool, job_argv
from overnight.jail.port import Link, OutputMonitor
from overnight.jail.processes import session_members
from overnight.jail.rlimits import rlimits
from overnight.jail.supervise import supervise
from overnight.jail.tie import tied
from overnight.jail.work_folder import hand_over

KILLING_S = 1.0  # for what has left the process group; `supervise` reports what the kernel does not release


class ProcessExecutor:
    """The port `Executor`, without a jail."""

    name = "process"

    def __init__(self, *, slots: int, cpus_of_slot: Mapping[int, Sequence[int]] | None = None, search_path: str) -> None:
        """Remove what a killed run left; the arguments are those of the jail.

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
        """Run the job to its end, then end the processes it left behind, as far as they can be found.

        Raises:
            SandboxError: it may reach some hosts only.
        """
        if not 0 <= job.slot < self._slots:
            raise ValueError(f"slot {job.slot} of {self._slots}")
        if job.limits.hosts:
            raise SandboxError(
                "a list of hosts cannot be kept without a jail: the job would reach all that you reach",
                fix="run it in the jail, or write `network: host` if the job may reach everything",
            )
        contents = hand_over(Path(job.folder), None)
        cpus = self._cpus_of_slot.get(job.slot)
        with tied(link, sys.executable, own_network=False) as tie:
            async with self._groups.group(job.limits, cpus) as group:
                launch = Launch(
                    argv=job_argv(job.command, tie.argv),
                    folder=str(job.folder),
                    environment={"PATH": self._search_path, **job.environment, **dict(job.devices.variables)},
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
        return  # the removal of the group goes on killing until nothing is left in it
    until = time.monotonic() + KILLING_S
    while (members := session_members(child.pid)) and time.monotonic() < until:
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
