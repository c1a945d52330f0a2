"""Jobs with GPUs: an executor that gives each of them its devices; a job that asks for none sees none.

Does not cover: the driver itself. Its control nodes are the same for all jobs, as in containers.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.errors import SandboxError
from overnight.jail.devices import HIDDEN, NO_DEVICES, Devices
from overnight.jail.job import Job, JobEnding, JobResult
from overnight.jail.port import Executor, Link, OutputMonitor

if TYPE_CHECKING:
    from overnight.machines.gpus.gpu import Found


class GpuExecutor:
    """The port `Executor` around one that shows jobs their devices."""

    def __init__(self, inner: Executor, *, of_slot: Mapping[int, Devices] | None = None) -> None:
        """`of_slot`: devices that a slot has to itself; a job on any other slot claims free ones while it runs."""
        self.inner = inner
        self.name = inner.name
        self._of_slot = of_slot or {}
        self._found: Found | None = None

    def folder_of(self, folder: Path) -> str:
        """Where a job finds its own folder."""
        return self.inner.folder_of(folder)

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job to its end, with as many GPUs as its limits say.

        Raises:
            SandboxError: there are too few, others hold them, or the job failed and one of them is gone.
        """
        if not job.limits.gpus:
            none = NO_DEVICES if self.name == "jail" else HIDDEN
            return await self.inner.run(replace(job, devices=none), link, monitor)
        if own := self._of_slot.get(job.slot):
            return await self._run(replace(job, devices=own), link, monitor)
        from anyio import to_thread

        from overnight.machines.gpus.claims import Wanted, claimed_gpus
        from overnight.machines.gpus.found import find_gpus
        from overnight.machines.gpus.gpu import devices_of

        if self._found is None:
            self._found = await to_thread.run_sync(find_gpus)
        with claimed_gpus(self._found, Wanted(each=job.limits.gpus, most=1)) as claimed:
            return await self._run(replace(job, devices=devices_of(claimed.groups[0])), link, monitor)

    async def _run(self, job: Job, link: Link | None, monitor: OutputMonitor | None) -> JobResult:
        """Run it on its devices; that one of them is gone is no fault of the job."""
        result = await self.inner.run(job, link, monitor)
        if result.ending in (JobEnding.EXITED, JobEnding.WALL) and result.exit_code != 0:
            await _require(job.devices)
        return result


async def _require(devices: Devices) -> None:
    """Look whether these GPUs are still there.

    Raises:
        SandboxError: one is not; the error has what the driver's tool says.
    """
    from anyio import to_thread

    from overnight.machines.gpus.found import find_gpus

    found = await to_thread.run_sync(find_gpus)
    known = {gpu.uuid for gpu in found.gpus}
    if gone := [uuid for _, uuids in devices.variables for uuid in uuids.split(",") if uuid not in known]:
        what = f"a job failed, and its GPU is not there any more: {', '.join((*gone, *found.reasons))}"
        raise SandboxError(what, fix="see `overnight doctor`; a GPU that the driver has lost comes back with a restart")
