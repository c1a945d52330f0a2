"""A ledger of many experiments: how long `status`, a page of `log` and continuing the campaign take."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from builders import concluded, proposed, session, trial
from targets import make_repo, program

from overnight.gate.trial import Arm, Stage
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.research.events import CampaignOpened, Event
from overnight.research.places.begun import mark_begun
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger
from overnight.research.snapshot import dump_state
from overnight.research.state import begin, fold

BATCH = 1000  # experiments per transaction


def generate(folder: Path, experiments: int) -> None:
    """A repository with a campaign of this many discarded experiments of three trials each."""
    repo = make_repo(folder, program(("OFFSET = 5.0", "OFFSET = 3.0")))
    repository = open_repository(repo)
    history = GitHistory(repository)
    start = history.resolve_start()
    history.advance(tag="big", old=None, new=start)
    history.close()
    home = campaign_folder(repository, "big")
    home.mkdir(parents=True)
    (home / "lock").touch()  # without it, no session has run
    ledger = SqliteLedger(home)
    opened = CampaignOpened(
        tag="big", version="0", program=(repo / "program.md").read_text(), start=start, secret="00", sandbox="process"
    )
    first: list[Event] = [session(), *(trial(0, n, stage=Stage.BASELINE, arm=Arm.BASELINE, value=5.0 + n) for n in range(10))]
    ledger.append(opened, *first)
    state = fold(begin(opened), first)
    for low in range(1, experiments + 1, BATCH):
        batch: list[Event] = []
        for number in range(low, min(low + BATCH, experiments + 1)):
            batch += [proposed(number, base=start), *(trial(number, n, value=5.0 + n) for n in range(3)), concluded(number)]
        ledger.append(*batch)
        state = fold(state, batch)
        if low + BATCH <= experiments:
            ledger.save_snapshot(dump_state(state))
    mark_begun(home, ledger)  # so that commands take it up without its name
    ledger.close()


def timed(folder: Path, *arguments: str, runs: int = 3) -> float:
    """The shortest of some runs of a command, wall seconds; the command has to find its campaign."""
    best = float("inf")
    for _ in range(runs):
        before = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "overnight", *arguments],
            cwd=folder,
            check=False,
            stdout=subprocess.DEVNULL,
            env=dict(os.environ),
        )
        best = min(best, time.perf_counter() - before)
        if done.returncode > 1:
            raise SystemExit(f"overnight {' '.join(arguments)} failed")
    return best


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        target = Path(name) / "repo"
        before = time.perf_counter()
        generate(target, arguments.experiments)
        print(f"generated {arguments.experiments} experiments in {time.perf_counter() - before:.0f} s")
        print(f"status                   {timed(target, 'status'):.2f} s")
        print(f"log                      {timed(target, 'log'):.2f} s")
        print(f"log, in the middle       {timed(target, 'log', '--offset', str(arguments.experiments // 2)):.2f} s")
        going_on = ("run", "--experiments", "1", "--sandbox", "process", "--no-report")
        table = target / ".overnight/big/results.tsv"
        # Only the first run finds the table in a given state, so each state is timed with one run.
        print(f"continue, no results.tsv {timed(target, *going_on, runs=1):.2f} s (it is rebuilt)")
        table.write_bytes(b"".join(table.read_bytes().splitlines(keepends=True)[:-1]))
        print(f"continue, a row is gone  {timed(target, *going_on, runs=1):.2f} s (a kill before the row was written)")
        print(f"continue, complete       {timed(target, *going_on):.2f} s")
        print(f"report                   {timed(target, 'report'):.2f} s")
