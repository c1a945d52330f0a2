"""What the mutator sees of one tree: its files, functions, and where the time goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from overnight.program.judge.targets import MAKEFILES
from overnight.program.program import Program
from overnight.research.researchers.mutator.profile import Profile
from overnight.research.researchers.mutator.source import Source
from overnight.research.researchers.mutator.statements import Routine, Statement, other_routines, python_routines
from overnight.research.researchers.tuner.findings import Unreadable
from overnight.research.researchers.tuner.grammars import has_grammar
from overnight.research.researchers.tuner.imports import reached
from overnight.research.researchers.tuner.sources import is_python, python_files, tunable_files

NO_CODE = "no editable file holds code that the mutator can change, or flags of a compiler"
FEW = 20  # samples of the editable files, below which the counts of executed lines say more


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """One tree."""

    contents: Mapping[str, bytes]  # of all editable files that can be read
    sources: Mapping[str, Source]  # of those in Python
    routines: Sequence[Routine]
    profile: Profile

    @cached_property
    def heat(self) -> Mapping[Routine, float]:
        """The share of the time that each function takes itself; the same for all if nothing is known."""
        known = self.profile.samples
        if sum(sum(known.get(path, {}).values()) for path in self.contents) < FEW:
            known = {path: lines for path, lines in self.profile.executed.items() if path in self.contents}
        if not known:
            return dict.fromkeys(self.routines, 1.0 / max(1, len(self.routines)))
        total = sum(sum(lines.values()) for lines in known.values())

        def share(routine: Routine) -> float:
            return sum(n for at, n in known.get(routine.path, {}).items() if routine.first <= at <= routine.last) / total

        heat = {routine: share(routine) for routine in self.routines}
        for outer in self.routines:  # what a function within takes is not its own
            within = [
                r
                for r in self.routines
                if r is not outer and r.path == outer.path and outer.first < r.first <= r.last <= outer.last
            ]
            heat[outer] = max(0.0, heat[outer] - sum(map(share, within)))
        return heat

    @cached_property
    def hot(self) -> Sequence[Routine]:
        """The functions that take time, the hottest first."""
        return sorted((routine for routine in self.routines if self.heat[routine] > 0), key=lambda each: -self.heat[each])

    def routine_at(self, path: str, line: int) -> Routine | None:
        """The innermost function that a line is in."""
        around = [each for each in self.routines if each.path == path and each.first <= line <= each.last]
        return max(around, key=lambda each: each.first, default=None)

    def is_executed(self, path: str, line: int) -> bool:
        """Whether the run reached a line; True if that is not known."""
        return not self.profile.executed or line in self.profile.executed.get(path, {})

    def is_exercised(self, statement: Statement) -> bool:
        """Whether the run executes all of a statement, and checks do, if it is known what they execute."""
        if not all(self.is_executed(statement.path, line) for line in statement.lines):
            return False
        checked = self.profile.checked.get(statement.path, {})
        return not self.profile.traced_checks or all(line in checked for line in statement.lines)

    def often(self, statement: Statement) -> float:
        """How often a statement runs, relative to the most frequent line of its file; 1 if that is not known."""
        lines = self.profile.executed.get(statement.path, {})
        return lines.get(statement.lines[0], 0) / max(lines.values()) if lines else 1.0


def has_work(paths: Iterable[str]) -> bool:
    """Whether one of these files may hold code or flags that the mutator changes, by its name."""
    return any(is_python(path) or has_grammar(path) or holds_flags(path) for path in paths)


def holds_flags(path: str) -> bool:
    """Whether a file sets the flags of compilers, by its name."""
    name = PurePosixPath(path).name
    return name in MAKEFILES or name == "Cargo.toml" or path.endswith(".mk")


def read_landscape(workspace: Path, program: Program, profile: Profile) -> Landscape:
    """Read the editable files of a workspace."""
    contents, _ = tunable_files(workspace, program)
    run = reached(python_files(workspace, contents), program.commands)
    sources: dict[str, Source] = {}
    for path, content in contents.items():
        if is_python(path) and (path in profile.executed or (not profile.executed and path in run)):
            try:
                sources[path] = Source(path, content)
            except (SyntaxError, ValueError, RecursionError, MemoryError, Unreadable):
                continue
    others = other_routines({path: content for path, content in contents.items() if has_grammar(path)})
    routines = [routine for source in sources.values() for routine in python_routines(source)]
    routines += [routine for found in others.values() for routine in found]
    return Landscape(contents=contents, sources=sources, routines=routines, profile=profile)
