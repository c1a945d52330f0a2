"""Control groups, v1 or v2, whichever we may use: one new group per job, limited, read and removed.

Does not cover: a controller that is not delegated to us (`ControlGroup.limited` says which apply); I/O bandwidth; page cache
that a job shares with others, which is charged to the first reader; a limit set on our own group, if jobs have theirs next
to it (see `cgroup_v2.py`) instead of below.
"""

import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.errors import SandboxError
from overnight.jail.cgroup_tree import Parents, find_parents, kill_all, make_own, new_name, read, sweep, write
from overnight.jail.cgroup_v2 import CONTROLLERS
from overnight.jail.job import Limits

PERIOD_US = 100_000  # of the CPU quota; the kernel's default
HELPERS = 2  # processes in a jail's group besides the job: bwrap and the shell that acts as init
REMOVAL_S = 10.0  # how long killed processes may take to disappear


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUsage:
    """What the processes of a group used in total; None if no controller counts it."""

    peak_memory_bytes: int | None
    cpu_s: float | None
    oom_kills: int
    refused_forks: int


class ControlGroups:
    """The place where this process creates the groups of its jobs."""

    def __init__(self, *, confined: bool = False) -> None:
        """Find the place, and remove what a killed run left there.

        Args:
            confined: jobs are in a pid namespace, which ends all their processes; no group is needed for that.
        """
        self._confined = confined
        found = find_parents(Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text())
        sweep(found)
        self.parents = make_own(found)
        if self.parents != found and self.parents.v2:
            weakref.finalize(self, _remove_if_empty, self.parents.v2)

    @property
    def controllers(self) -> frozenset[str]:
        """What the groups of jobs can limit: some of "memory", "pids", "cpu" and "cpuset"."""
        return frozenset(CONTROLLERS) & (self.parents.v2_controllers | self.parents.v1.keys())

    @asynccontextmanager
    async def group(self, limits: Limits, cpus: Sequence[int] | None, *, forget: bool = False) -> AsyncIterator["ControlGroup"]:
        """A group for one job, removed at the end with all its processes; `cpus` are those that the job is pinned to.

        With `forget` the files that it brought into memory are dropped from there; needs the memory controller.

        Raises:
            SandboxError: it cannot be created or removed.
        """
        # A quota throttles in slices, which adds noise: leave it out if pinning already limits the job.
        quota = cpus is None or len(cpus) > limits.cpus
        group = ControlGroup(self.parents, limits, quota=quota, cpus=cpus, confined=self._confined)
        try:
            yield group
        finally:
            with anyio.CancelScope(shield=True):
                await group.remove(forget=forget)


