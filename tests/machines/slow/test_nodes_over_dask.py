"""Nodes as real Dask workers with TLS, each in a process of its own; heads, workers and networks that are killed."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dask_clusters import PATIENCE_S, Cluster, cluster, until
from processes import appeared, gone
from remote_nodes import LONG, job, place, terms

from overnight.jail.job import JobEnding
from overnight.machines.nodes.calls import Join
from overnight.machines.nodes.connecting import connect
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.nodes.nodes import Nodes
from overnight.testing import LIMITS

Use = Callable[[Nodes], Awaitable[Any]]  # Any: what a test returns


def head(over: Cluster, use: Use, *, wanted: Join | None = None, count: int = 1, **more: Any) -> Any:
    """Be a head that uses the nodes of a cluster, once so many have joined or been refused."""

    async def run() -> Any:
        async with connect(over.address, over.security, wanted or terms(slots=1), **more) as nodes:
            await nodes.wait_for(count, PATIENCE_S)
            return await use(nodes)

    return asyncio.run(run())


def test_jobs_run_side_by_side_on_nodes(tmp_path: Path) -> None:
    """Two nodes run a job each at once, pinned to processors of its own; output and artifacts come back, and nothing stays."""
    (tmp_path / "c").mkdir()
    folders = [place(tmp_path / str(slot)) for slot in (0, 1)]

    async def use(nodes: Nodes) -> None:
        assert [(each.node, each.slot) for each in nodes.places] in ([("n1", 0), ("n2", 1)], [("n2", 0), ("n1", 1)])
        for node in nodes.joined.values():
            assert {"bubblewrap", "network", "memory limit"} <= {
                each.name for each in await nodes.examine(node.name) if each.holds
            }
            assert abs(node.clock_skew_s) < PATIENCE_S and node.joined.facts.cores == len(os.sched_getaffinity(0))
        command = "taskset -pc $$ | sed s/.*:// | tee made; sleep 0.2; exit 3"
        ran = [nodes.executor.run(job(tmp_path / str(slot), command, slot=slot)) for slot in (0, 1)]
        for result in await asyncio.gather(*ran):
            assert (result.ending, result.exit_code) == (JobEnding.EXITED, 3) and result.cpu_s > 0
        pinned = [nodes.locate(slot)[0].joined.cpus[0] for slot in (0, 1)]
        assert [_cpus((folder / "made").read_text()) for folder in folders] == pinned
        assert not set(pinned[0]) & set(pinned[1]) or sorted(os.sched_getaffinity(0)) in [*map(list, pinned)]  # none was free

    with cluster(tmp_path / "c", ["n1", "n2"]) as over:
        head(over, use, count=2)
        for slot, folder in enumerate(folders):
            assert (folder / "made").read_text() == (tmp_path / str(slot) / "output").read_text()
        assert not list((tmp_path / "c/disk").glob("overnight-*/*/*"))


def test_cancelling_ends_the_processes(tmp_path: Path) -> None:
    """When a cancelled run returns, no process of the job is left on its node."""
    (tmp_path / "c").mkdir()
    place(tmp_path)

    async def use(nodes: Nodes) -> None:
        running = asyncio.create_task(nodes.executor.run(job(tmp_path, "sleep 50.101 & sleep 50.101")))
        assert await asyncio.to_thread(appeared, "sleep 50.101")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert gone("sleep 50.101")
        assert (await nodes.executor.run(job(tmp_path, "true"))).exit_code == 0

    with cluster(tmp_path / "c") as over:
        head(over, use)


def test_a_killed_worker_loses_its_job_and_nothing_else(tmp_path: Path) -> None:
    """Its job is lost at once and leaves no process; another node goes on; a new worker of that name takes its slot again."""
    (tmp_path / "c").mkdir()
    for slot in (0, 1):
        place(tmp_path / str(slot))
    lost: list[str] = []

    with cluster(tmp_path / "c", ["n1", "n2"]) as over:

        async def use(nodes: Nodes) -> None:
            killed = next(each.slot for each in nodes.places if each.node == "n1")
            jobs = [nodes.executor.run(job(tmp_path / str(slot), "sleep 3.202; echo done", slot=slot)) for slot in (0, 1)]
            running = [asyncio.create_task(each) for each in jobs]
            assert await asyncio.to_thread(appeared, "sleep 3.202")
            await asyncio.to_thread(over.kill, "n1")
            with pytest.raises(NodeLost, match="node n1: its worker has ended"):
                await running[killed]
            assert (await running[1 - killed]).exit_code == 0
            assert gone("sleep 3.202") and lost == ["n1"]
            over.start_worker("n1")
            await nodes.wait_for(2, PATIENCE_S)
            assert len(nodes.places) == 2 and nodes.locate(killed)[0].name == "n1"
            assert (await nodes.executor.run(job(tmp_path / "0", "true", slot=killed))).exit_code == 0

        head(over, use, count=2, on_lost=lambda error: lost.append(error.node))


_HEAD = """
import asyncio, os, sys
from pathlib import Path
from dask_clusters import Cluster
from remote_nodes import LONG, job, terms
from overnight.machines.nodes.connecting import connect

