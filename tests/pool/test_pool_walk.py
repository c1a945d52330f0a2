"""A hub and two workers who do not trust each other, as real processes on one machine."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from targets import git

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.pool.chain import Block
from overnight.pool.hub.opening import hub_folder
from overnight.pool.record.record import HubRecord

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
    ),
}


class Machine:
    """A folder for one person, with a state folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}

    def overnight(self, where: Path, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "overnight", *arguments],
            cwd=where,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def changes(self, where: Path) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.overnight(where, "work", "status", "--json"))[0]["changes"]
        return found


class Hub:
    """A founder's machine with a hub that is served."""

    def __init__(self, folder: Path) -> None:
        self.machine, self.repo, self.log = Machine(folder), folder / "toy", folder / "hub.log"
        self.port, self.url = 0, ""
        self.repo.mkdir(parents=True)
        git(self.repo, "init", "-q")
        for name, text in FILES.items():
            (self.repo / name).write_text(text)
        git(self.repo, "add", "-A")
        git(self.repo, "commit", "-qm", "start")
        self.machine.overnight(self.repo, "hub", "init", "--yes")
        self.process = self.serve()

    def serve(self) -> "subprocess.Popen[bytes]":
        """Serve it, on the port that it had."""
        command = [sys.executable, "-m", "overnight", "hub", "serve", "--port", str(self.port)]
        with self.log.open("w") as log:
            process = subprocess.Popen(command, cwd=self.repo, env=self.machine.environment, stdout=log, stderr=log)
        until(lambda: "takes submissions" in self.log.read_text() or process.poll() is not None)
        found = re.search(r"http://[0-9.]+:([0-9]+)", self.log.read_text())
        assert found, self.log.read_text()
        self.url, self.port = found.group(), int(found[1])
        return process

    def kill(self) -> None:
        """End it by force, and serve it again."""
        self.process.kill()
        self.process.wait()
        self.process = self.serve()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub that is served."""
    made = Hub(tmp_path / "founder")
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait()


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.1)


def edit(folder: Path, old: str, new: str) -> None:
    """Commit a change, as a worker who works by hand."""
    path = folder / "train.py"
    path.write_text(path.read_text().replace(old, new))
    git(folder, "commit", "-qam", f"{old} to {new}")


def test_what_two_workers_send_is_verified_and_both_go_on_from_it(hub: Hub, tmp_path: Path) -> None:
    """The chain has both changes, each by its key, also over a kill; what does not help is refused, nothing hidden leaves."""
    founder, repo, url = hub.machine, hub.repo, hub.url
    ann, bob = Machine(tmp_path / "ann"), Machine(tmp_path / "bob")
    for each in (ann, bob):
        each.folder.mkdir()
        each.overnight(each.folder, "work", "join", url, str(each.folder / "toy"), "--yes")
    edit(ann.folder / "toy", "X = 1.0", "X = 4.5")
    ann.overnight(ann.folder / "toy", "work", "submit", "HEAD")
    hub.kill()
    until(lambda: ended(ann) == ["accepted"])
    edit(bob.folder / "toy", "Y = 2.0", "Y = 4.5")  # on the tree before ann's change: it is brought onto the head
    bob.overnight(bob.folder / "toy", "work", "submit", "HEAD")
    until(lambda: ended(bob) == ["accepted"])
    edit(ann.folder / "toy", "X = 4.5", "X = 3.0")
    ann.overnight(ann.folder / "toy", "work", "submit", "HEAD")
    until(lambda: sorted(ended(ann)) == ["accepted", "not accepted"])
    with HubRecord(hub_folder(open_repository(repo)), read_only=True) as record:
        chain = record.chain()
        keys = [each.submitter for each in chain.entries if isinstance(each, Block)]
        published = "".join(record.entries())
        contents = [record.content(each.digest) for each in chain.tree.values()]
    assert len(set(keys)) == len(keys) == 2
    assert any(b"X = 4.5" in (each or b"") and b"Y = 4.5" in (each or b"") for each in contents)
    assert SECRET not in published
    for each in (ann, bob):
        assert not any(SECRET.encode() in path.read_bytes() for path in each.folder.rglob("*") if path.is_file())
    assert json.loads(founder.overnight(repo, "hub", "check", "--json"))["holds"]
    assert "2 blocks" in founder.overnight(repo, "hub", "status")


def ended(machine: Machine) -> list[str]:
    """How a worker's changes ended, as far as they did."""
    machine.overnight(machine.folder / "toy", "work", "run", "--hours", "0.0001")
    states = [str(each["state"]) for each in machine.changes(machine.folder / "toy")]
    return [each for each in states if each in ("accepted", "not accepted", "refused", "dropped")]


def test_a_hub_is_not_opened_over_a_measure_that_a_candidate_can_print(tmp_path: Path) -> None:
    """One process for candidate and score is refused, with the fix."""
    from targets import repository_of

    from overnight.pool.hub.opening import open_hub
    from overnight.pool.hub.settings import parse_hub_settings

    program = "---\nmetric: loss\nmeasure: python train.py\n---\n"
    repository = repository_of(tmp_path, {"train.py": "print('loss: 1')\n", "program.md": program})
    with pytest.raises(UserError, match="can print any"):
        open_hub(repository, parse_hub_settings("project: toy\n"))
