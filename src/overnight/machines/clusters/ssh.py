"""Nodes that the user's own `ssh` reaches: all of them are started at once, kept alive, and ended together."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from overnight.errors import UserError
from overnight.machines.clusters.certificates import Certificates
from overnight.machines.clusters.machine import SshHosts
from overnight.machines.clusters.ssh_node import SshNode

LOOK_S = 1.0  # between looks at a connection
BEAT_S = 20.0  # between signs of life; the lease of the far end is six times as long
AGAIN_S = 30.0  # between attempts to reach a host that was lost
AT_ONCE = 16  # hosts that are connected to


@contextmanager
def ssh_nodes(way: SshHosts, certificates: Certificates, scheduler: str) -> Iterator[tuple[Sequence[SshNode], Sequence[str]]]:
    """A worker on every host that can be reached, and what is wrong with the others; all end with the context.

    Raises:
        UserError: no host could be reached; it says why, of each.
    """
    names = node_names(way.hosts)
    nodes = [SshNode(host, name, way.python, certificates, scheduler) for host, name in zip(way.hosts, names, strict=True)]
    with ExitStack() as ends:
        ends.callback(_end_all, nodes)
        faults = _start_all(nodes)
        if len(faults) == len(nodes):
            first, *others = faults.values()
            raise UserError(str(first), excerpt=first.excerpt, notes=[str(each) for each in others])
        started = [node for node in nodes if node not in faults]
        with _kept(started):
            yield started, [f"{fault}; it is left out" for fault in faults.values()]


def _end_all(nodes: Sequence[SshNode]) -> None:
    for node in nodes:
        node.hang_up()
    for node in nodes:
        node.end()


def node_names(hosts: Sequence[str]) -> Sequence[str]:
    """The hosts without users, each with a number from its second on: `gpu1`, `gpu1/2`."""
    bare = [host.rpartition("@")[2] for host in hosts]
    counts = [bare[:at].count(name) + 1 for at, name in enumerate(bare)]
    return [name if count == 1 else f"{name}/{count}" for name, count in zip(bare, counts, strict=True)]


def _start_all(nodes: Sequence[SshNode]) -> dict[SshNode, UserError]:
    """Start all at once; those that could not be started, and why."""

    def start(node: SshNode) -> UserError | None:
        try:
            node.start()
        except UserError as error:
            return error
        return None

    with ThreadPoolExecutor(min(AT_ONCE, len(nodes))) as pool:
        found = list(pool.map(start, nodes))
    return {node: error for node, error in zip(nodes, found, strict=True) if error}


@contextmanager
def _kept(nodes: Sequence[SshNode]) -> Iterator[None]:
    """Signs of life to all nodes, and a new connection to those that were lost, until the context ends."""
    over = threading.Event()

    def keep(node: SshNode) -> None:
        tried = beaten = time.monotonic()
        while not over.wait(LOOK_S):
            if node.alive:
                if time.monotonic() - beaten >= BEAT_S:
                    node.beat()
                    beaten = time.monotonic()
                continue
            node.note_loss()
            if time.monotonic() - tried >= AGAIN_S:
                try:
                    node.start()
                except UserError as error:
                    node.problem = str(error)
                tried = time.monotonic()

    threads = [threading.Thread(target=keep, args=(node,), name=f"ssh {node.name}", daemon=True) for node in nodes]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for node, thread in zip(nodes, threads, strict=True):
            if not node.settled:
                node.interrupt()  # it is being started again, which can take long
            thread.join()
