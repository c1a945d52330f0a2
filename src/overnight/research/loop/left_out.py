"""Which by-products each role does not know of yet: its next brief names them, each once."""

from dataclasses import dataclass, field, replace

from overnight.research.experiment import ByProducts

MOST = 3  # times that a role is told in a session: if the names are others each time, telling does not help


@dataclass(slots=True, kw_only=True)
class LeftOutNews:
    """What is due to each role, and what it was told."""

    _due: dict[str, ByProducts] = field(default_factory=dict)
    _told: dict[str, list[ByProducts]] = field(default_factory=dict)

    def add(self, role: str, left: ByProducts) -> None:
        """A role left these in its workspace."""
        told = self._told.get(role, [])
        known = {name for before in told for name in (*before.ignored, *before.others)}
        ignored, others = (tuple(name for name in names if name not in known) for names in (left.ignored, left.others))
        if (ignored or others) and len(told) < MOST:
            old = len(left.ignored) + len(left.others) - len(ignored) - len(others)
            self._due[role] = replace(left, count=left.count - old, ignored=ignored, others=others)

    def take(self, role: str) -> ByProducts:
        """What its next brief says; it counts as told."""
        due = self._due.pop(role, ByProducts())
        if due.count:
            self._told.setdefault(role, []).append(due)
        return due

    def put_back(self, role: str, taken: ByProducts) -> None:
        """It did not read that brief."""
        if taken.count:
            self._told[role].remove(taken)
            self._due.setdefault(role, taken)
