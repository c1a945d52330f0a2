"""Our own CPU per experiment as a campaign goes on: all CPU, including its processes, minus that of the bare command."""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from targets import git

from overnight.git.repository import open_repository
from overnight.research import staffing, wiring
from overnight.research.events import Concluded, Sign
from overnight.research.experiment import Draft, Experiment
from overnight.research.loop.stop import Stop
from overnight.research.researchers.port import Assignment, SearchTrial

COMMAND = "echo METRIC loss=5"
PROGRAM = f"""---
metric: {{name: loss, direction: minimize}}
measure: {COMMAND}
editable: [train.py]
researchers: [{{role: tuner, use: tuner}}]
---
"""
WINDOW = 200  # experiments per printed row


class Counter:
    """Proposes a new number each time: the cheapest possible researcher."""

    name = "counter"

    async def propose(self, assignment: Assignment) -> Draft:
        """Write the experiment's number."""
        (assignment.workspace / "train.py").write_text(f"NUMBER = {assignment.number}\n")
        return Draft(hypothesis=f"the number {assignment.number}")

    def learn(self, experiment: Experiment) -> None:
        """Learn nothing."""

    def recall(self, trial: SearchTrial) -> None:
        """Recall nothing."""


def cpu_s() -> float:
    """CPU seconds of this process and of its finished children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def bare_s(runs: int = 300) -> float:
    """CPU seconds of the bare command, started as cheaply as Python can, including our cost of starting it."""
    before = cpu_s()
    for _ in range(runs):
        subprocess.run(["sh", "-c", COMMAND], stdout=subprocess.DEVNULL, check=True)
    return (cpu_s() - before) / runs


def resident_mb() -> float:
    """Resident memory of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(sandbox: str, experiments: int, folder: Path) -> None:
    """Run a campaign of one-trial experiments and print a row per window."""
    folder.mkdir()
    (folder / "program.md").write_text(PROGRAM)
    (folder / "train.py").write_text("NUMBER = 0\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "start")
    bare = bare_s()
    marks: list[tuple[float, float]] = []

    def see(sign: Sign) -> None:
        if isinstance(sign, Concluded):
            marks.append((cpu_s(), time.perf_counter()))

    async def session() -> None:
        stop = Stop()
        request = wiring.SessionRequest(tag="bench", experiments=experiments, sandbox=sandbox)
        with wiring.open_session(open_repository(folder), request, stop, [see]) as campaign:
            await campaign.run()

    anyio.run(session)
    print(f"\n{sandbox}: bare command {1000 * bare:.1f} ms CPU; resident at the end {resident_mb():.0f} MB")
    print("experiments      our CPU ms   wall ms")
    for end in range(WINDOW, len(marks), max(WINDOW, len(marks) // 5 // WINDOW * WINDOW)):
        (cpu_0, wall_0), (cpu_1, wall_1) = marks[end - WINDOW], marks[end]
        ours, wall = 1000 * ((cpu_1 - cpu_0) / WINDOW - bare), 1000 * (wall_1 - wall_0) / WINDOW
        print(f"{end - WINDOW:5d} to {end:5d} {ours:13.1f} {wall:9.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=1000)
    arguments = parser.parse_args()
    staffing.RESEARCHERS = {"tuner": lambda *_: Counter()}  # type: ignore[attr-defined]  # replaced for the measurement
    with tempfile.TemporaryDirectory() as name:
        for kind in ("process", "jail"):
            measure(kind, arguments.experiments, Path(name) / kind)
