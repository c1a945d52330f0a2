"""How fast the tuner approaches the known optimum of a noisy objective, and what a suggestion costs.

Run: `python bench/tuner.py [find|cost]`. A simulated gate keeps a change whose mean of 12 paired trials is beyond 2.4
standard errors; the score is the noiseless objective of the kept head and of the best value tried.
"""

import asyncio
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import Experiment, Scalar
from overnight.research.researchers.port import Assignment
from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.tuner import Tuner

PROGRAM = Program(path="program.md", metric=Metric(name="loss", direction=Direction.MINIMIZE), editable=("train.py",))
REPEATS, EVALUATIONS = int(os.environ.get("REPEATS", "10")), 60
NOISE = 0.04  # standard deviation of one trial; the gap is about 1
SCREEN, CONFIRM, SURE = 3, 12, 2.4

TEMPLATE = """
LEARNING_RATE = {lr:.3g}
INIT_STD = {std:.3g}
BETA1 = {b1:.6g}
BETA2 = {b2:.6g}
WEIGHT_DECAY = {wd:.3g}
DROPOUT = {drop:.3g}
WIDTH = {width}
QK_NORM = {norm}
"""


@dataclass
class Objective:
    """Bowls of different depth around a random optimum, with a ridge between learning rate and initial width."""

    rng: random.Random
    best: dict[str, float] = field(default_factory=dict)
    weight: dict[str, float] = field(default_factory=dict)
    start: str = ""

    def __post_init__(self) -> None:
        axes = ("lr", "std", "b1", "b2", "wd", "drop", "width")
        best = {"lr": 0.01, "std": 0.05, "b1": 0.1, "b2": 0.01, "wd": 0.05, "width": 32}
        self.best = {axis: math.log2(value) for axis, value in best.items()} | {"drop": 0.2}
        away = {axis: self.rng.choice((-1, 1)) * self.rng.uniform(0.7, 3.0) for axis in axes}
        values = {axis: 2.0 ** (self.best[axis] + away[axis]) for axis in ("lr", "std", "wd")}
        values |= {axis: 1 - min(2.0 ** (self.best[axis] + away[axis]), 0.5) for axis in ("b1", "b2")}
        values["drop"] = min(max(0.2 + 0.2 * away["drop"], 0.0), 0.6)
        width = 2 ** round(self.best["width"] + away["width"])
        self.start = TEMPLATE.format(**values, width=width, norm=self.rng.random() < 0.5)
        self.weight = dict.fromkeys(axes, 1.0)
        share = {axis: math.exp(self.rng.gauss(0, 0.8)) for axis in axes}
        self.weight = {axis: share[axis] / max(bowl(off), 0.1) for axis, off in self._off(self.start).items()}
        whole = self.at(self.start)
        self.weight = {axis: weight / whole for axis, weight in self.weight.items()}

    def _off(self, source: str) -> dict[str, float]:
        v = {c.name: c.value for c in scan_python("train.py", source.encode()).constants}
        off = {
            "lr": log2(v["LEARNING_RATE"]) - self.best["lr"],
            "std": log2(v["INIT_STD"]) - self.best["std"],
            "b1": log2(1 - float(v["BETA1"])) - self.best["b1"],
            "b2": log2(1 - float(v["BETA2"])) - self.best["b2"],
            "wd": log2(v["WEIGHT_DECAY"]) - self.best["wd"],
            "drop": 5 * (float(v["DROPOUT"]) - self.best["drop"]),
            "width": log2(v["WIDTH"]) - self.best["width"],
        }
        off["lr"] += 0.4 * off["std"]
        return off

    def at(self, source: str) -> float:
        """The noiseless loss of a file: 1 at the start, 0 at the optimum."""
        bowls = sum(self.weight[axis] * bowl(off) for axis, off in self._off(source).items())
        return bowls + (0.0 if "QK_NORM = True" in source else 0.2 * self.weight["lr"])


def bowl(off: float) -> float:
    """Quadratic near the optimum, linear far from it."""
    return off**2 / (1 + abs(off))


def log2(value: Value) -> float:
    """The base-2 logarithm of a number; for zero, far below any optimum."""
    return math.log2(max(float(value), 1e-9))


@dataclass
class Trace:
    """What one campaign reached after each evaluation."""

    head: list[float] = field(default_factory=list)
    tried: list[float] = field(default_factory=list)


def judge(rng: random.Random, gain: float) -> tuple[Verdict, float]:
    """The simulated gate: a few pairs to screen, more to confirm."""
    spread = NOISE * math.sqrt(2)
    screened = rng.gauss(gain, spread / math.sqrt(SCREEN))
    if screened <= 0:
        return Verdict.DISCARD, screened
    confirmed = rng.gauss(gain, spread / math.sqrt(CONFIRM))
    return (Verdict.KEEP if confirmed > SURE * spread / math.sqrt(CONFIRM) else Verdict.DISCARD), confirmed


