"""Simulated pools: what becomes a block of the chain, and how much of it is better than its parent in truth.

    python bench/pool/chain.py [--runs 20] [--submissions 20000] [--world NAME] [--rule NAME] [--json]

The lanes, their quotas and turns are those of a hub, and so are its program and gate; workers and trials are simulated.
`whole.py` has the rest of a hub in the loop. Prints a Markdown table, a line for each world.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from statistics import fmean

from pool_figures import share
from pool_rules import RULES
from pool_worlds import SETTINGS, Laboratory, Population, Sent, Setting

from overnight.gate import one_draw
from overnight.pool.lanes import Lane, Turns, Waiting, refusal

SEED = 80_000
ARRIVALS = 1.2  # submissions that come while one is verified: the lane of new keys is always full
LARGE = 1.0  # sd; gains from here on are reported by themselves


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one pool came to."""

    submissions: int = 0
    turned_away: int = 0  # by the quotas of the lanes
    blocks: int = 0
    false: dict[str, int] = field(default_factory=dict)  # by the habit of who sent it
    real: int = 0  # sent that were better than the head when they were judged
    found: int = 0
    large: int = 0  # the same of gains of `LARGE` and more
    large_found: int = 0
    gained: float = 0.0  # truly, by all blocks, sd
    trials: int = 0
    known: int = 0  # keys, at the end
    cpu_s: float = 0.0


class Pool:
    """A hub's queue before a rule."""

    def __init__(self, setting: Setting, rule: str, seed: int) -> None:
        self.people = Population(setting, seed)
        self.random = random.Random(f"arrivals {seed}")
        self.laboratory = Laboratory(setting, random.Random(f"trials {seed}"))
        self.rule = RULES[rule](self.laboratory, seed)
        self.turns = Turns()
        self.waiting: list[Waiting] = []
        self.sent: dict[int, Sent] = {}
        self.in_lane, self.of_key = Counter[Lane](), Counter[str]()
        self.known: set[str] = set()
        self.came = 0
        self.outcome = Outcome()

    def run(self, submissions: int) -> Outcome:
        """Verify so many."""
        began, due = time.process_time(), 0.0
        while self.outcome.submissions < submissions:
            due += ARRIVALS
            while due >= 1.0 or not self.waiting:
                self._arrive(self.random.randrange(len(self.people.habits)))
                due -= 1.0
            self._verify()
        self.outcome.trials, self.outcome.known = self.rule.trials, len(self.known)
        self.outcome.cpu_s = time.process_time() - began
        return self.outcome

    def _arrive(self, worker: int) -> None:
        """Into the queue, if there is room for another of this key."""
        key = str(worker)
        lane = Lane.KNOWN if key in self.known else Lane.NEW
        if refusal(lane, in_lane=self.in_lane[lane], of_key=self.of_key[key]):
            self.outcome.turned_away += 1
            return
        self.came += 1
        self.sent[self.came] = self.people.send(worker)
        self.waiting.append(Waiting(submission=self.came, key=key, lane=lane))
        self.in_lane[lane] += 1
        self.of_key[key] += 1

    def _verify(self) -> None:
        chosen = self.turns.choose(self.waiting)
        assert chosen is not None
        self.turns.charge(chosen, max(self.rule.trials / max(self.outcome.submissions, 1), 1.0))  # the mean until now
        self.waiting.remove(chosen)
        self.in_lane[chosen.lane] -= 1
        self.of_key[chosen.key] -= 1
        self._judge(chosen, self.sent.pop(chosen.submission))

    def _judge(self, chosen: Waiting, sent: Sent) -> None:
        outcome, laboratory = self.outcome, self.laboratory
        laboratory.judged = sent
        gain = laboratory.gain
        accepted = self.rule.judge(chosen.submission, keep=laboratory.keep)
        self.people.seen.append(sent)
        outcome.submissions += 1
        outcome.real += gain > 0.0
        outcome.large += gain >= LARGE
        if accepted:
            self.people.accepted.append(sent)
            outcome.blocks += 1
            outcome.gained += gain
            outcome.found += gain > 0.0
            outcome.large_found += gain >= LARGE
            if gain <= 0.0:
                outcome.false[sent.habit.value] = outcome.false.get(sent.habit.value, 0) + 1
            self._becomes_known(chosen.key)

    def _becomes_known(self, key: str) -> None:
        """What it has waiting goes with it to the other lane."""
        if key not in self.known:
            self.known.add(key)
            moved = [each for each in self.waiting if each.key == key]
            self.in_lane[Lane.NEW] -= len(moved)
            self.in_lane[Lane.KNOWN] += len(moved)
            self.waiting = [
                Waiting(submission=each.submission, key=key, lane=Lane.KNOWN) if each.key == key else each
                for each in self.waiting
            ]


