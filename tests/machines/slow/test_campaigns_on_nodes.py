"""Whole campaigns whose trials run on real workers: workers and heads are killed, and no verdict comes of it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from dask_clusters import Cluster, cluster, until
from targets import COMMAND, assert_verified, git, make_repo, overnight, read_json, recorded

from overnight.gate.trial import Stage
from overnight.research.events import NodeLost, TrialFinished, TrialVoided

PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py
editable: [train.py]
limits: {wall: 60s, memory: 500MB}
researchers:
  - role: r
    use: scripted
    edits: [[train.py, "A = 5", "A = 4"], [train.py, "B = 5", "B = 6"], [train.py, "B = 5", "B = 3"]]
---
"""
TRAIN = """import os, random, time
A = 5




B = 5
random.seed(os.environ["OVERNIGHT_SEED"])
time.sleep(SLEEP)
print(f"METRIC loss={A + B + random.gauss(0, 0.3)}")
"""


@contextmanager
def lab(folder: Path, workers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Workers, which the settings call `lab`."""
    (folder / "c").mkdir()
    settings = folder / "settings.toml"
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(settings))
    with cluster(folder / "c", workers) as over:
        settings.write_text(f'[machines.lab]\ndask = "{over.address}"\nsecurity = "{over.folder}"\nnodes = {len(workers)}\n')
        yield over


def repository(folder: Path, *, sleep_s: float = 0.0) -> Path:
    return make_repo(folder / "r", PROGRAM, files={"train.py": TRAIN.replace("SLEEP", f"{sleep_s}")})


@contextmanager
def running(repo: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A session in a process of its own, killed at the end if it still runs."""
    command = [sys.executable, COMMAND, "run", "--tag", "t", "--plain", "--no-report", *arguments]
    with (repo.parent / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=repo, stdout=log, stderr=log, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def said(repo: Path) -> str:
    return (repo.parent / "log").read_text()


def _told(repo: Path, words: str, times: int, session: "subprocess.Popen[str]") -> bool:
    """Whether it was said more often than so many times, or the session has ended."""
    return said(repo).count(words) > times or session.poll() is not None


def test_a_campaign_on_two_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor and check find them alike; both gains are proven there, each pair on one machine, and nothing stays on them."""
    with lab(tmp_path, ("n1", "n2"), monkeypatch) as over:
        repo = repository(tmp_path)
        said_of = overnight(repo, "doctor", "--on", "lab", check=0).stdout
        assert "n2: its jail" in said_of and "certificates: the first expires in" in said_of
        machines = read_json(repo, "check", "--on", "lab")["machines"]
        assert [(machine["node"], machine["alike"]) for machine in machines] == [("n1", True), ("n2", True)]
        overnight(repo, "run", "--on", "lab", "--tag", "t", "--no-report", check=0)
        status = read_json(repo, "status")
        assert status["kept"] == 2 and sum(node["trials"] for node in status["nodes"].values()) == status["trials"]
        assert not list(over.folder.glob("disk/**/result.json")), "all results are acknowledged"
    nodes: dict[tuple[int, int, int], set[str]] = {}
    for event in recorded(repo):
        if isinstance(event, TrialFinished) and event.trial.place and event.trial.key.stage is Stage.CONFIRM:
            key = event.trial.key
            nodes.setdefault((key.experiment, key.restart, key.index), set()).add(event.trial.place.node)
    assert nodes and all(len(where) == 1 for where in nodes.values())
    assert_verified(repo)


def test_workers_that_are_killed_change_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three dies every few seconds and comes back: what it ran is void, and the campaign ends as it would have."""
    with lab(tmp_path, ("n1", "n2", "n3"), monkeypatch) as over:
        repo = repository(tmp_path, sleep_s=0.3)
        killed = 0
        with running(repo, "--on", "lab") as session:
            until(lambda: "machine n3 joined" in said(repo))
            while session.poll() is None:
                name = f"n{killed % 3 + 1}"
                lost = said(repo).count(f"machine {name} is lost")
                over.kill(name)
                killed += 1
                until(partial(_told, repo, f"machine {name} is lost", lost, session))
                over.start_worker(name)
                joined = said(repo).count(f"machine {name} joined")
                until(partial(_told, repo, f"machine {name} joined", joined, session))
                end = time.monotonic() + 4.0
                while session.poll() is None and time.monotonic() < end:
                    time.sleep(0.1)
        assert session.returncode == 0, said(repo)
    events = recorded(repo)
    verdicts = [one["conclusion"]["verdict"] for one in read_json(repo, "log")["experiments"]]
    assert sorted(verdicts) in (["discard", "keep", "keep"], ["crash", "keep", "keep"]), said(repo)  # two losses are a crash
    assert sum(isinstance(event, NodeLost) for event in events) >= 1 and any(isinstance(event, TrialVoided) for event in events)
    assert_verified(repo)


def _jobs(over: Cluster) -> list[Path]:
    """The folders of the jobs that workers run, or whose results they keep."""
    return list(over.folder.glob("disk/overnight-*/*/*/jobs/*"))


def test_a_head_that_is_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended on a machine meanwhile is collected: no seed of an arm has two results, and none of their files stays."""
    with lab(tmp_path, ("n1", "n2"), monkeypatch) as over:
        repo = repository(tmp_path, sleep_s=1.0)
        with running(repo, "--on", "lab") as session:
            until(lambda: "is put to the test" in said(repo) or session.poll() is not None)
            until(lambda: len(_jobs(over)) >= 2)
            session.kill()
            session.wait()
        under_way = _jobs(over)
        until(lambda: all((job / "result.json").exists() for job in under_way))
        ended = list(over.folder.glob("disk/**/result.json"))
        overnight(repo, "run", "--on", "lab", "--tag", "t", "--no-report", check=0)
        left = [path for path in ended if path.exists()]
        assert len(left) < len(ended), "they were collected, but for one that was recorded as its head was killed"
    assert read_json(repo, "status")["kept"] == 2
    keys = [event.trial.key for event in recorded(repo) if isinstance(event, TrialFinished)]
    assert len(keys) == len(set(keys))
    assert_verified(repo)


def test_names_and_machines_that_are_wrong_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such name, no such scheduler, no jail, and hidden files on a scheduler of others: each says the fix."""
    with lab(tmp_path, ("n1",), monkeypatch):
        repo = repository(tmp_path)
        assert "there are: lab" in overnight(repo, "run", "--on", "nosuch", check=2).stderr
        assert "leave out `--sandbox process`" in overnight(repo, "run", "--on", "lab", "--sandbox", "process", check=2).stderr
        (repo / "program.md").write_text(PROGRAM.replace("limits:", "hidden: [secret.txt]\nlimits:"))
        (repo / "secret.txt").write_text("7")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "hidden")
        assert "trusted" in overnight(repo, "run", "--on", "lab", "--tag", "h", check=2).stderr
    gone = overnight(repository(tmp_path / "other"), "run", "--on", "lab", "--tag", "t", check=2).stderr
    assert "nothing listens at tls://" in gone