def campaign(seed: int) -> Trace:
    """One campaign of the tuner against one objective."""
    rng = random.Random(seed)
    objective, tuner, trace = Objective(rng), Tuner(), Trace()
    head, base = objective.start, "c0"
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, EVALUATIONS + 1):
            file = Path(folder, "train.py")
            file.write_text(head)
            assignment = Assignment(
                number=number, role=f"tuner{seed}", program=PROGRAM, workspace=Path(folder), brief="", head=base
            )
            draft = asyncio.run(tuner.propose(assignment))
            edited = file.read_text()
            verdict, gain = judge(rng, objective.at(head) - objective.at(edited))
            if "-v" in sys.argv:
                print(f"{number:3} {verdict:8} {gain:+.3f} {draft.hypothesis}")
            trace.tried.append(min(objective.at(edited), *trace.tried[-1:], 1.0))
            tuner.learn(ended(number, base, draft.notes, verdict, gain))
            if verdict is Verdict.KEEP:
                head, base = edited, f"c{number}"
            trace.head.append(objective.at(head))
    return trace


def ended(number: int, base: str, notes: Mapping[str, Scalar], verdict: Verdict, gain: float) -> Experiment:
    """An experiment as the tuner learns it from a campaign."""
    return Experiment(
        number=number,
        role="tuner",
        researcher="tuner",
        hypothesis="",
        base=base,
        commit=f"c{number}",
        tree="",
        notes=notes,
        conclusion=Conclusion(verdict=verdict, reason="", gain=gain),
    )


def reached(values: list[float], share: float) -> float:
    """The number of evaluations until this share of the gap is closed."""
    return next((index + 1 for index, value in enumerate(values) if value <= 1 - share), math.inf)


def find() -> None:
    """Print how many evaluations it takes."""
    traces = [campaign(seed) for seed in range(REPEATS)]
    print(f"{REPEATS} repeats of {EVALUATIONS} evaluations; share of the gap closed, median")
    print(f"{'':12} {'to 50 %':>14} {'to 70 %':>14} {'at 20':>7} {'at 40':>7} {'at 60':>7}")
    for name, rows in (("kept head", [t.head for t in traces]), ("best tried", [t.tried for t in traces])):
        cells = []
        for share in (0.5, 0.7):
            needed = [reached(row, share) for row in rows]
            hits = sum(math.isfinite(n) for n in needed)
            cells.append(f"{statistics.median(needed):5.0f} ({100 * hits // len(needed):3} %)")
        closed = [f"{100 * (1 - statistics.median(row[at] for row in rows)):5.0f} %" for at in (19, 39, 59)]
        print(f"{name:12} {cells[0]:>14} {cells[1]:>14} {' '.join(closed)}")


def resident_mb() -> float:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def cost() -> None:
    """Print the CPU time of a suggestion after short and long campaigns, and the memory."""
    before = resident_mb()
    import optuna  # noqa: F401

    print(f"resident memory: {before:.1f} MB, with optuna {resident_mb():.1f} MB")
    for history in (10, 300, 10_000):
        rng = random.Random(history)
        objective, tuner = Objective(rng), Tuner()
        constants = scan_python("train.py", objective.start.encode()).constants
        now: dict[str, Value] = {c.key: c.value for c in constants}
        began = time.process_time()
        for number in range(1, history + 1):
            values = {key: v * rng.uniform(0.3, 3) if isinstance(v, float) else v for key, v in now.items()}
            was = {f"was {key}": v for key, v in now.items() if isinstance(v, float)}
            notes = {**values, **was, "point": str(number)}
            tuner.learn(ended(number, "c0", notes, Verdict.DISCARD, rng.gauss(0, 1)))
        learning = 1e6 * (time.process_time() - began) / history
        spent = []
        with tempfile.TemporaryDirectory() as folder:
            for number in range(history + 1, history + 101):
                Path(folder, "train.py").write_text(objective.start)
                began = time.process_time()
                assignment = Assignment(
                    number=number, role="tuner", program=PROGRAM, workspace=Path(folder), brief="", head="c0"
                )
                draft = asyncio.run(tuner.propose(assignment))
                tuner.learn(ended(number, "c0", draft.notes, Verdict.DISCARD, rng.gauss(0, 1)))
                spent.append(1000 * (time.process_time() - began))
        print(
            f"after {history:6,} experiments: CPU ms per suggestion: mean {statistics.mean(spent):.1f}, median "
            f"{statistics.median(spent):.1f}, most {max(spent):.1f}; learning {learning:.0f} us each; {resident_mb():.1f} MB"
        )


if __name__ == "__main__":
    if "cost" in sys.argv:
        cost()
    else:
        find()
