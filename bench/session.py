"""Our own CPU per experiment of a whole session, its start included: all CPU of the command line and of what it starts.

Less that of the bare commands: of each trial's, and of a `command` researcher's for each proposal.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from targets import git
from turns import checkouts, children_s, environment, median, shown

EXPERIMENTS = 200
RUNS = 3
BARE_RUNS = 300
TRIAL = "echo METRIC loss=5"
PROPOSAL = "cat /proc/sys/kernel/random/uuid >> train.py; echo HYPOTHESIS another line"
PROGRAM = """---
metric: {{name: loss, direction: minimize}}
measure: {trial}
editable: [train.py]
researchers:
{researcher}
---
"""
SOURCE = "NUMBER = 0\n"  # `scripted` changes the number, and never for the better
SCRIPTED = "  - role: s\n    use: scripted\n    edits:\n" + "\n".join(
    f"      - [train.py, 'NUMBER = 0', 'NUMBER = {number}']" for number in range(1, EXPERIMENTS + 1)
)
RESEARCHERS = {"scripted": SCRIPTED, "command": f"  - role: c\n    use: command\n    command: {PROPOSAL}"}


def bare_s(command: str, folder: Path) -> float:
    """CPU seconds of a command, started as cheaply as Python can, including our cost of starting it."""
    before = children_s()
    for _ in range(BARE_RUNS):
        subprocess.run(["sh", "-c", command], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return (children_s() - before) / BARE_RUNS


def session_s(use: str, sandbox: str, around: Mapping[str, str]) -> tuple[float, int]:
    """CPU seconds of a session in a new repository, and its number of trials."""
    with tempfile.TemporaryDirectory() as name:
        repo = Path(name)
        (repo / "program.md").write_text(PROGRAM.format(trial=TRIAL, researcher=RESEARCHERS[use]))
        (repo / "train.py").write_text("# a\n" if use == "command" else SOURCE)
        git(repo, "init", "-q")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "start")
        run = ("run", "--sandbox", sandbox, "--plain", "--no-report", "--experiments", str(EXPERIMENTS))
        before = children_s()
        command = [sys.executable, "-m", "overnight", *run]
        done = subprocess.run(command, cwd=repo, env=around, capture_output=True, text=True, check=False)
        spent = children_s() - before
    ran = re.search(rf"\b{EXPERIMENTS} experiments in (\d+) trials", done.stdout)
    if not ran:
        sys.exit(f"the session ended otherwise:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return spent, int(ran[1])


if __name__ == "__main__":
    places, runs = checkouts(__doc__, RUNS)
    arounds = [environment(place) for place in places]
    with tempfile.TemporaryDirectory() as folder:
        trial, proposal = bare_s(TRIAL, Path(folder)), bare_s(PROPOSAL, Path(folder))
    print(f"bare: {1000 * trial:.2f} ms a trial, {1000 * proposal:.2f} ms a proposal of `command`")
    print(f"researcher  sandbox   our CPU ms per experiment, of {EXPERIMENTS}")
    for use in RESEARCHERS:
        for sandbox in ("process", "jail"):
            own: list[list[float]] = [[] for _ in places]
            for _ in range(runs):
                for at, around in enumerate(arounds):
                    spent, trials = session_s(use, sandbox, around)
                    commands = trials * trial + (EXPERIMENTS * proposal if use == "command" else 0.0)
                    own[at].append(1000 * (spent - commands) / EXPERIMENTS)
            print(f"{use:11} {sandbox:9} {shown([median(values) for values in own], '{:8.1f}')}", flush=True)
