"""The port `Search` over a function of constants in one file, and a tuner at work with it."""

import ast
import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
from anyio.lowlevel import checkpoint
from builders import proposed

from overnight.gate.verdict import Verdict
from overnight.program.program import Direction, Metric, Program
from overnight.research.events import Proposed
from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.port import Assignment, SearchEnded, SearchTrial
from overnight.research.researchers.tuner.tuner import Tuner
from overnight.testing import ended

PATH = "t.py"
LOSS = Metric(name="loss", direction=Direction.MINIMIZE)
Values = Mapping[str, Scalar]
Function = Callable[[Values], float | None]


def constants(source: str) -> Values:
    """The constants of a file by name."""
    assigned = (one for one in ast.parse(source).body if isinstance(one, ast.Assign))
    return {one.targets[0].id: ast.literal_eval(one.value) for one in assigned if isinstance(one.targets[0], ast.Name)}


def quadratic(**best: float) -> Function:
    """The sum of squared distances in octaves; other constants change nothing."""

    def value(values: Values) -> float:
        return sum(math.log2(float(values[name] or 1e-9) / at) ** 2 for name, at in best.items())

    return value


@dataclass(slots=True, kw_only=True)
class FakeSearch:
    """Runs trials one after another or at once; the luck of a seed and of a trial is Gaussian."""

    function: Function
    source: str
    base: str = "c0"
    budget: float = math.inf  # trials; then it ends
    luck: float = 0.0  # sd of what the trials of one seed share
    noise: float = 0.0  # sd of one trial, given its seed
    sigma: float = 0.0
    at_once: int = 1
    head_values: Sequence[float] = ()
    pairs: int = 4  # of a proof
    together: int = 1  # trials that must run at once before the first one ends
    without_inputs: Collection[int] = ()  # numbers of trials whose `prepare` fails
    trials: list[SearchTrial] = field(default_factory=list)
    most_running: int = 0
    _full: anyio.Event = field(default_factory=anyio.Event)
    _running: int = 0
    _started: int = 0

    @property
    def exact(self) -> bool:
        """Whether all trials of the same file agree."""
        return not self.luck and not self.noise

    def proof_trials(self, gain: float) -> float:
        """A fixed number, but for what is less than the noise."""
        return 2.0 * self.pairs + 8 if gain > self.sigma / 2 else math.inf

    def trials_left(self) -> float:
        """Of the budget."""
        return self.budget - self._started

    async def measure(self, files: Mapping[str, bytes], notes: Mapping[str, Scalar], *, repeat: int = 0) -> SearchTrial:
        """One trial; one that starts later may end earlier."""
        if self.trials_left() < 1:
            raise SearchEnded("the budget is spent")
        self._started += 1
        self._running += 1
        self.most_running = max(self.most_running, self._running)
        number = self._started
        if self.most_running >= self.together:
            self._full.set()
        await self._full.wait()
        for _ in range(number % 3):
            await checkpoint()
        self._running -= 1
        value = self.function(constants(files.get(PATH, self.source.encode()).decode()))
        if value is not None:
            value += self.luck * random.Random(f"seed {repeat}").gauss(0, 1) + self.noise * random.Random(number).gauss(0, 1)
        void, reason = number in self.without_inputs, "`prepare` failed: exit code 1"
        trial = SearchTrial(base=self.base, role="tuner", notes=notes, repeat=repeat, value=value)
        trial = replace(trial, value=None, void=True, reason=reason) if void else trial
        self.trials.append(trial)
        return trial


@dataclass(slots=True, kw_only=True)
class Searched:
    """A tuner that searches in one file."""

    folder: Path
    search: FakeSearch
    metric: Metric = LOSS
    editable: tuple[str, ...] = (PATH,)
    tuner: Tuner = field(default_factory=Tuner)
    under_way: dict[int, Proposed] = field(default_factory=dict)
    experiments: list[Experiment] = field(default_factory=list)
    proposal: str = ""  # the file as it was proposed last

    async def ask(self, number: int) -> Draft:
        """The tuner's answer to one assignment."""
        workspace = self.folder / f"{number}"
        workspace.mkdir(parents=True)
        file = workspace / self.editable[0]
        file.write_text(self.search.source)
        draft = await self.tuner.propose(
            Assignment(
                number=number,
                role="tuner",
                program=Program(path="program.md", metric=self.metric, editable=self.editable),
                workspace=workspace,
                brief="",
                head=self.search.base,
                under_way=tuple(self.under_way.values()),
                search=self.search,
            )
        )
        self.proposal = file.read_text()
        notes, searched = draft.notes, draft.searched
        self.under_way[number] = replace(proposed(number), researcher="tuner", notes=notes, searched=searched)
        return draft

    def propose(self, number: int) -> Draft:
        """The same, for a caller without an event loop."""
        return anyio.run(self.ask, number)

    def end(self, number: int, draft: Draft, verdict: Verdict, gain: float | None = None) -> None:
        """Its verdict; a kept file becomes the head's."""
        del self.under_way[number]
        self.experiments.append(ended(number, "tuner", draft, verdict, gain=gain, base=self.search.base))
        self.tuner.learn(self.experiments[-1])
        if verdict is Verdict.KEEP:
            self.search.source, self.search.base = self.proposal, f"commit-{number}"

    def restart(self) -> None:
        """Another tuner, which learns all that happened."""
        self.tuner = Tuner()
        for experiment in self.experiments:
            self.tuner.learn(experiment)
        for trial in self.search.trials:
            self.tuner.recall(trial)
        self.under_way.clear()
