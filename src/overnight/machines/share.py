"""A session's share of this machine: how many trials run at once, on which processors and GPUs, in which executor."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.jail.checkout import NO_CHECKOUT, Checkout
from overnight.jail.devices import Devices
from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.machines.cores import Cores, claimed_cores
from overnight.machines.gpus.executor import GpuExecutor
from overnight.machines.place import Place

if TYPE_CHECKING:
    from overnight.machines.gpus.claims import ClaimedGpus
    from overnight.machines.proxied import Reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of the machine that the trials of a session run on."""

    slots: int
    cpus: int  # of each slot
    cores: Cores
    gpus: "ClaimedGpus | None" = None  # None: neither trials nor other jobs need any
    alone: bool = False  # as it was asked for

    @property
    def places(self) -> Sequence[Place]:
        """Where the trials of each slot run."""
        groups = self.gpus.groups if self.gpus and self.gpus.groups else [()] * self.slots
        return [Place(slot=slot, devices=tuple(gpu.label for gpu in group)) for slot, group in enumerate(groups)]

    @property
    def devices(self) -> Mapping[int, Devices]:
        """What the jobs of each slot with GPUs are shown: those of trials, then those of other jobs."""
        if self.gpus is None:
            return {}
        from overnight.machines.gpus.gpu import devices_of

        groups = {**dict(enumerate(self.gpus.groups)), **dict(enumerate(self.gpus.others, self.slots))}
        return {slot: devices_of(group) for slot, group in groups.items() if group}

    @property
    def notes(self) -> Sequence[str]:
        """What makes trials slower than they need be, or their times less comparable."""
        together = self.alone and self.slots > 1
        beside = self.alone and self.cores.shared and not self.cores.note
        notes = (
            self.cores.note + "; use `--slots` to claim fewer" * (bool(self.cores.note) and self.slots > 1),
            f"{self.slots} timed trials run at once and share memory and disk; without `--slots` each runs alone" * together,
            "another campaign runs on this machine, and shares memory and disk with these timed trials" * beside,
            *(self.gpus.notes if self.gpus else ()),
        )
        return [note for note in notes if note]


@contextmanager
def share_of(
    limits: Limits, asked: int | None, *, alone: bool, claim: bool = True, others: Sequence[int] = ()
) -> Iterator[Share]:
    """Take a share: `asked` slots, or as many as fit; its processors and GPUs are released at the end.

    Args:
        limits: of each trial.
        asked: how many slots; None for as many as fit.
        alone: trials must not run beside each other, as when time is measured.
        claim: whether anything is claimed at all; not for trials that claim their own.
        others: the GPUs of each further slot, whose jobs run beside the trials.

    Raises:
        SandboxError: there are too few GPUs; the error says who has them.
    """
    most = asked or slots_for(limits, alone=alone)
    with _claimed(limits.gpus, most, asked or 1, others) if claim else nullcontext() as gpus:
        slots = len(gpus.groups) if gpus and gpus.groups else most
        with claimed_cores(slots * limits.cpus if claim else 0) as cores:
            yield Share(slots=slots, cpus=limits.cpus, cores=cores, gpus=gpus, alone=alone)


@contextmanager
def _claimed(each: int, most: int, least: int, others: Sequence[int]) -> "Iterator[ClaimedGpus | None]":
    """GPUs for at least and at most so many slots, and for others; None if nobody needs one."""
    if not each and not any(others):
        yield None
        return
    from overnight.machines.gpus.claims import Wanted, claimed_gpus
    from overnight.machines.gpus.found import find_gpus

    with claimed_gpus(find_gpus(), Wanted(each=each, most=most, least=least, others=others)) as gpus:
        yield gpus


def slots_for(limits: Limits, *, alone: bool) -> int:
    """How many trials may run at once by cores and memory: one that runs alone, else as many as they allow."""
    if alone:
        return 1
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)) // limits.cpus, memory_bytes // limits.memory_bytes))


def make_executor(
    name: str,
    share: Share | None = None,
    *,
    others: int = 0,
    checkout: Checkout = NO_CHECKOUT,
    reached: "Reached | None" = None,
    environment: str = "",
) -> Executor:
    """The executor of this name.

    Args:
        name: `jail` or `process`.
        share: the first slots are those of its trials, each with its part of the processors and GPUs.
        others: further slots, which are not pinned; a job there with GPUs that the share does not name claims free ones.
        checkout: the repository that jobs work on, which a jail hides from them.
        reached: gets what each job reached of the hosts that it may reach.
        environment: a folder of programs and packages that jobs find before those of PATH.
    """
    slots = share.slots if share else 0
    pinned = {slot: share.cores.of_slot(slot, share.cpus) for slot in range(slots)} if share else {}
    devices = share.devices if share else {}
    if name == "jail":
        from overnight.jail.jail import JailExecutor
        from overnight.machines.proxied import ProxiedExecutor

        jail = JailExecutor(
            slots=slots + others, cpus_of_slot=pinned, search_path=search_path(), checkout=checkout, environment=environment
        )
        return ProxiedExecutor(GpuExecutor(jail, of_slot=devices), reached=reached, jobs=slots + others)
    from overnight.jail.process import ProcessExecutor

    path = f"{environment}/bin{os.pathsep}{search_path()}" if environment else search_path()
    return GpuExecutor(ProcessExecutor(slots=slots + others, cpus_of_slot=pinned, search_path=path), of_slot=devices)


def limit_notes(executor: Executor) -> Sequence[str]:
    """Which limits of jobs hold less well on this machine; a process without a jail has a warning of its own."""
    if executor.name != "jail":
        return ()
    from overnight.jail.jail import JailExecutor
    from overnight.jail.weak_limits import weak_limits
    from overnight.machines.proxied import ProxiedExecutor

    inner = executor
    while isinstance(inner, ProxiedExecutor | GpuExecutor):
        inner = inner.inner
    return weak_limits(inner.groups.controllers) if isinstance(inner, JailExecutor) else ()


def search_path() -> str:
    """The PATH that commands of a program are looked up in: the user's own, then the folder of our own interpreter."""
    return f"{os.environ.get('PATH', os.defpath)}:{Path(sys.executable).parent}"
