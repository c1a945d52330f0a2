"""Simulated campaigns on nodes that measure otherwise, drift apart, die or are killed, through the real loop in virtual time.

    python bench/gate/nodes.py [--campaigns 20] [--nodes "levels 1"] [--policy "pooled"] [--world "1 in 50"] [--slots 16]
    python bench/gate/nodes.py --losses     # nodes that die, and candidates that kill theirs when they lose
    python bench/gate/nodes.py --attack     # one test of a candidate that kills its node, at its level

Everything is in sd of one trial of the start. The policies are simulated where a trial gets its value: on which node it runs,
and what is taken off its value before the gate sees it.
"""

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import NormalDist, fmean, stdev

import numpy as np
from gate_rules import METRIC
from gate_worlds import WORLDS, Setting
from parallel import Result, Simulation, outcome

from overnight.gate.gate import next_step
from overnight.gate.memory import GateMemory, after_trial
from overnight.gate.steps import Conclude, RunTrials
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Program
from overnight.research.events import Advanced, Sign

SEED = 120_000  # not among the seeds that anything was tuned with
PER_NODE = 4  # slots, from 16 slots on; before that each slot is a node
ODD = 4  # every so many nodes one is odd: loud or slow
WAVE = 400.0  # trials, as in `World`
BASE = 100.0  # of a metric that is a time
HEAD_TRIALS = 8  # of a class, before a candidate is screened there
LATEST = 6  # heads by which the nodes' levels are estimated


