"""Small researchers that search: they measure some values of OFFSET in train.py, and propose the best."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, NoIdeas, Search, SearchEnded, SearchTrial

FILE = "train.py"
OFFSET = re.compile(r"(?m)^OFFSET = (.*)$")


@dataclass(slots=True, kw_only=True)
class Searcher:
    """Measures all its values once for each head, and knows after a restart what it had measured."""

    offsets: Sequence[float]
    repeats: int = 1
    name: str = "searcher"
    more: Mapping[str, bytes] = field(default_factory=dict)  # further files of each trial
    learned: list[Experiment] = field(default_factory=list)
    recalled: list[SearchTrial] = field(default_factory=list)
    found: list[SearchTrial] = field(default_factory=list)  # what `measure` returned
    ended: list[str] = field(default_factory=list)  # what `measure` raised
    searches: list[Search] = field(default_factory=list)

    async def propose(self, assignment: Assignment) -> Draft:
        """Measure what is not known of this head, then write the best value; without a search, write the next one."""
        source = (assignment.workspace / FILE).read_text()
        here = OFFSET.search(source)
        if assignment.search is None:
            return self._write(assignment, self.offsets[len(self.learned) % len(self.offsets)])
        if here is None or float(here[1]) in self.offsets or assignment.under_way:
            raise NoIdeas("it has found its offset")
        self.searches.append(assignment.search)
        known = {(t.notes["offset"], t.repeat) for t in self._of(assignment)}
        wanted = [(offset, n) for n in range(self.repeats) for offset in self.offsets if (offset, n) not in known]
        async with anyio.create_task_group() as tasks:
            for offset, repeat in wanted:
                tasks.start_soon(self._measure, assignment.search, source, offset, repeat)
        values = {t.value: t.notes["offset"] for t in self._of(assignment) if t.value is not None}
        best = values[min(values)] if values else None
        if not isinstance(best, float) or best >= float(here[1]):
            raise NoIdeas("no offset is better")
        return self._write(assignment, best)

    def _write(self, assignment: Assignment, offset: float) -> Draft:
        file = assignment.workspace / FILE
        file.write_text(OFFSET.sub(f"OFFSET = {offset}", file.read_text()))
        return Draft(hypothesis=f"OFFSET = {offset}", notes={"offset": offset})

    def _of(self, assignment: Assignment) -> list[SearchTrial]:
        return [trial for trial in (*self.recalled, *self.found) if trial.base == assignment.head]

    async def _measure(self, search: Search, source: str, offset: float, repeat: int) -> None:
        files = {FILE: OFFSET.sub(f"OFFSET = {offset}", source).encode(), **self.more}
        try:
            self.found.append(await search.measure(files, {"offset": offset}, repeat=repeat))
        except SearchEnded as ended:
            self.ended.append(str(ended))
            raise

    def learn(self, experiment: Experiment) -> None:
        """Remember it."""
        self.learned.append(experiment)

    def recall(self, trial: SearchTrial) -> None:
        """Remember it."""
        self.recalled.append(trial)


@dataclass(slots=True, kw_only=True)
class Restless(Searcher):
    """Searches one trial after the other until its search ends, and never proposes; then it has no more ideas."""

    offsets: Sequence[float] = ()
    source: Callable[[str], str] = str  # what to measure, made of the head's file
    began: anyio.Event = field(default_factory=anyio.Event)  # set once it searches

    async def propose(self, assignment: Assignment) -> Draft:
        """Search until nothing more is measured."""
        if self.ended or assignment.search is None:
            raise NoIdeas("it has searched")
        source = self.source((assignment.workspace / FILE).read_text())
        while True:
            self.began.set()
            await self._measure(assignment.search, source, 7.0 + len(self.found), 0)


@dataclass(slots=True, kw_only=True)
class Stubborn(Searcher):
    """Never finds what it would propose, whatever it measures; without a search it proposes a worse value."""

    offsets: Sequence[float] = ()

    async def propose(self, assignment: Assignment) -> Draft:
        """Search until that is over; without a search, propose."""
        source = (assignment.workspace / FILE).read_text()
        if assignment.search is None:
            return self._write(assignment, 7.0 + assignment.number)
        while True:
            await self._measure(assignment.search, source, 70.0 + len(self.found), 0)


@dataclass(slots=True, kw_only=True)
class Better(Searcher):
    """Proposes one value without a search, once another researcher searches."""

    offsets: Sequence[float] = ()
    after: anyio.Event
    value: float = 3.0

    async def propose(self, assignment: Assignment) -> Draft:
        """Write the value."""
        await self.after.wait()
        file = assignment.workspace / FILE
        source = file.read_text()
        if f"OFFSET = {self.value}" in source or assignment.under_way:
            raise NoIdeas("it has proposed")
        file.write_text(OFFSET.sub(f"OFFSET = {self.value}", source))
        return Draft(hypothesis="better")