class ControlGroup:
    """The control group of one job: a folder in each tree. Without a tree it limits and counts nothing."""

    def __init__(
        self, parents: Parents, limits: Limits, *, quota: bool, cpus: Sequence[int] | None = None, confined: bool = False
    ) -> None:
        """Create and limit it. With `quota` CPU time is limited here, not by pinning; the job cannot leave `cpus`.

        Joining a v2 group waits about 10 ms for the whole machine; joining a v1 group does not. So a confined job gets no v2
        group if v1 does everything.

        Raises:
            SandboxError: the kernel refuses what it appeared to offer.
        """
        name = new_name()
        unwanted = {*(() if quota else ("cpu",)), *(() if cpus else ("cpuset",))}
        wanted = [controller for controller in CONTROLLERS if controller not in unwanted]
        v1_does_all = confined and not parents.v2_controllers and "cpuacct" in parents.v1
        self._v2 = parents.v2 / name if parents.v2 and not v1_does_all else None
        self._v1 = {c: parents.v1[c] / name for c in wanted if c in parents.v1 and c not in parents.v2_controllers}
        if self._v2 is None and "cpuacct" in parents.v1:
            self._v1["cpuacct"] = parents.v1["cpuacct"] / name
        self.limited = frozenset(wanted) & (parents.v2_controllers | self._v1.keys())
        try:
            self._make(limits)
            self._hold(cpus or ())
        except OSError as error:
            for folder in self._folders:
                with suppress(OSError):
                    folder.rmdir()
            raise SandboxError(f"a job's control group cannot be created: {error}") from error

    @property
    def joins(self) -> tuple[str, ...]:
        """Files that a process writes `0` to in order to join; in v1 `tasks`, which takes no machine-wide lock."""
        return tuple(str(folder / ("cgroup.procs" if folder == self._v2 else "tasks")) for folder in self._folders)

    def usage(self) -> GroupUsage:
        """What has been used so far."""
        return GroupUsage(
            peak_memory_bytes=self._number("memory", v1="memory.max_usage_in_bytes", v2="memory.peak"),
            cpu_s=self.cpu_s(),
            oom_kills=self.oom_kills(),
            refused_forks=self._count("pids", "max", v1="pids.events", v2="pids.events"),
        )

    def cpu_s(self) -> float | None:
        """Processor time so far; None if nothing counts it."""
        if self._v2:
            return _field(self._v2 / "cpu.stat", "usage_usec") / 1e6
        if "cpuacct" in self._v1:
            return int(read(self._v1["cpuacct"] / "cpuacct.usage")) / 1e9
        return None

    def oom_kills(self) -> int:
        """How many processes the kernel killed for memory so far."""
        return self._count("memory", "oom_kill", v1="memory.oom_control", v2="memory.events")

    def memory_bytes(self) -> int:
        """What its processes and files in memory take now; 0 if nothing counts it."""
        return self._number("memory", v1="memory.usage_in_bytes", v2="memory.current") or 0

    def kill(self) -> bool:
        """Kill every process in it; False if there is no group to find them in."""
        for folder in self._folders:
            kill_all(folder)
        return bool(self._folders)

    async def remove(self, *, forget: bool = False) -> None:
        """Remove it once its processes are gone; until then kill what is left.

        Raises:
            SandboxError: a process does not die.
        """
        pause_s = 0.0005
        with anyio.move_on_after(REMOVAL_S):
            while not self._try_remove(forget=forget):
                await anyio.sleep(pause_s)
                pause_s = min(2 * pause_s, 0.1)
                self.kill()
            return
        raise SandboxError("a job's processes cannot be ended: the kernel does not release them", fix="restart the machine")

    @property
    def _folders(self) -> list[Path]:
        # Two v1 controllers may be mounted as one tree.
        return list(dict.fromkeys([*self._v1.values(), *([self._v2] if self._v2 else [])]))

    def _make(self, limits: Limits) -> None:
        for folder in self._folders:
            folder.mkdir()
        if memory := self._folder("memory"):
            write(memory / ("memory.max" if memory == self._v2 else "memory.limit_in_bytes"), str(limits.memory_bytes))
            _write_if_there(memory / "memory.swap.max", "0")
            _write_if_there(memory / "memory.oom.group", "1")
            _write_if_there(memory / "memory.memsw.limit_in_bytes", str(limits.memory_bytes))
        if pids := self._folder("pids"):
            write(pids / "pids.max", str(limits.processes + HELPERS))
        if cpu := self._folder("cpu"):
            quota = limits.cpus * PERIOD_US
            if cpu == self._v2:
                write(cpu / "cpu.max", f"{quota} {PERIOD_US}")
            else:
                write(cpu / "cpu.cfs_period_us", str(PERIOD_US))
                write(cpu / "cpu.cfs_quota_us", str(quota))

    def _hold(self, cpus: Sequence[int]) -> None:
        """Pin the job to some processors; skipped silently if our own group has none (a new v1 group has none)."""
        folder = self._folder("cpuset")
        if folder is None:
            return
        try:
            if folder != self._v2:
                write(folder / "cpuset.mems", read(folder.parent / "cpuset.mems"))
            write(folder / "cpuset.cpus", ",".join(map(str, cpus)))
        except OSError:
            self.limited -= {"cpuset"}
            if folder not in {self._v2, *(other for name, other in self._v1.items() if name != "cpuset")}:
                folder.rmdir()
            self._v1.pop("cpuset", None)

    def _folder(self, controller: str) -> Path | None:
        if controller not in self.limited:
            return None
        return self._v1.get(controller, self._v2)

    def _try_remove(self, *, forget: bool) -> bool:
        memory = self._folder("memory") if forget else None
        for folder in self._folders:
            try:
                if folder == memory and not self._forget(folder):
                    return False
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True

    def _forget(self, memory: Path) -> bool:
        """Drop all pages that are charged to the group; False if it still has processes."""
        if read(memory / "cgroup.procs"):
            return False
        with suppress(OSError):  # not all of it; v2 has this since Linux 5.19
            if memory == self._v2:
                write(memory / "memory.reclaim", str(self.memory_bytes()))
            else:
                write(memory / "memory.force_empty", "0")
        return True

    def _number(self, controller: str, *, v1: str, v2: str) -> int | None:
        folder = self._folder(controller)
        if folder is None:
            return None
        try:
            return int(read(folder / (v2 if folder == self._v2 else v1)))
        except FileNotFoundError:  # memory.peak needs Linux 5.19
            return None

    def _count(self, controller: str, field: str, *, v1: str, v2: str) -> int:
        folder = self._folder(controller)
        return _field(folder / (v2 if folder == self._v2 else v1), field) if folder else 0


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _write_if_there(path: Path, text: str) -> None:
    with suppress(FileNotFoundError, PermissionError):
        write(path, text, 0)


def _field(path: Path, name: str) -> int:
    lines = (line.split() for line in read(path).splitlines())
    return next((int(line[1]) for line in lines if line[0] == name), 0)
