"""Real meta-campaigns of two organisations that differ in words that nobody reads (A/A): each keep is a false one.

    python bench/meta/same.py --campaigns 20 --folder FOLDER     # goes on where it was; prints a line for each

Both arms of a pair have the same inner secret, as a rule, and these two would gain exactly the same. Here each arm has a
secret of its own, so that they differ by luck, as organisations do that propose different things. All else is `overnight meta
run`: its gate, workers and inner campaigns of the tuner on `plant`. One check serves all of them.
"""

import argparse
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import anyio

from overnight.cli.meta_check import measured
from overnight.cli.meta_run import session
from overnight.git.repository import open_repository
from overnight.meta.charter import META
from overnight.meta.preparation import prepare
from overnight.meta.targets import git
from overnight.meta.task import InnerTask
from overnight.meta.trials import InnerTrials
from overnight.program.program import PROGRAM
from overnight.research.events import TrialFinished
from overnight.research.reading import reading
from overnight.research.setup.labs import copy_lab

TAG = "meta-same"
TRIALS = 50  # of an inner campaign: the tuner gained something in each of ten
PAIRS = 5  # of the check
HOURS = 1.0  # of one meta-campaign, at most
OLD, NEW = "it is noisy", "it has noise"
TUNER = "{role: tuner, use: tuner}"
# Screening has the whole inner budget: at a quarter neither gains anything, and a tie is discarded.
CHARTER = f"""\
---
organisation: {PROGRAM}
targets: [lab:plant]
inner: {{trials: {TRIALS}, screening: 1, audit_pairs: 4}}
allowed_researchers: [{TUNER}]
gate: {{error_rate: 0.1, max_pairs: 30}}
researchers: [{{role: words, use: scripted, edits: [[{PROGRAM}, {OLD}, {NEW}]]}}]
---
Say the same in other words.
"""


def main() -> None:
    """Run them, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--slots", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="Where they are kept; by default a temporary folder.")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp())
    checked = folder / "check"
    if not checked.exists():
        make(checked)
    found = anyio.run(measured, prepare(open_repository(checked)), PAIRS, "jail", asked.slots)
    if found is None:
        return  # stopped; the next time it goes on
    kept = done = 0
    for number in range(asked.campaigns):
        line = one(folder / str(number), checked, asked.slots)
        if line["verdict"] == "none":
            break  # stopped; the next time it goes on
        done, kept = done + 1, kept + (line["verdict"] == "keep")
        print(json.dumps(line), flush=True)
    print(f"{kept} of {done} meta-campaigns kept the other words")


def make(folder: Path) -> None:
    """A lab whose organisation is the tuner alone, and a charter by which someone says the same in other words."""
    copy_lab("plant", folder, instance=0)
    front, _, rest = (folder / PROGRAM).read_text().partition("researchers:\n")
    words = rest.partition("\n---\n")[2]
    (folder / PROGRAM).write_text(f"{front}researchers:\n  - {TUNER}\n---\n{words}")
    (folder / META).write_text(CHARTER)
    git("add", "-A", at=folder)
    git("commit", "-q", "-m", "Organisations that do not differ", at=folder)


def one(folder: Path, checked: Path, slots: int) -> dict[str, object]:
    """One meta-campaign, and what came of it."""
    if not folder.exists():
        shutil.copytree(checked, folder, ignore=shutil.ignore_patterns("[0-9]*-[0-9]*"))
    began = time.monotonic()
    with patch.object(InnerTrials, "task", own_secret(InnerTrials.task)):
        session(folder, tag=TAG, hours=HOURS, slots=slots, plain=True)
    with reading(TAG, folder) as campaign:
        ended, events = campaign.experiment(1).conclusion, campaign.events(1)
    trials = [event.trial for event in events if isinstance(event, TrialFinished)]
    return {
        "campaign": folder.name,
        "verdict": ended.verdict if ended else "none",
        "pairs": ended.pairs if ended else 0,
        "gain": ended.gain if ended else None,
        "reason": ended.reason if ended else "",
        "inner": len(trials),
        "progress": [round(trial.metrics.get("plant", 0.0), 3) for trial in trials],
        "elapsed_s": round(time.monotonic() - began, 1),
    }


def own_secret(usual: Callable[..., InnerTask]) -> Callable[..., InnerTask]:
    """As usual, but the secret depends on the arm, and on the meta-campaign."""

    def task(self: InnerTrials, key: object, *rest: object) -> InnerTask:
        made = usual(self, key, *rest)
        return replace(made, secret=hashlib.sha256(f"{made.secret} {key}".encode()).hexdigest())

    return task


if __name__ == "__main__":
    main()
