"""The demo: a bank of real inner campaigns on the lab plant, and whole meta-campaigns replayed over it by the real gate.

    python bench/meta/demo.py bank FILE --instances 0 8     # runs them, two numbers: the first instance and how many
    python bench/meta/demo.py replay FILE                    # how often a demo ends with a better organisation; A/A

A line of the bank is one inner campaign: `what` is the change of the demo's organisation in the words of its tuner.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import anyio
from meta_rules import gate

from overnight.meta.demo import CHARTER, SCREENING, TRIALS, make_demo
from overnight.meta.inner import Halt, run_inner
from overnight.meta.moves import Move, moves
from overnight.meta.parsing import parse_charter
from overnight.meta.researcher import choose
from overnight.meta.task import InnerResult, InnerTask
from overnight.program.program import PROGRAM

START, AGAIN = "start", "start, another secret"
WHATS = (
    START,
    AGAIN,
    "Let tuner work alone",
    "Replace follower by tuner",
    "Add tuner",
    "Let follower work alone",
    "Replace random by tuner",
)  # other changes count as START with another secret
FULL, SHORT = TRIALS, int(TRIALS * SCREENING)
BUDGETS = (20, 30, 40, 60, 80, 100)  # full inner campaigns
REPLAYS = 1000


def main() -> None:
    """Fill the bank, or replay over it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("bank", "replay"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--instances", type=int, nargs=2, default=(0, 8))
    asked = parser.parse_args()
    if asked.what == "bank":
        first, count = asked.instances
        fill(asked.file, range(first, first + count))
    else:
        replay(Bank.read(asked.file))


def organisations() -> dict[str, str]:
    """The demo's organisation, and every single change of it that its tuner knows."""
    with tempfile.TemporaryDirectory() as folder:
        make_demo(Path(folder) / "demo", instance=0)
        text = (Path(folder) / "demo" / PROGRAM).read_text()
    charter = parse_charter(CHARTER, "meta.md")
    return {START: text, AGAIN: text, **{move.what: move.text for move in moves(charter, text)}}


def fill(file: Path, instances: Sequence[int]) -> None:
    """Run the inner campaigns, one after the other."""
    texts, bank = organisations(), Bank.read(file)
    for instance in instances:
        for what in WHATS:
            for trials in (FULL, SHORT):
                if instance in bank.found[what, trials]:
                    continue
                began = time.perf_counter()
                result = anyio.run(one, texts[what], instance, f"{instance} {what == AGAIN}", trials)
                found = {"what": what, "instance": instance, "trials": trials, "progress": result.progress, "kept": result.kept}
                with file.open("a") as out:
                    out.write(json.dumps({**found, "elapsed_s": round(time.perf_counter() - began, 1)}) + "\n")


async def one(text: str, instance: int, secret: str, trials: int) -> InnerResult:
    """One inner campaign."""
    with tempfile.TemporaryDirectory() as folder:
        hexed = sha256(secret.encode()).hexdigest()
        task = InnerTask(
            folder=f"{folder}/inner", organisation=text, path=PROGRAM, secret=hexed, trials=trials, lab="plant",
            instance=instance, fixed=False,
        )  # fmt: skip
        if (result := await run_inner(task, Halt())) is None:
            raise RuntimeError("an inner campaign was stopped")
        return result


@dataclass(slots=True)
class Bank:
    """Progress by organisation and trials, then by instance."""

    found: dict[tuple[str, int], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def read(cls, file: Path) -> "Bank":
        """What a file holds."""
        bank = cls()
        for line in file.read_text().splitlines() if file.exists() else ():
            row = json.loads(line)
            bank.found[row["what"], row["trials"]][row["instance"]] = row["progress"] or 0.0
        return bank


class Replayed:
    """A world of pairs that are drawn from a bank; each arm of a pair on the same instance."""

    setting = None

    def __init__(self, bank: Bank, whats: Sequence[str], seed: int) -> None:
        self.bank, self.whats, self.random, self.used = bank, whats, random.Random(seed), 0.0

    def pair(self, better: float, *, screening: bool = False) -> list[tuple[float, float]]:
        """Start and candidate number `better` on an instance at random."""
        self.used += 2.0 * (SCREENING if screening else 1)
        trials, what = SHORT if screening else FULL, self.whats[int(better)]
        before, after = self.bank.found[START, trials], self.bank.found[what, trials]
        instance = self.random.choice(sorted(before.keys() & after.keys()))
        return [(before[instance], after[instance])]

    def spreads(self, pairs: int) -> list[float]:
        """The sd of the difference of two equal organisations, by so many pairs of the bank."""
        one, two = self.bank.found[START, FULL], self.bank.found[AGAIN, FULL]
        both = sorted(one.keys() & two.keys())
        squares = [0.0]
        while not any(squares):
            squares = [(one[at] - two[at]) ** 2 for at in self.random.choices(both, k=pairs)]
        return [statistics.fmean(squares) ** 0.5]


def order(seed: int, every: Sequence[Move]) -> Iterator[str]:
    """Changes in an order of the tuner, before it has learned anything."""
    chance, left = random.Random(seed), list(every)
    while left:
        chosen = choose(left, chance, lambda _: 1.0, opening=True)
        left.remove(chosen)
        yield chosen.what


def replay(bank: Bank) -> None:
    """Print what the bank holds, how often a demo proves a better organisation in public, and how often A/A keeps one."""
    for (what, trials), values in sorted(bank.found.items()):
        mean, nothing = statistics.fmean(values.values()), sum(value == 0.0 for value in values.values())
        print(f"{trials:4} trials, {len(values):3} campaigns, mean {mean:5.2f}, {nothing:2} gained nothing: {what}")
    charter, known = parse_charter(CHARTER, "meta.md"), {what for what, _ in bank.found}
    every = list(moves(charter, organisations()[START]))
    for name, better in (("demo", True), ("A/A", False)):
        used, kinds = list[float](), Counter[str]()
        for seed in range(REPLAYS):
            whats = [what if better and what in known else AGAIN for what in order(seed, every)]
            world = Replayed(bank, whats, seed)
            candidates = range(len(whats))
            verdicts = gate(world, iter(map(float, candidates)), max_pairs=charter.max_pairs)  # type: ignore[arg-type]  # as a World
            for number, kept in zip(candidates, verdicts, strict=False):
                if kept:
                    used.append(world.used)
                    kinds[whats[number]] += 1
                if kept or world.used >= BUDGETS[-1]:
                    break
        within = ", ".join(f"{sum(one <= budget for one in used) / REPLAYS:.3f} in {budget}" for budget in BUDGETS)
        print(f"{name}: the share of {REPLAYS} meta-campaigns that kept one, by inner campaigns: {within}; {dict(kinds)}")


if __name__ == "__main__":
    main()
