"""Opens what a name of `machines` means: a scheduler, and the workers that are started for it; all of ours ends with it."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.machines.clusters.machine import Machine, RunningScheduler, SshHosts

if TYPE_CHECKING:
    from distributed.security import Security

CERTIFICATES = "certificates"  # the folder of a session's own


def _none() -> Sequence[str]:
    return ()


def _nothing(_: Collection[str]) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A scheduler that workers join, as nodes with names for people."""

    address: str
    security: "Security"
    wanted_nodes: int
    notes: Sequence[str] = ()  # which nodes were left out at the start, and why
    problems: Callable[[], Sequence[str]] = field(default=_none)  # which nodes are missing now, and why
    in_use: Callable[[Collection[str]], None] = field(default=_nothing)
    """Gets the names of the nodes that have a job now, at each change: pilots of Slurm end when they have none for long."""
    want_all: Callable[[], None] = field(default=lambda: None)
    """There is work again: pilots that ended for want of it are submitted again."""
    left_s: Callable[[str], float] = field(default=lambda _: math.inf)
    """Seconds until the allocation of a node ends; a longer trial would be lost."""


@contextmanager
def open_cluster(machine: Machine, folder: Path) -> Iterator[Cluster]:
    """The scheduler of a machine; its workers join within seconds, or when the queue of their cluster lets them.

    Args:
        machine: of the settings.
        folder: of the session, ours alone: gets its certificates and logs. For Slurm it must be the same on all nodes.

    Raises:
        UserError: nothing of it can be reached, or what it needs is missing; the message says what, and the fix.
    """
    from overnight.machines.clusters.certificates import make_certificates, require_extra
    from overnight.machines.clusters.scheduler import started_scheduler

    require_extra()
    if isinstance(machine.way, RunningScheduler):
        from overnight.machines.clusters.running import running_security

        yield Cluster(
            address=machine.way.address, security=running_security(machine.name, machine.way), wanted_nodes=machine.nodes
        )
        return
    certificates = make_certificates(folder / CERTIFICATES)
    try:
        if isinstance(machine.way, SshHosts):
            from overnight.machines.clusters.ssh import ssh_nodes

            with (
                started_scheduler(certificates) as address,
                ssh_nodes(machine.way, certificates, address) as (nodes, notes),
            ):
                yield Cluster(
                    address=address,
                    security=certificates.security(),
                    wanted_nodes=len(nodes),
                    notes=notes,
                    problems=lambda: [node.problem for node in nodes if node.problem],
                )
        else:
            from overnight.machines.clusters.slurm import slurm_pilots

            with (
                started_scheduler(certificates, interface=machine.way.interface) as address,
                slurm_pilots(machine.way, machine.nodes, certificates, address) as pilots,
            ):
                yield Cluster(
                    address=address,
                    security=certificates.security(),
                    wanted_nodes=machine.nodes,
                    problems=pilots.problems,
                    in_use=pilots.in_use,
                    want_all=pilots.want_all,
                    left_s=pilots.left_s,
                )
    finally:
        certificates.delete_key()