async def main(folder, address):
    over = Cluster(Path(folder) / "c", address)
    async with connect(address, over.security, terms(slots=1)) as nodes:
        await nodes.wait_for(1, 60.0)
        await nodes.executor.run(job(Path(folder), os.environ["COMMAND"], id="trial 1", limits=LONG))

asyncio.run(main(*sys.argv[1:]))
"""


@contextmanager
def other_head(over: Cluster, folder: Path, command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A head in a process of its own, which runs one job, whose command is not in its own command line."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "COMMAND": command}
    process = subprocess.Popen([sys.executable, "-c", _HEAD, str(folder), over.address], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_killed_heads_job_ends_and_is_collected(tmp_path: Path) -> None:
    """A head that was killed and runs again gets the result of its job, which ran once."""
    (tmp_path / "c").mkdir()
    folder = place(tmp_path)
    command = "date +%N; until [ -e go ]; do sleep 0.0501; done; date +%N > made"
    with cluster(tmp_path / "c") as over:
        with other_head(over, tmp_path, command) as killed:
            assert appeared("sleep 0.0501")
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        (tree,) = (tmp_path / "c/disk").rglob("tree")
        printed = (tree.parent / "output").read_text()
        (tree / "go").touch()
        until((tree.parent / "result.json").exists)
        made = (tree / "made").read_text()

        async def use(nodes: Nodes) -> None:
            assert nodes.held == {"trial 1": 0}
            result = await nodes.executor.run(job(tmp_path, command, id="trial 1", limits=LONG))
            assert result.exit_code == 0
            await nodes.acknowledge(["trial 1"])

        head(over, use)
        assert ((tmp_path / "output").read_text(), (folder / "made").read_text()) == (printed, made)
        head(over, _none_held)


def test_a_job_ends_with_the_lease_of_its_killed_head(tmp_path: Path) -> None:
    """Two minutes after its head was killed, nothing of it is left on the node: no process, no file."""
    (tmp_path / "c").mkdir()
    place(tmp_path)
    with cluster(tmp_path / "c") as over:
        with other_head(over, tmp_path, "sleep 900.1 & sleep 900.1") as killed:
            assert appeared("sleep 900.1")
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        until(lambda: not list((tmp_path / "c/disk").glob("overnight-*/*/*")), 240.0)
        assert gone("sleep 900.1")


def test_a_worker_that_was_killed_keeps_its_results(tmp_path: Path) -> None:
    """A result that nobody acknowledged is found by the next worker of that name, and its caches are deleted."""
    (tmp_path / "c").mkdir()
    place(tmp_path)

    async def first(nodes: Nodes) -> None:
        await nodes.executor.run(job(tmp_path, "echo once; date +%N", id="trial 1"))
        await asyncio.to_thread(over.kill, "n1")

    async def second(nodes: Nodes) -> None:
        printed = (tmp_path / "output").read_text()
        assert nodes.held == {"trial 1": 0}
        await nodes.executor.run(job(tmp_path, "echo once; date +%N", id="trial 1"))
        assert (tmp_path / "output").read_text() == printed

    with cluster(tmp_path / "c") as over:
        head(over, first)
        over.start_worker("n1")
        head(over, second)


def test_other_versions_are_refused(tmp_path: Path) -> None:
    """A worker with another version of overnight, and one without it, are not used, with words that say which and the fix."""
    (tmp_path / "c").mkdir()
    place(tmp_path)
    source = Path(__file__).parents[3] / "src/overnight"
    (tmp_path / "old/overnight").mkdir(parents=True)
    for each in source.iterdir():
        if each.name != "__init__.py":
            (tmp_path / "old/overnight" / each.name).symlink_to(each)
    (tmp_path / "old/overnight/__init__.py").write_text('__version__ = "0.0.1"\n')
    (tmp_path / "none/overnight").mkdir(parents=True)
    (tmp_path / "none/overnight/__init__.py").write_text("raise ImportError('no overnight here')\n")

    async def use(nodes: Nodes) -> None:
        assert not nodes.joined
        old, none = str(nodes.refused["old"]), str(nodes.refused["none"])
        assert old == (
            f"it has overnight 0.0.1, and the head has {nodes.terms.version}; "
            f"install the head's version there: pip install 'overnight[machines]=={nodes.terms.version}'"
        )
        assert none == (
            "overnight is not installed there, or too old to be a node: no overnight here; "
            "install it for the Python that runs the worker: pip install 'overnight[machines]'"
        )

    with cluster(tmp_path / "c", []) as over:
        over.start_worker("old", source=str(tmp_path / "old"))
        over.start_worker("none", source=str(tmp_path / "none"), module="distributed.cli.dask_worker")
        head(over, use, count=2)


_FORWARD = """
import asyncio, sys

async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()

