"""What a job costs on a node over what it costs here: our own CPU on the head and on the node, and the latency added.

A real scheduler and a real worker over TLS on the loopback, in turn with the jail in this process; medians and quartiles.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from dask_clusters import cluster
from remote_nodes import job, place, terms

from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.machines.nodes.connecting import connect
from overnight.machines.share import make_executor

TICKS = os.sysconf("SC_CLK_TCK")


def own_cpu_s(pid: int) -> float:
    """CPU seconds of a process without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def write_tree(folder: Path, files: int, each_bytes: int) -> None:
    """A repository with so many committed files, as a work folder has one."""
    for number in range(files):
        path = folder / f"package{number // 50}" / f"module{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"# %d\n" % number + os.urandom(each_bytes // 2).hex().encode())
    for command in ("init -q", "add .", "-c user.name=x -c user.email=x@y commit -qm x"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)


async def timed(executor: Executor, place_: Path, seed: int) -> tuple[float, float]:
    """CPU seconds of this process without its children, and wall-clock seconds beyond those of the job itself."""
    (place_ / "job/seed").write_text(str(seed))  # one file is new to each trial
    cpu, wall = time.process_time(), time.perf_counter()
    result = await executor.run(job(place_, "echo METRIC loss=1; echo model > artifact", limits=Limits()))
    assert result.exit_code == 0
    return time.process_time() - cpu, time.perf_counter() - wall - result.wall_s


async def measure(place_: Path, files: int, each_bytes: int, runs: int) -> None:
    write_tree(place(place_), files, each_bytes)
    (place_ / "c").mkdir()
    with cluster(place_ / "c") as over:
        worker = over.processes["n1"].pid
        async with connect(over.address, over.security, terms(slots=1, limits=Limits())) as nodes:
            await nodes.wait_for(1, 60.0)
            here = make_executor("jail", None, others=1)
            first = await timed(nodes.executor, place_, -1)
            await timed(here, place_, -1)
            rows: list[tuple[float, ...]] = []
            node_before, node_total = 0.0, 0.0
            for seed in range(runs):
                node_before = own_cpu_s(worker)
                there = await timed(nodes.executor, place_, seed)
                node_total += own_cpu_s(worker) - node_before
                rows.append((*there, *(await timed(here, place_, seed))))
    head_cpu, there_wall, here_cpu, here_wall = zip(*rows, strict=True)
    added = [far - near for far, near in zip(there_wall, here_wall, strict=True)]
    print(
        f"\n{files} files of {each_bytes} bytes, {runs} runs, load {os.getloadavg()[0]:.1f}; first run {first[1] * 1000:.0f} ms"
    )
    show("CPU of the head (ms)", head_cpu)
    print(f"CPU of the node's process (ms): mean {node_total / runs * 1000:.1f}")
    show("CPU of the same job here (ms)", here_cpu)
    show("latency added (ms)", added)


def show(what: str, values_s: Sequence[float]) -> None:
    low, middle, high = (value * 1000 for value in quantiles(values_s, n=4))
    print(f"{what}: median {middle:.1f} ({low:.1f} to {high:.1f})")


def main() -> None:
    """Measure trees of three sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    runs = parser.parse_args().runs
    for files, each_bytes in ((5, 2000), (200, 5000), (2000, 5000)):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(Path(folder), files, each_bytes, runs))


if __name__ == "__main__":
    main()
