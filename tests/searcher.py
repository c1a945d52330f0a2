"""A small researcher that searches: it measures some values of OFFSET in train.py, and proposes the best."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, NoIdeas, Search, SearchEnded, SearchTrial

FILE = "train.py"
OFFSET = re.compile(r"(?m)^OFFSET = (.*)$")


@dataclass(slots=True, kw_only=True)
class Searcher:
    """Searches once for each head, at once as many values as it may, and knows after a restart what it had measured."""

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
        """Measure what is not known of this head, then write the best value."""
        source = (assignment.workspace / FILE).read_text()
        here = OFFSET.search(source)
        if here is None or float(here[1]) == min(self.offsets) or assignment.search is None or assignment.under_way:
            raise NoIdeas("no offset is better")
        self.searches.append(assignment.search)
        known = {(t.notes["offset"], t.repeat) for t in (*self.recalled, *self.found) if t.base == assignment.head}
        wanted = [(offset, n) for n in range(self.repeats) for offset in self.offsets if (offset, n) not in known]
        async with anyio.create_task_group() as tasks:
            for offset, repeat in wanted:
                tasks.start_soon(self._measure, assignment.search, source, offset, repeat)
        mine = [t for t in (*self.recalled, *self.found) if t.base == assignment.head and t.value is not None]
        if not mine:
            raise NoIdeas("no offset has a value")
        best = min(mine, key=lambda t: math.inf if t.value is None else t.value).notes["offset"]
        (assignment.workspace / FILE).write_text(OFFSET.sub(f"OFFSET = {best}", source))
        return Draft(hypothesis=f"OFFSET = {best}", notes={"offset": best})

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
