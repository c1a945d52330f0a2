"""What the jail costs: extra start-up time over a bare process, and our own CPU per job, measured in one run."""

import argparse
import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits
from overnight.jail.port import Executor
from overnight.jail.process import ProcessExecutor

TARGET_WALL_MS = 25.0  # the jail over a bare process
TARGET_CPU_MS = 5.0  # our own CPU per job


def bare(folder: Path) -> None:
    """The same command with nothing around it."""
    subprocess.run(["/bin/sh", "-c", "true"], cwd=folder, check=True)


def through(executor: Executor, loop: asyncio.Runner) -> Callable[[Path], None]:
    """The command as a job."""

    def run(folder: Path) -> None:
        job = Job(command="true", folder=folder, output=folder.parent / "output", limits=Limits())
        assert loop.run(executor.run(job)).exit_code == 0

    return run


def measure(run: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Wall time and our own CPU time of one run, ms."""
    wall, cpu = time.perf_counter(), time.process_time()
    run(folder)
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    rounds: int = parser.parse_args().rounds
    path = os.environ.get("PATH", os.defpath)
    with tempfile.TemporaryDirectory() as place, asyncio.Runner() as loop:
        folder = Path(place) / "job"
        folder.mkdir()
        runs = {
            "bare": bare,
            "process": through(ProcessExecutor(slots=1, search_path=path), loop),
            "jail": through(JailExecutor(slots=1, search_path=path), loop),
        }
        # In turn, so that other load on the machine affects all three alike.
        samples: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                samples[name].append(measure(run, folder))
    walls = {name: sorted(wall for wall, _ in found) for name, found in samples.items()}
    print(f"{rounds} rounds of `true`, in turn, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; ms\n")
    print(f"{'':>10}{'min':>8}{'median':>8}{'p90':>8}{'over bare: min':>17}{'median':>8}{'our CPU':>10}")
    for name, found in walls.items():
        least, median = found[0] - walls["bare"][0], statistics.median(found) - statistics.median(walls["bare"])
        cpu = statistics.median(cpu for _, cpu in samples[name])
        wall = f"{found[0]:>8.1f}{statistics.median(found):>8.1f}{found[int(0.9 * rounds)]:>8.1f}"
        print(f"{name:>10}{wall}{least:>17.1f}{median:>8.1f}{cpu:>10.2f}")
    print(f"\ntarget: the jail at most {TARGET_WALL_MS:g} ms over bare, and {TARGET_CPU_MS:g} ms of our own CPU")
    print("On a loaded machine each switch between the processes waits for a core: the minimum then is the jail's own cost.")


if __name__ == "__main__":
    main()
