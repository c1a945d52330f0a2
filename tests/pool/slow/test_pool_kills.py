"""A hub and its workers killed at random moments: nothing that was answered is lost, nothing is done twice."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from pool_load import BEST, TOY, VALUES, WORKERS, LoadWorker, check_hub, check_worker, joined_worker
from pool_machines import Hub, Machine, edit, until
from targets import git

from overnight.pool.keys import own_key
from overnight.pool.work.joined import KEY
from overnight.pool.work.place import Place

SEED = int(os.environ.get("POOL_SEED") or time.time_ns() % 10**9)  # printed, so that a failure can be repeated
KILLS = int(os.environ.get("POOL_KILLS") or 100)  # of a hub with all of its processes
MEAN_S = 6.0  # between a start and the next kill: a start takes one or two, a verification some more


@pytest.mark.parametrize(("kills", "with_all_below"), [(KILLS, True), (max(1, KILLS // 5), False)])
def test_a_hub_killed_under_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int, with_all_below: bool) -> None:
    """At random moments, those of a start included: alone, or with its verifier and the trials."""
    print(f"POOL_SEED={SEED}")  # noqa: T201  # shown if it fails
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    hub = Hub(tmp_path / "founder", TOY)
    try:
        workers = anyio.run(partial(_load, hub, tmp_path, kills, with_all_below=with_all_below))
    finally:
        hub.process.terminate()
        hub.process.wait()
    check_hub(hub)
    states = Counter(each.state for worker in workers for each in check_worker(hub, worker.place, worker.key.public))
    print(f"{kills} kills: {dict(states)}")  # noqa: T201  # shown with -s
    assert states["accepted"] and sum(states.values()) > WORKERS


async def _load(hub: Hub, folder: Path, kills: int, *, with_all_below: bool) -> list[LoadWorker]:
    """Workers send while the hub is killed; the workers, when everything is answered."""
    drawn, stop = random.Random(SEED), anyio.Event()
    workers = [await joined_worker(hub.url, folder / f"worker{each}", each, SEED) for each in range(WORKERS)]
    async with anyio.create_task_group() as tasks:
        for each in workers:
            tasks.start_soon(each.work, stop)
        for _ in range(kills):
            await anyio.sleep(drawn.expovariate(1 / MEAN_S))
            hub.kill(with_all_below=with_all_below)
            hub.process = hub.start()
        hub.kill(with_all_below=with_all_below)
        hub.process = await to_thread.run_sync(hub.serve)
        stop.set()
    return workers


@pytest.mark.parametrize("kills", [max(1, KILLS // 2)])
def test_a_worker_killed_while_it_searches_and_sends(tmp_path: Path, kills: int) -> None:
    """What was kept or written down is sent, once each; the hub is served all the time."""
    print(f"POOL_SEED={SEED}")  # noqa: T201  # shown if it fails
    hub, drawn = Hub(tmp_path / "founder", TOY), random.Random(SEED)
    bob = Machine(tmp_path / "bob")
    bob.folder.mkdir()
    place = bob.folder / "toy"
    try:
        bob.overnight(bob.folder, "work", "join", hub.url, str(place), "--yes")
        for number in range(kills):
            if number % 2:
                git(place, "checkout", "-q", "--detach", "chain")
                _step(place, number)
                commit = git(place, "rev-parse", "HEAD")
                git(place, "checkout", "-q", "chain")
                words = ["work", "submit", commit]
            else:
                words = ["work", "run", "--hours", "1", "--poll", "0.2", "--cpus", "1"]
            _killed(bob, place, words, drawn.uniform(0.5, 12.0))
        until(lambda: _has_ended(bob, place))
    finally:
        hub.process.terminate()
        hub.process.wait()
    check_hub(hub)
    key = own_key(bob.folder / "state/overnight/pool" / KEY, make=False)
    states = Counter(each.state for each in check_worker(hub, Place(top=place), key.public))
    print(f"{kills} kills: {dict(states)}")  # noqa: T201  # shown with -s
    assert states["accepted"] + states["not accepted"] > 0


def _step(place: Path, number: int) -> None:
    """Commit a step ahead of one of the values."""
    [before] = re.findall(rf"^V{number % VALUES} = .*$", (place / "train.py").read_text(), re.MULTILINE)
    value = float(before.split(" = ")[1])
    edit(place, f"{before}\n", f"V{number % VALUES} = {value + (BEST - value) * 0.4!r}\n")


def _killed(machine: Machine, where: Path, words: list[str], after_s: float) -> None:
    command = [sys.executable, "-m", "overnight", *words]
    process = subprocess.Popen(
        command, cwd=where, env=machine.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with suppress(subprocess.TimeoutExpired):
        process.wait(after_s)
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()


def _has_ended(machine: Machine, where: Path) -> bool:
    """Whether all that was sent is answered, after another look."""
    machine.overnight(where, "work", "run", "--hours", "0.0001")
    ended = ("accepted", "not accepted", "refused", "dropped")
    return all(each["state"] in ended for each in machine.changes(where))
