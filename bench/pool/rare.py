"""How often the gate of a hub keeps a change that gains mostly and loses a lot once in twenty trials.

    python bench/pool/rare.py [--changes 500]

Prints a Markdown table: with and without bounds of the metric, and what further pairs of a block, by the hub's own rule, leave.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from statistics import fmean

from pool_figures import share
from pool_gate import PoolGate, hub_program

from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.pool.hub.further_pairs import is_loss
from overnight.pool.hub.settings import FURTHER_PAIRS
from overnight.program.program import Direction, Metric

START = 50.0  # of the metric, in sd of one trial; the bounds are 0 and 100
GAIN = 3.0  # sd, in nineteen trials of twenty
OFTEN = 0.05  # share of trials that lose
FURTHER = (FURTHER_PAIRS, 200)  # pairs: as a hub has them, and more
METRIC = Metric(name="loss", direction=Direction.MINIMIZE)
WARM = 30  # submissions before, without any effect, so that the gate knows the noise
LOSSES = (40.0, 60.0, 100.0, 200.0)  # sd; those up to 50 lie within the bounds
NO_BOUNDS = (None, None)
BOUNDS = (0.0, 100.0)


class Rule(StrEnum):
    """What comes of a value outside the bounds."""

    NONE = "no bounds"
    GUARDS = "bounds as a hub has them"  # guards on the metric
    NO_VALUE = "outside is no value"


@dataclass(slots=True)
class Rare:
    """A head, and a change with a rare loss; or one that does nothing."""

    draw: Random
    rule: Rule
    loss: float | None = None  # None: the change does nothing

    def value(self, stage: Stage, arm: Arm, seed: int) -> float | None:
        """One trial; seeds are not common."""
        del stage, seed
        value = self._drawn(arm)
        return None if self.rule is Rule.NO_VALUE and not BOUNDS[0] <= value <= BOUNDS[1] else value

    def _drawn(self, arm: Arm) -> float:
        value = START + self.draw.gauss(0.0, 1.0)
        if arm is Arm.BASELINE or self.loss is None:
            return value
        return value + (self.loss if self.draw.random() < OFTEN else -GAIN)

    def survives(self, pairs: int) -> bool:
        """Whether a block with so many further pairs stays, as a hub judges them."""
        return not is_loss(METRIC, [(self._drawn(Arm.BASELINE), self._drawn(Arm.CANDIDATE)) for _ in range(pairs)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of one change."""

    kept: bool
    survived: tuple[bool, ...]  # each number of further pairs
    trials: int


def judge(loss: float, rule: Rule, seed: int) -> Judged:
    """One change, after some without effect."""
    rare = Rare(Random(seed), rule)
    bounds = BOUNDS if rule is Rule.GUARDS else NO_BOUNDS
    gate = PoolGate(program=hub_program(bounds), measured=rare, secret=str(seed))
    for number in range(1, WARM + 1):
        gate.judge(number, keep=lambda: None)
    before, rare.loss = gate.trials, loss
    kept = gate.judge(WARM + 1, keep=lambda: None).verdict is Verdict.KEEP
    return Judged(kept=kept, survived=tuple(kept and rare.survives(pairs) for pairs in FURTHER), trials=gate.trials - before)


def row(loss: float, rule: Rule, found: Sequence[Judged]) -> str:
    """One line of the table."""
    cells = (
        f"{loss:g}",
        f"{(1.0 - OFTEN) * GAIN - OFTEN * loss:+.2f}",
        rule.value,
        share(sum(each.kept for each in found), len(found)),
        *(share(sum(each.survived[at] for each in found), len(found)) for at in range(len(FURTHER))),
        f"{fmean(each.trials for each in found):.1f}",
    )
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=500, help="of each cell")
    parser.add_argument("--seed", type=int, default=40_000)
    asked = parser.parse_args()
    further = " | ".join(f"kept after {pairs} further pairs" for pairs in FURTHER)
    print(f"| Loses, sd | mean effect, sd | Values outside | kept | {further} | trials |\n|{'---|' * (5 + len(FURTHER))}")
    for loss in LOSSES:
        for rule in Rule:
            found = [judge(loss, rule, asked.seed + at) for at in range(asked.changes)]
            print(row(loss, rule, found), flush=True)


if __name__ == "__main__":
    main()
