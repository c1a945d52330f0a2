"""A flood of new keys at a hub that is served, with its verifier, while a known key submits: how long it waits for its trials.

All of it is real: `overnight hub serve`, the jail, the gate, keys and signatures over HTTP. Hashcash is left out, so that the
flood costs nothing. A known submission waits from its reveal until its first trial begins; what began meanwhile of new keys
went before it.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from pool_desks import Worker, secret
from senders import FIRST_KEY, Connection, Load
from targets import git

from overnight.git.repository import open_repository
from overnight.pool.events import KeyChanged, Revealed
from overnight.pool.hub.opening import hub_folder
from overnight.pool.record import overview
from overnight.pool.record.record import HubRecord
from overnight.research.events import Concluded, TrialFinished
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger

TRAIN = (
    "import json, os, random\n\nrandom.seed(int(os.environ['OVERNIGHT_SEED']))\n"
    "json.dump(random.gauss(5, 1), open('out.json', 'w'))\n"
)
SCORE = "import json\nprint('METRIC loss=%r' % abs(json.load(open('out.json'))))\n"
FILES = {
    "train.py": TRAIN,
    "score.py": SCORE,
    "public_score.py": SCORE,
    "program.md": (
        "---\nmetric: {name: loss, direction: minimize}\nproduce: python train.py\nartifacts: [out.json]\n"
        "score: python score.py\nholdout: python score.py\neditable: [train.py]\nhidden: [score.py]\n"
        "limits: {wall: 60s, cpus: 1}\n---\n# Less loss\n"
    ),
    "hub.yaml": (
        "project: small\nworker: {score: python public_score.py}\nbounds: [0, 1000]\nverdicts_every_s: 0\n"
        "work_bits: 0\ncanaries: false\n"
    ),
}
KNOWN = secret(5)
PAUSE_S = 0.2


def make_hub(folder: Path) -> tuple[Path, Mapping[str, str]]:
    """A hub that was opened, with one known key; the repository, and the environment of its founder."""
    repo = folder / "small"
    repo.mkdir()
    git(repo, "init", "-q")
    for name, text in FILES.items():
        (repo / name).write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "start")
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder)}
    subprocess.run(
        [sys.executable, "-m", "overnight", "hub", "init", "--yes"], cwd=repo, env=environment, check=True, capture_output=True
    )
    with HubRecord(hub_folder(open_repository(repo))) as record:
        record.append(KeyChanged(key=KNOWN.public, standing="known"))
    return repo, environment


def serve(repo: Path, environment: Mapping[str, str], log: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """The hub's processes, and its port."""
    command = [sys.executable, "-m", "overnight", "hub", "serve", "--port", "0"]
    with log.open("w") as said:
        process = subprocess.Popen(command, cwd=repo, env=environment, stdout=said, stderr=said)
    while not (found := re.search(r"http://[0-9.]+:([0-9]+)", log.read_text())):
        if process.poll() is not None:
            raise SystemExit(log.read_text())
        time.sleep(PAUSE_S)
    return process, int(found[1])


async def flood(port: int, like: Worker, *, keys: int, at_once: int) -> tuple[Load, float]:
    """One submission of each of many new keys; what came of them, and the seconds that it took."""
    load, began, numbers = Load(like.parent, TRAIN), time.monotonic(), iter(range(keys))

    async def some() -> None:
        connection = Connection(port)
        for number in numbers:
            worker = replace(like, key=secret(FIRST_KEY + number), sent=[])
            await load.submit(connection, worker, number, time.monotonic())

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(some())
    return load, time.monotonic() - began


async def submit_known(port: int, worker: Worker, record: HubRecord, *, most: int) -> Load:
    """One submission of the known key after another, each once the one before has its verdict."""
    load, connection = Load(worker.parent, TRAIN), Connection(port)
    await until(lambda: bool(record.waiting()))
    for at in range(most):
        number = await load.submit(connection, worker, -1 - at, time.monotonic())
        if number is not None:
            await until(partial(is_judged, record, number))
    return load


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  # of another process
        await asyncio.sleep(PAUSE_S)


def is_judged(record: HubRecord, number: int) -> bool:
    found = record.submission(number)
    return found is not None and found.state != "queued"


def began(ledger: SqliteLedger, experiment: int) -> tuple[float, float] | None:
    """When the first trial of an experiment began, and when it was concluded."""
    found = ledger.experiment_events(experiment)
    trials = [each.at - each.event.trial.wall_s for each in found if isinstance(each.event, TrialFinished)]
    ended = [each.at for each in found if isinstance(each.event, Concluded)]
    return (min(trials), max(ended)) if trials and ended else None


def delays(record: HubRecord, ledger: SqliteLedger) -> Mapping[str, Any]:
    """How each known submission waited, and how long verifications took."""
    revealed = {each.event.submission: each.at for each in record.history(most=1_000_000) if isinstance(each.event, Revealed)}
    times = {
        each.number: (each.key, *at)
        for each in record.submissions(most=1_000_000)
        if each.experiment and (at := began(ledger, each.experiment))
    }
    known = sorted(number for number, (key, _, _) in times.items() if key == KNOWN.public)
    before = [
        sum(key != KNOWN.public and revealed[number] < at < times[number][1] for key, at, _ in times.values())
        for number in known
    ]
    took = [end - at for _, at, end in times.values()]
    waited = [times[number][1] - revealed[number] for number in known]
    return {
        "verified": len(times),
        "verification s": {"median": round(median(took), 1), "longest": round(max(took), 1)},
        "known submissions": len(known),
        "new ones that began before them": before,
        "waited s": {"median": round(median(waited), 1), "longest": round(max(waited), 1)},
    }


async def run(port: int, record: HubRecord, given: argparse.Namespace) -> Mapping[str, Any]:
    """Flood and submit at the same time."""
    _, parent = overview.head(record)
    worker = Worker(key=KNOWN, parent=parent, hub=record.genesis().hub, project=record.genesis().project)
    async with asyncio.TaskGroup() as tasks:
        flooding = tasks.create_task(flood(port, worker, keys=given.keys, at_once=given.connections))
        knowing = tasks.create_task(submit_known(port, worker, record, most=given.known))
    load, took_s = flooding.result()
    known = knowing.result()
    answered = sorted([*known.commit, *known.reveal])
    return {
        "new keys": given.keys,
        "a second": round(given.keys / took_s, 1),
        "new queued": len(load.submission),
        "new refused": load.refused,
        "known refused": known.refused,
        "known answered ms": {"median": round(1000 * median(answered)), "longest": round(1000 * answered[-1])},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--known", type=int, default=15, help="submissions of the known key")
    parser.add_argument("--connections", type=int, default=50, help="of the flood")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        repo, environment = make_hub(Path(scratch))
        process, port = serve(repo, environment, Path(scratch) / "hub.log")
        repository = open_repository(repo)
        with HubRecord(hub_folder(repository)) as record:
            try:
                found = asyncio.run(run(port, record, given))
            finally:
                process.terminate()
                process.wait()
            with closing(SqliteLedger.for_reading(campaign_folder(repository, record.tag()))) as ledger:
                print(json.dumps({**found, **delays(record, ledger), "load": round(os.getloadavg()[0], 1)}, indent=2))


if __name__ == "__main__":
    main()