async def forward(reader, writer):
    there = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))

async def main():
    async with await asyncio.start_server(forward, "127.0.0.1", int(sys.argv[1])) as server:
        print("ready", flush=True)
        await server.serve_forever()

asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["silent", "broken"])
def test_a_network_that_is_lost_for_a_while(tmp_path: Path, how: str) -> None:
    """While the way to a node is silent, or broken, its job ends; the result arrives when the way is back, and it ran once."""
    (tmp_path / "c").mkdir()
    folder = place(tmp_path)
    ours, theirs = _free_ports(2)

    with cluster(tmp_path / "c", []) as over:
        over.start_process("way", [sys.executable, "-c", _FORWARD, str(ours), str(theirs)])
        listen = ["--listen-address", f"tls://127.0.0.1:{theirs}", "--contact-address", f"tls://127.0.0.1:{ours}"]
        over.start_worker("n1", options=listen)

        async def use(nodes: Nodes) -> None:
            command = "echo run >> runs; until [ -e go ]; do sleep 0.0502; done"
            running = asyncio.create_task(nodes.executor.run(job(tmp_path, command, id="trial 1")))
            assert await asyncio.to_thread(appeared, "sleep 0.0502")
            over.kill("way", signal.SIGSTOP if how == "silent" else signal.SIGKILL)
            (tree,) = (tmp_path / "c/disk").rglob("tree")
            (tree / "go").touch()
            await asyncio.to_thread(until, (tree.parent / "result.json").exists)
            assert not running.done()
            if how == "silent":
                over.kill("way", signal.SIGCONT)
            else:
                over.start_process("way", [sys.executable, "-c", _FORWARD, str(ours), str(theirs)])
            assert (await running).exit_code == 0 and (folder / "runs").read_text() == "run\n"

        head(over, use)


def test_a_scheduler_that_stands_still_holds_up_no_job(tmp_path: Path) -> None:
    """Jobs go to nodes directly: they begin and end while the scheduler does nothing."""
    (tmp_path / "c").mkdir()
    place(tmp_path)

    with cluster(tmp_path / "c") as over:

        async def use(nodes: Nodes) -> None:
            over.kill("scheduler", signal.SIGSTOP)
            assert (await nodes.executor.run(job(tmp_path, "true"))).exit_code == 0
            over.kill("scheduler", signal.SIGCONT)

        head(over, use)


def test_without_a_scheduler_all_nodes_are_lost(tmp_path: Path) -> None:
    """Its workers end with it, with all their processes."""
    (tmp_path / "c").mkdir()
    place(tmp_path)

    with cluster(tmp_path / "c") as over:

        async def use(nodes: Nodes) -> None:
            running = asyncio.create_task(nodes.executor.run(job(tmp_path, "sleep 50.303")))
            assert await asyncio.to_thread(appeared, "sleep 50.303")
            await asyncio.to_thread(over.kill, "scheduler")
            with pytest.raises(NodeLost):
                await running
            assert gone("sleep 50.303")

        head(over, use)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, as root")
def test_a_full_disk_of_a_node_is_no_fault_of_a_job(tmp_path: Path) -> None:
    """Without room for a job it does not begin; if the disk is full when it fails, that counts for nothing."""
    (tmp_path / "c").mkdir()
    folder = place(tmp_path)
    disk = tmp_path / "small"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)], check=True)
    try:
        with cluster(tmp_path / "c", []) as over:
            over.start_worker("n1", folder=disk)

            async def use(nodes: Nodes) -> None:
                large = replace(LIMITS, disk_bytes=10**8)
                with pytest.raises(NodeLost, match=r"node n1: its disk is full: .* are free, and a job may write 100 MB"):
                    await nodes.executor.run(job(tmp_path, "true", limits=large))
                command = "until [ -e go ]; do sleep 0.0504; done; head -c 9000000 /dev/zero > made"
                running = asyncio.create_task(nodes.executor.run(job(tmp_path, command)))
                assert await asyncio.to_thread(appeared, "sleep 0.0504")
                (tree,) = disk.rglob("tree")
                with (disk / "others").open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - 2_000_000)
                (tree / "go").touch()
                with pytest.raises(NodeLost, match=r"node n1: its disk is full: .* are left"):
                    await running
                (disk / "others").unlink()
                (folder / "go").touch()
                assert (await nodes.executor.run(job(tmp_path, command))).exit_code == 0

            head(over, use)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def _none_held(nodes: Nodes) -> None:
    assert nodes.held == {}


def _cpus(listed: str) -> tuple[int, ...]:
    """The processors in a list as `taskset` prints it."""
    ranges = (each.partition("-") for each in listed.strip().split(","))
    return tuple(cpu for first, _, last in ranges for cpu in range(int(first), int(last or first) + 1))


def _free_ports(count: int) -> list[int]:
    """Ports that are free, and that the kernel gives no connection while one of them is free again."""
    found: list[int] = []
    for port in random.sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
    return found[:count]
