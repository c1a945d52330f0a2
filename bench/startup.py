"""How long the command line takes to start: CPU and wall time of the most common commands."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from targets import make_repo, overnight, program

RUNS = 7


def median_s(folder: Path, *arguments: str) -> tuple[float, float]:
    """Median CPU and wall seconds of a command."""
    cpu, wall = [], []
    for _ in range(RUNS):
        before, start = os.times(), time.perf_counter()
        subprocess.run([sys.executable, "-m", "overnight", *arguments], cwd=folder, check=False, stdout=subprocess.DEVNULL)
        wall.append(time.perf_counter() - start)
        after = os.times()
        cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return sorted(cpu)[RUNS // 2], sorted(wall)[RUNS // 2]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        repo = make_repo(Path(name), program(("OFFSET = 5.0", "OFFSET = 3.0")))
        overnight(repo, "run", "--sandbox", "process", check=0)
        print("command            CPU s   wall s")
        for arguments in ([], ["--help"], ["status"], ["log"], ["show", "1"]):
            spent, passed = median_s(repo, *arguments)
            print(f"{' '.join(['overnight', *arguments]):18} {spent:5.2f} {passed:8.2f}")