class Baseline(StrEnum):
    """What a screening trial is compared with."""

    POOLED = "pooled"  # all trials of the head, wherever they ran
    CLASS = "per class"  # those on its own node, of which eight run first
    LEVELS = "levels"  # all, less what each node adds by this head and those before; eight run on each node, once


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How trials are placed and compared."""

    name: str
    paired: bool = True  # both arms of a pair run on one node
    baseline: Baseline = Baseline.POOLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """How nodes differ."""

    name: str
    level: float = 0.0  # sd over the nodes of what each adds to a value
    wander: float = 0.0  # amplitude by which each drifts by itself, as `Setting.drift`
    loud: float = 1.0  # times the noise, on an odd node
    slow: float = 1.0  # times the value, on an odd node; the metric is a time
    deaths: float = 0.0  # share of trials whose node dies
    common: tuple[float, ...] = ()  # correlation of the arms of one seed; empty: the world's


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """Candidates that kill their node when they lose, and what is done about it."""

    above: float | None = None  # they kill it if their value is so far above what it is in the mean; None: nobody does
    most: int | None = 2  # nodes lost under one candidate's arm that are a crash
    same_seed: bool = True  # a pair that runs again has its seed again


PAIRED = {Stage.CONFIRM, Stage.HOLDOUT}
POLICIES = (
    Policy(name="pooled"),
    Policy(name="per class", baseline=Baseline.CLASS),
    Policy(name="levels", baseline=Baseline.LEVELS),
    Policy(name="pairs split", paired=False),
    Policy(name="pairs split, levels", paired=False, baseline=Baseline.LEVELS),
)
CLUSTERS = (
    Nodes(name="alike"),
    Nodes(name="levels .5", level=0.5),
    Nodes(name="levels 1", level=1.0),
    Nodes(name="levels 3", level=3.0),
    Nodes(name="drift apart 1.5", wander=1.5),
    Nodes(name="one in 4 loud", loud=2.0),
    Nodes(name="one in 4 slow by 1.3", slow=1.3),
)


@dataclass
class NodeSimulation(Simulation):
    """One campaign on nodes."""

    nodes: Nodes = field(default_factory=lambda: CLUSTERS[0])
    policy: Policy = field(default_factory=lambda: POLICIES[0])
    attack: Attack = field(default_factory=Attack)

    def __post_init__(self) -> None:
        super().__post_init__()
        draw = self.draw = np.random.default_rng([self.seed, self.slots])
        self.per_node = PER_NODE if self.slots > PER_NODE else 1
        self.count = math.ceil(self.slots / self.per_node)
        self.level = draw.normal(0.0, 1.0, self.count) * self.nodes.level
        self.phase = draw.uniform(0.0, 2.0 * math.pi, self.count)
        self.walk = np.zeros(self.count)
        self.walked = 0.0
        self.pairs: dict[tuple[int, int, int], tuple[int, float]] = {}  # the node of a pair, and what is taken off there
        self.drawn: dict[TrialKey, float | None] = {}
        self.lost: Counter[int] = Counter()  # nodes, by the experiment whose candidate ran
        self.crashed = 0
        self.head = 0
        self.known = set[int]()  # nodes on which the head ran alone once
        self.seen: dict[tuple[int, int], list[float]] = {}  # trials of a head on a node, placed
        self.timed = self.nodes.slow != 1.0

    def see(self, sign: Sign) -> None:
        super().see(sign)
        if isinstance(sign, Advanced):
            self.head += 1
            self.seen = {place: values for place, values in self.seen.items() if place[0] > self.head - LATEST}

    def value(self, key: TrialKey, seed: int, slot: int) -> float | None:
        node, off = self._place(key, slot)
        if not self.nodes.deaths and self.attack.above is None:
            raw: float | None = self._on(node, key, self.common_error(seed))
        elif key.stage in PAIRED:
            if key not in self.drawn:
                self.drawn.update(self._pair(node, key, seed))
            raw = self.drawn.pop(key)
        else:
            raw = self._alone(node, key, seed)
        if raw is None:
            return None
        placed = math.log(raw) if self.timed else raw
        if key.stage is Stage.BASELINE or (key.stage is Stage.CONFIRM and key.arm is Arm.BASELINE):
            self.seen.setdefault((self.head, node), []).append(placed)
        return math.exp(placed - off) if self.timed else placed - off

    # --- where a trial runs, and what its node adds ---

    def _place(self, key: TrialKey, slot: int) -> tuple[int, float]:
        node = slot // self.per_node
        if key.stage not in PAIRED or not self.policy.paired:
            return node, self._level(node)
        pair = key.experiment, key.restart, key.index
        return self.pairs.setdefault(pair, (node, self._level(node)))

    def _level(self, node: int) -> float:
        """What is taken off the values of a node."""
        match self.policy.baseline:
            case Baseline.POOLED:
                return 0.0
            case Baseline.CLASS:
                self._know(node)
                known = self.seen[self.head, node]
                newest = known[-HEAD_TRIALS:] if self.nodes.wander else known
                return fmean(newest) - (math.log(BASE) if self.timed else 0.0)
            case Baseline.LEVELS:
                if node not in self.known:
                    self.known.add(node)
                    self._know(node)
                return self._levels().get(node, 0.0)

    def _know(self, node: int) -> None:
        """Run what is missing of the head's first trials on a node."""
        known = self.seen.setdefault((self.head, node), [])
        while len(known) < HEAD_TRIALS:
            raw = self._on(node, TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=0), None)
            known.append(math.log(raw) if self.timed else raw)

    def _levels(self) -> dict[int, float]:
        """What each node adds, beside their mean, by least squares over heads and nodes."""
        levels, heads = dict[int, float](), dict[int, float]()
        for _ in range(4):
            for which, found, other in ((0, heads, levels), (1, levels, heads)):
                sums, counts = defaultdict[int, float](float), Counter[int]()
                for place, values in self.seen.items():
                    sums[place[which]] += sum(values) - len(values) * other.get(place[1 - which], 0.0)
                    counts[place[which]] += len(values)
                found.update({one: sums[one] / counts[one] for one in counts})
        middle = fmean(levels.values())
        return {node: level - middle for node, level in levels.items()}

    def _on(self, node: int, key: TrialKey, common: float | None) -> float:
        """One trial on a node."""
        world, nodes = self.world, self.nodes
        value = world.run(key.stage, key.arm, self.proposal(key) if key.experiment else 0, common)
        odd = self.count > 1 and node % ODD == 1
        if odd:
            value += math.sqrt(nodes.loud**2 - 1.0) * world.error()
        value += float(self.level[node])
        if nodes.wander:
            steps = max(world.used - self.walked, 0.0)
            self.walk += 0.03 * nodes.wander * math.sqrt(steps) * self.draw.standard_normal(self.count)
            self.walked = world.used
            wave = math.sin(2.0 * math.pi * world.used / WAVE + float(self.phase[node]))
            value += nodes.wander * wave + float(self.walk[node])
        return (BASE + value) * (nodes.slow if odd else 1.0) if self.timed else value

    # --- nodes that die ---

    def _pair(self, node: int, key: TrialKey, seed: int) -> dict[TrialKey, float | None]:
        """Both arms of a pair, which runs again until no node dies under it, or the candidate has lost too many."""
        common = self.common_error(seed)
        while True:
            keys = [replace(key, arm=arm) for arm in Arm]
            values = {one: self._on(node, one, common) for one in keys}
            own = next(one for one in keys if one.arm is Arm.CANDIDATE)
            died = [one for one in keys if self._dies(one, values[one])]
            if not died:
                return dict(values)
            if own in died and self._crashes(key.experiment):
                return {**values, own: None}
            if not self.attack.same_seed:
                common = self.world.error()

    def _alone(self, node: int, key: TrialKey, seed: int) -> float | None:
        """A trial that is in no pair."""
        while True:
            value = self._on(node, key, self.common_error(seed))
            if not self._dies(key, value):
                return value
            if key.arm is Arm.CANDIDATE and self._crashes(key.experiment):
                return None

    def _dies(self, key: TrialKey, value: float) -> bool:
        if self.draw.random() < self.nodes.deaths:
            return True
        above, most = self.attack.above, self.attack.most
        if above is None or key.arm is Arm.BASELINE:
            return False
        spare = most is None or self.lost[key.experiment] < most - 1
        mean = self.world.levels[Stage.BASELINE] - float(self.world.public[self.proposal(key)])
        return spare and value - mean > above

    def _crashes(self, number: int) -> bool:
        self.lost[number] += 1
        crashes = self.attack.most is not None and self.lost[number] >= self.attack.most
        self.crashed += crashes
        return crashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is simulated, `campaigns` times."""

    setting: Setting
    nodes: Nodes
    policy: Policy
    slots: int
    attack: Attack = Attack()


def campaign(case: Case, seed: int) -> tuple[Result, int]:
    """One campaign, and how many of its candidates crashed by nodes that were lost."""
    made = []

    def make() -> NodeSimulation:
        made.append(
            NodeSimulation(
                setting=case.setting,
                seed=seed,
                researchers=case.slots,
                slots=case.slots,
                latency_s=2.0,
                metric="time_s" if case.nodes.slow != 1.0 else "loss",
                nodes=case.nodes,
                policy=case.policy,
                attack=case.attack,
            )
        )
        return made[0]

    return outcome(make), made[0].crashed


def memory_of_head(values: Iterable[float]) -> GateMemory:
    """What the gate knows after some trials of the start."""
    memory = GateMemory()
    for index, value in enumerate(values):
        key = TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index)
        memory = after_trial(memory, Trial(key=key, seed=index, tree="head", value=value))
    return memory


PROGRAM = Program(path="p", metric=METRIC, editable=("x",), measure="m {seed}")
MEMORY = memory_of_head(NormalDist().inv_cdf((place + 0.5) / 40) for place in np.random.default_rng(1).permutation(40))


def tested(attack: Attack, level: float, gain: float, deaths: float, draw: np.random.Generator) -> tuple[bool, bool]:
    """Whether one candidate is kept in a test at a level, and whether it crashed by the nodes that were lost."""
    trials, lost = list[Trial](), 0
    while True:
        match next_step(PROGRAM, MEMORY, 1, trials, level):
            case Conclude(conclusion=conclusion):
                return conclusion.verdict is Verdict.KEEP, False
            case RunTrials(trials=keys):
                while True:
                    head, own = (float(value) for value in draw.standard_normal(2))
                    killed = attack.above is not None and own > attack.above
                    killed = killed and (attack.most is None or lost < attack.most - 1)
                    by_chance = draw.random(2) < deaths
                    if not killed and not by_chance.any():
                        break
                    lost += killed or bool(by_chance[1])
                    if attack.most is not None and lost >= attack.most:
                        return False, True
                values = {Arm.BASELINE: head, Arm.CANDIDATE: own - gain}
                trials += [Trial(key=key, seed=key.index, tree=key.arm, value=values[key.arm]) for key in keys]
            case _:
                raise AssertionError("it is registered")


def row(case: Case, found: Sequence[tuple[Result, int]]) -> str:
    """One line of the table."""
    results = [result for result, _ in found]
    progress = [result.progress for result in results]
    error = stdev(progress) / len(progress) ** 0.5 if len(progress) > 1 else 0.0
    cells = (
        case.setting.name,
        case.nodes.name,
        case.policy.name,
        case.slots,
        f"{fmean(progress):.1f} ± {error:.1f}",
        f"{fmean(r.kept for r in results):.1f}",
        f"{fmean(r.false / max(r.kept, 1) for r in results):.3f}",
        f"{sum(r.false > 0 for r in results)} of {len(results)}",
        f"{fmean(r.seen for r in results):.0f}",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(cases: Iterable[Case], seeds: Sequence[int], processes: int) -> None:
    """Print a line for each case."""
    print("| World | Nodes | Policy | Slots | Progress | Kept | False share | Any false | Seen |\n|" + "---|" * 9)
    with ProcessPoolExecutor(processes) as pool:
        for case in cases:
            print(row(case, list(pool.map(campaign, [case] * len(seeds), seeds))), flush=True)


NO_GAIN = Setting(name="nothing real, no harm", real=0.0, neutral=1.0, trials=2000)
NO_GAIN_COMMON = replace(NO_GAIN, name="the same, common seeds .8", common=(0.8,))
REAL = next(setting for setting in WORLDS if setting.name == "1 in 50")
DYING = [
    (NO_GAIN, 0.0, Attack()),
    (NO_GAIN, 0.0, Attack(above=0.5)),
    (NO_GAIN, 0.0, Attack(above=0.5, most=4)),
    (NO_GAIN, 0.0, Attack(above=0.5, most=None)),
    (NO_GAIN_COMMON, 0.0, Attack(above=0.5, most=None)),
    (NO_GAIN_COMMON, 0.0, Attack(above=0.5, most=None, same_seed=False)),
    (REAL, 0.0, Attack()),
    (REAL, 0.01, Attack()),
    (REAL, 0.05, Attack()),
    (REAL, 0.05, Attack(most=None)),
]


def losses(campaigns: Sequence[int], processes: int) -> None:
    """Print what nodes that die, or are killed, do to campaigns."""
    print(
        "| World | A node dies in | Candidates kill it | Lost nodes that are a crash | The pair's seed | Progress | Kept |",
        end="",
    )
    print(" Any false | Crashed by it |\n|" + "---|" * 9)
    with ProcessPoolExecutor(processes) as pool:
        for setting, deaths, attack in DYING:
            nodes = Nodes(name="dying", deaths=deaths)
            case = Case(setting=setting, nodes=nodes, policy=POLICIES[0], slots=4, attack=attack)
            found = list(pool.map(campaign, [case] * len(campaigns), campaigns))
            results = [result for result, _ in found]
            progress = [result.progress for result in results]
            cells = (
                setting.name,
                f"{deaths:.0%} of trials",
                "never" if attack.above is None else f"from {attack.above:g} sd on",
                attack.most or "none",
                "same" if attack.same_seed else "fresh",
                f"{fmean(progress):.1f} ± {stdev(progress) / len(progress) ** 0.5:.1f}",
                f"{fmean(result.kept for result in results):.1f}",
                f"{sum(result.false > 0 for result in results)} of {len(results)}",
                f"{fmean(crashed for _, crashed in found):.1f}",
            )
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def one_test(seed: int, tests: int) -> None:
    """Print how often one test keeps a candidate that kills its node, and an honest one on nodes that die."""
    print(
        "| Gain | A node dies in | Kills it | Lost that are a crash | Level | Kept | of the level | Crashed |\n|" + "---|" * 8
    )
    attacks = [Attack(), *(Attack(above=0.5, most=most) for most in (2, 3, 4, 6)), Attack(above=1.0, most=None)]
    cases = [(0.0, 0.0, attack, 0.01) for attack in attacks]
    cases += [(1.0, deaths, Attack(most=most), 1 / 300) for most in (2, 3, None) for deaths in (0.001, 0.01, 0.05)]
    for gain, deaths, attack, level in cases:
        draw = np.random.default_rng(seed)
        ended = [tested(attack, level, gain, deaths, draw) for _ in range(tests if not gain else tests // 10)]
        kept, crashed = (fmean(one[place] for one in ended) for place in (0, 1))
        kills = "never" if attack.above is None else f"from {attack.above:g} sd on"
        cells = f"{gain:g}", f"{deaths:.1%}", kills, attack.most or "none", f"1/{1 / level:.0f}", f"{kept:.4f}"
        print("| " + " | ".join(map(str, cells)) + f" | {kept / level:.2f} | {crashed:.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", action="append", help="only worlds with this name")
    parser.add_argument("--nodes", action="append", help="only nodes with this name")
    parser.add_argument("--policy", action="append", help="only policies with this name")
    parser.add_argument("--slots", action="append", type=int)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--losses", action="store_true", help="campaigns on nodes that die or are killed")
    parser.add_argument("--attack", action="store_true", help="one test of a candidate that kills its node")
    parser.add_argument("--tests", type=int, default=4000)
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.campaigns)
    if asked.losses:
        return losses(seeds, asked.processes)
    if asked.attack:
        return one_test(asked.seed, asked.tests)
    cases = (
        Case(setting=setting, nodes=nodes, policy=policy, slots=slots)
        for setting in WORLDS
        if setting.name in (asked.world or ["1 in 50"])
        for nodes in CLUSTERS
        if nodes.name in (asked.nodes or [nodes.name])
        for policy in POLICIES
        if policy.name in (asked.policy or [policy.name])
        for slots in asked.slots or [16]
    )
    return table(cases, seeds, asked.processes)


if __name__ == "__main__":
    main()