def pool(setting: Setting, rule: str, seed: int, submissions: int, reached: float = one_draw.REACHED) -> Outcome:
    """One pool; `reached`: sd up to which the gate takes trials that agree for a lucky seed."""
    one_draw.REACHED = reached
    return Pool(setting, rule, seed).run(submissions)


def row(name: str, rule: str, outcomes: Sequence[Outcome]) -> str:
    """One line of the table: all runs together."""
    blocks, false = sum(each.blocks for each in outcomes), sum(sum(each.false.values()) for each in outcomes)
    real, trials = sum(each.real for each in outcomes), sum(each.trials for each in outcomes)
    submissions = sum(each.submissions for each in outcomes)
    by_habit = sum((Counter(each.false) for each in outcomes), Counter[str]())
    cells = (
        name,
        rule,
        f"{len(outcomes)} x {outcomes[0].submissions:,}",
        blocks,
        f"{false}" + (f": {', '.join(f'{count} {habit}' for habit, count in by_habit.most_common())}" if false else ""),
        share(false, blocks),
        f"{fmean(sum(each.false.values()) / max(each.blocks, 1) for each in outcomes):.3f}",
        f"{sum(any(each.false.values()) for each in outcomes)} of {len(outcomes)}",
        f"{sum(each.found for each in outcomes)} of {real}",
        share(sum(each.found for each in outcomes), real),
        share(sum(each.large_found for each in outcomes), sum(each.large for each in outcomes)),
        f"{trials / submissions:.2f}",
        f"{trials / blocks:,.0f}" if blocks else "",
        f"{fmean(each.known for each in outcomes):.1f}",
        f"{sum(each.cpu_s for each in outcomes):.0f}",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


COLUMNS = (
    "World | Rule | Runs x submissions | blocks | false | share of blocks | mean share of runs | runs with any"
    f" | real ones found | power | power from {LARGE:g} sd on | trials a submission | trials a block | known keys | CPU s"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", action="append", choices=[each.name for each in SETTINGS], help="only these worlds")
    parser.add_argument("--rule", action="append", choices=[*RULES], help="by default all")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--submissions", type=int, default=20_000, help="of each run")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--reached", type=float, default=one_draw.REACHED, help="what if the gate's constant were this, sd")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="a line of JSON for each run in place of the table")
    asked = parser.parse_args()
    if not asked.json:
        print(f"| {COLUMNS} |\n|{'---|' * (COLUMNS.count('|') + 1)}")
    with ProcessPoolExecutor(asked.processes) as processes:
        for setting in (each for each in SETTINGS if not asked.world or each.name in asked.world):
            for rule in asked.rule or RULES:
                count, seeds = asked.runs, range(asked.seed, asked.seed + asked.runs)
                given = ([each] * count for each in (setting, rule, asked.submissions, asked.reached))
                settings, rules, submissions, reached = given
                found = processes.map(pool, settings, rules, seeds, submissions, reached)
                if asked.json:
                    for seed, each in zip(seeds, found, strict=True):
                        print(json.dumps({"world": setting.name, "rule": rule, "seed": seed, **asdict(each)}), flush=True)
                else:
                    print(row(setting.name, rule, [*found]), flush=True)


if __name__ == "__main__":
    main()
