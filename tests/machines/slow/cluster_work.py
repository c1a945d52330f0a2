"""What tests have the nodes of a cluster do, and how they see that nothing is left of them."""

import os
import select
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from overnight.machines.clusters.cluster import Cluster

PATIENCE_S = 90.0
PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Nodes:
    """A client of a cluster's scheduler, with all its workers."""

    client: Any  # distributed has few types
    cluster: Cluster

    def each(self, function: Callable[[], Any]) -> Mapping[str, Any]:
        """What a function returns on each node, by the node's name."""
        addresses = self.names()
        return {addresses[address]: found for address, found in self.client.run(function).items()}

    def names(self) -> Mapping[str, str]:
        """The name of each node that is there, by its address."""
        return {address: worker["name"] for address, worker in self.client.scheduler_info(n_workers=-1)["workers"].items()}

    def await_nodes(self, so: Callable[[set[str]], bool]) -> None:
        """Wait until the names of the nodes that are there satisfy a condition."""
        import time

        until = time.monotonic() + PATIENCE_S
        while not so(set(self.names().values())):
            assert time.monotonic() < until, (self.names(), self.cluster.problems())
            time.sleep(0.05)


@contextmanager
def joined(cluster: Cluster) -> Iterator[Nodes]:
    """The nodes of a cluster, once all that are wanted have joined."""
    import cloudpickle
    from distributed import Client

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the nodes do not have the tests
    with Client(cluster.address, security=cluster.security, timeout=30) as client:
        nodes = Nodes(client, cluster)
        nodes.await_nodes(lambda names: len(names) == cluster.wanted_nodes)
        yield nodes


def process() -> int:
    """The worker's own process."""
    return os.getpid()


def variables() -> dict[str, str]:
    """The worker's environment."""
    return dict(os.environ)


def jailed() -> bytes:
    """What a job in our jail prints, run by the node."""
    import asyncio
    import tempfile
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from overnight.jail.job import Job, Limits
    from overnight.machines.share import make_executor, share_of

    with tempfile.TemporaryDirectory() as made, share_of(Limits(), 1, alone=False) as share:
        folder = Path(made) / "job"
        folder.mkdir()
        job = Job(command="pwd; id -un", folder=folder, output=Path(made) / "output", limits=Limits())
        with ThreadPoolExecutor(1) as own_loop:
            own_loop.submit(lambda: asyncio.run(make_executor("jail", share).run(job))).result()
        return (Path(made) / "output").read_bytes()


def await_end(pid: int) -> None:
    """Wait until a process has ended."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            assert select.select([descriptor], [], [], PATIENCE_S)[0], f"{pid} lives on"
        finally:
            os.close(descriptor)


def alive(pid: int) -> bool:
    """Whether a process runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
