"""A known rewrite of Python code: what it does, why that should help, and when it applies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from overnight.research.researchers.mutator.source import Site, Source

Finder = Callable[[Source], Iterator[Site]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """One entry of the table."""

    name: str
    rule: str  # of the lint tools that know it; empty if none does
    says: str  # one sentence: what it did, and why that should help
    when: str  # its condition, beyond the pattern
    find: Finder


@dataclass(slots=True)
class Table:
    """Collects the rewrites of a module."""

    rewrites: list[Rewrite]

    def add(self, name: str, says: str, when: str = "", rule: str = "") -> Callable[[Finder], Finder]:
        """A decorator that enters a finder."""

        def enter(find: Finder) -> Finder:
            self.rewrites.append(Rewrite(name=name, rule=rule, says=says, when=when, find=find))
            return find

        return enter
