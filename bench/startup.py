"""How long the command line takes to start: CPU and wall time of the most common commands, and CPU of `run` until it begins.

`run` has begun when its first trial does. Its CPU is that of our own process; git and the trial are apart.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from targets import make_repo, overnight, program
from turns import checkouts, children_s, environment, median, shown

RUNS = 7
COMMANDS: tuple[list[str], ...] = ([], ["--help"], ["status"], ["log"], ["show", "1"])
RUN = ("run", "--sandbox", "process", "--plain", "--no-report", "--experiments", "1")
END_S = 20.0


def command_s(folder: Path, arguments: list[str], around: Mapping[str, str]) -> tuple[float, float]:
    """CPU and wall seconds of a command."""
    before, start = children_s(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "overnight", *arguments], cwd=folder, env=around, check=False, stdout=subprocess.DEVNULL
    )
    return children_s() - before, time.perf_counter() - start


def begun_s(around: Mapping[str, str]) -> float:
    """CPU seconds of `run` when its first trial begins, in a new repository with one scripted edit."""
    with tempfile.TemporaryDirectory() as name:
        pipe = Path(name) / "begun"
        os.mkfifo(pipe)
        repo = make_repo(Path(name) / "repo", program(("OFFSET = 5.0", "OFFSET = 3.0"), measure=f"echo > {pipe}; false"))
        session = subprocess.Popen(
            [sys.executable, "-m", "overnight", *RUN],
            cwd=repo,
            env=around,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with pipe.open() as begun:
            begun.read()
            spent = time.clock_gettime(~session.pid << 3 | 2)  # the clock of another process, clock_getcpuclockid(3)
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # what else runs need not wait for us
        session.wait(END_S)
        os.close(reading)
        return spent


if __name__ == "__main__":
    places, runs = checkouts(__doc__, RUNS)
    arounds = [environment(place) for place in places]
    with tempfile.TemporaryDirectory() as name:
        repo = make_repo(Path(name), program(("OFFSET = 5.0", "OFFSET = 3.0")))
        overnight(repo, "run", "--sandbox", "process", check=0)
        print("command                     CPU s   wall s")
        for arguments in COMMANDS:
            taken = [[command_s(repo, arguments, around) for around in arounds] for _ in range(runs)]
            spent, passed = ([median([turn[at][of] for turn in taken]) for at in range(len(places))] for of in (0, 1))
            print(f"{' '.join(['overnight', *arguments]):24} {shown(spent, '{:8.3f}')} {shown(passed[:1], '{:8.3f}')}")
    taken_s = [[begun_s(around) for around in arounds] for _ in range(runs)]
    medians = [median([turn[at] for turn in taken_s]) for at in range(len(places))]
    print(f"{'overnight run, begun':24} {shown(medians, '{:8.3f}')}")
