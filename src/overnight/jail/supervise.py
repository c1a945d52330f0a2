"""Runs one job until it exits, hits a limit or is cancelled, and leaves nothing of it behind.

Does not cover: how its processes are confined and found (`jail.py`, `process.py`); time it spends in an uninterruptible
system call after it was killed (we wait, and give up with an error after `GIVE_UP_S`); without a control group, processor
time of processes that nobody waited for, which a job can hide this way.
"""

import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import anyio

from overnight.errors import SandboxError
from overnight.jail.capture import Capture, capturing
from overnight.jail.cgroup import ControlGroup, GroupUsage
from overnight.jail.job import Job, JobEnding, JobResult
from overnight.jail.launch import Child, Exit, Launch
from overnight.jail.limit_hits import LimitHit, file_stop, memory_stop, output_stop, wall_stop
from overnight.jail.port import OutputMonitor
from overnight.jail.processes import family_cpu_s
from overnight.jail.tie import Tie
from overnight.jail.watch import DiskWatch, MemoryWatch, until_over
from overnight.jail.work_folder import Contents

GIVE_UP_S = 30.0


async def supervise(
    job: Job,
    launch: Launch,
    group: ControlGroup,
    contents: Contents,
    kill: Callable[[Child], None],
    *,
    monitor: OutputMonitor | None = None,
) -> JobResult:
    """Run a job whose folder has `contents`; `kill` ends all its processes and is always called at the end.

    Raises:
        SandboxError: the job never began, its output cannot be written, or it cannot be ended.
    """
    began_s = time.monotonic()
    with capturing(Path(job.output), job.limits.output_bytes, monitor) as capture, closing(Child(launch)) as child:
        memory = MemoryWatch(group, child.pid, job.limits)
        disk = DiskWatch(Path(job.folder), job.limits, contents)
        launch.tie.started()
        try:
            child.release(launch)
            stop = await _first(
                child.exited,
                lambda: _deadline(job, began_s),
                lambda: _overflow(job, capture, child.output),
                lambda: until_over(disk, memory),
                lambda: _feed(child, launch.tie),
            )
            wall_s = time.monotonic() - began_s
        finally:
            # Without a control group, the count of a killed process is lost with it.
            seen_cpu_s = family_cpu_s(child.pid) if group.cpu_s() is None else 0.0
            with anyio.CancelScope(shield=True):
                await _end(child, kill)
            ended = child.reap()
        capture.drain(child.output)
        complaint = child.complaint()
    if complaint is not None and stop is None:
        raise SandboxError(f"a job could not be started: {complaint or 'its first process ended early'}")
    used = group.usage()
    stop = stop or _belated(job, capture, ended, used) or await disk.last_look()
    return JobResult(
        ending=stop.ending if stop else JobEnding.EXITED,
        exit_code=None if stop else ended.code,
        wall_s=wall_s,
        cpu_s=max(ended.cpu_s, seen_cpu_s) if used.cpu_s is None else used.cpu_s,
        peak_memory_bytes=used.peak_memory_bytes or memory.peak_bytes,
        output_bytes=capture.printed_bytes,
        detail=stop.detail if stop else _remark(job, used),
    )


async def _first(*waits: Callable[[], Awaitable[LimitHit | None]]) -> LimitHit | None:
    """The result of the first of several waits; the others are cancelled.

    Raises:
        SandboxError: a wait raised it.
    """
    results: list[LimitHit | SandboxError | None] = []

    async def run(wait: Callable[[], Awaitable[LimitHit | None]]) -> None:
        try:
            result = await wait()
        except SandboxError as error:
            results.append(error)
        else:
            results.append(result)
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for wait in waits:
            tasks.start_soon(run, wait)
    if isinstance(results[0], SandboxError):
        raise results[0]
    return results[0]


async def _deadline(job: Job, began_s: float) -> LimitHit:
    await anyio.sleep(job.limits.wall_s)
    return wall_stop(time.monotonic() - began_s, job.limits)


async def _overflow(job: Job, capture: Capture, source: int) -> LimitHit:
    said = await capture.until_over(source)
    return LimitHit(ending=JobEnding.MONITOR, detail=said) if said else output_stop(job.limits)


async def _feed(child: Child, tie: Tie) -> None:
    await child.feed()
    await tie.receive()
    await anyio.sleep_forever()


async def _end(child: Child, kill: Callable[[Child], None]) -> None:
    kill(child)
    with anyio.move_on_after(GIVE_UP_S):
        await child.exited()
        return
    raise SandboxError("a job cannot be ended: the kernel does not release it", fix="restart the machine")


def _belated(job: Job, capture: Capture, ended: Exit, used: GroupUsage) -> LimitHit | None:
    """A limit that shows only after the job has ended."""
    if used.oom_kills:
        return memory_stop(used.peak_memory_bytes, job.limits)
    if ended.code == -signal.SIGXFSZ:
        return file_stop(job.limits)
    return output_stop(job.limits) if capture.over else None


def _remark(job: Job, used: GroupUsage) -> str:
    return f"reached the limit of {job.limits.processes} processes" if used.refused_forks else ""
