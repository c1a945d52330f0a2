"""Machines of people who do not trust each other, as real processes: a founder's with a hub, and workers'."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from targets import git

SECRET = "canary-7f1e42"
FILES = {
    "train.py": (
        "import json, os, random\n\nX = 1.0\n\nrandom.seed(int(os.environ['OVERNIGHT_SEED']))\nnoise = random.gauss(0, 0.05)\n"
        "model = {'x': X, 'n': noise}\n\nY = 2.0\n\nmodel['y'] = Y\njson.dump(model, open('out.json', 'w'))\n"
    ),
    "answer.py": f"A = 5.0  # {SECRET}\n",
    "score.py": (
        "import json\nfrom answer import A\nd = json.load(open('out.json'))\n"
        "print('METRIC loss=%r' % (abs(float(d['x']) - A) + abs(float(d['y']) - A) + abs(float(d['n']))))\n"
    ),
    "public_score.py": (
        "import json\nd = json.load(open('out.json'))\n"
        "print('METRIC loss=%r' % (abs(float(d['x']) - 4.9) + abs(float(d['y']) - 4.9) + abs(float(d['n']))))\n"
    ),
    "program.md": (
        "---\nmetric: {name: loss, direction: minimize}\nproduce: python train.py\nartifacts: [out.json]\n"
        "score: python score.py\nholdout: python score.py\neditable: [train.py]\nhidden: [score.py, answer.py]\n"
        "limits: {wall: 60s}\n---\n# Get close\n"
    ),
    "hub.yaml": (
        "project: toy\nworker: {score: python public_score.py}\nbounds: [0, 1000000]\nverdicts_every_s: 1\nwork_bits: 4\n"
        "further_pairs: 4\n"
    ),
}


class Machine:
    """A folder for one person, with a state folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}

    def overnight(self, where: Path, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "overnight", *arguments],
            cwd=where,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in codes, done.stdout + done.stderr
        return done.stdout

    def submitted(self, where: Path) -> str:
        """How the newest commit ended; nothing is searched beside it, or a tuner's find might come first."""
        return str(json.loads(self.overnight(where, "work", "submit", "HEAD", "--wait", "--json", codes=(0, 1)))["state"])

    def changes(self, where: Path) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.overnight(where, "work", "status", "--json"))[0]["changes"]
        return found


class Hub:
    """A founder's machine with a hub that is served."""

    def __init__(self, folder: Path, files: Mapping[str, str] = FILES) -> None:
        self.machine, self.repo, self.log = Machine(folder), folder / "toy", folder / "hub.log"
        self.port, self.url = 0, ""
        self.repo.mkdir(parents=True)
        git(self.repo, "init", "-q")
        for name, text in files.items():
            (self.repo / name).write_text(text)
        git(self.repo, "add", "-A")
        git(self.repo, "commit", "-qm", "start")
        self.machine.overnight(self.repo, "hub", "init", "--yes")
        self.process = self.serve()

    def start(self) -> "subprocess.Popen[bytes]":
        """Start to serve it, on the port that it had."""
        command = [sys.executable, "-m", "overnight", "hub", "serve", "--port", str(self.port)]
        with self.log.open("w") as log:
            return subprocess.Popen(command, cwd=self.repo, env=self.machine.environment, stdout=log, stderr=log)

    def serve(self) -> "subprocess.Popen[bytes]":
        """Serve it, and wait until it takes submissions."""
        process = self.start()
        until(lambda: "takes submissions" in self.log.read_text() or process.poll() is not None)
        found = re.search(r"http://[0-9.]+:([0-9]+)", self.log.read_text())
        assert found, self.log.read_text()
        self.url, self.port = found.group(), int(found[1])
        return process

    def kill(self, *, with_all_below: bool = False) -> None:
        """End it by force, alone or with its verifier and the trials; it stays away."""
        for each in (self.process.pid, *(below(self.process.pid) if with_all_below else ())):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        self.process.wait()


def below(process: int) -> Sequence[int]:
    """The processes below one, those next to it first."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [process]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.1)


def edit(folder: Path, old: str, new: str) -> None:
    """Commit a change, as a worker who works by hand."""
    path = folder / "train.py"
    path.write_text(path.read_text().replace(old, new))
    git(folder, "commit", "-qam", f"{old} to {new}")
