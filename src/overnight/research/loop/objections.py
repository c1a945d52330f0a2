"""Why an edit is not worth a trial: what it may not change, and what was tried before."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.git.port import FileChange
from overnight.research.changes.scope import proposal_digest
from overnight.research.changes.similar import already_tried, shape_of
from overnight.research.changes.syntax import half_finished
from overnight.research.loop.journal import Journal
from overnight.research.loop.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Objections:
    """Looks at edits before anything is measured."""

    journal: Journal
    scope: Scope

    def to(self, changes: Sequence[FileChange], base: str, problems: Sequence[str] = ()) -> Sequence[str]:
        """Why changes of a commit are not worth a trial, `problems` before all else; empty if they are."""
        return (*problems, *self.scope.violations(changes, base)) or self._tried(changes, base)

    def to_a_part(self, changes: Sequence[FileChange], base: str, problems: Sequence[str] = ()) -> Sequence[str]:
        """The same for an edit whose author was cut off: it may be half finished, and need not be new to be kept."""
        wrong = (*problems, *self.scope.violations(changes, base))
        half = "" if wrong else half_finished(changes, self.scope.before(changes, base))
        return (half,) if half else wrong

    def _tried(self, changes: Sequence[FileChange], base: str) -> Sequence[str]:
        """Which earlier experiment these changes repeat, in the same or another spelling; empty if they are new."""
        ledger = self.journal.ledger
        if (earlier := ledger.tried(proposal_digest(changes, base))) is not None:
            found = ledger.experiment(earlier)
            how = "was" if found and found.conclusion else "is being"
            return (f"the same change {how} tried in experiment {earlier}",)
        like = ledger.same(shape_of(changes, self.scope.before(changes, base), base))
        found = None if like is None else ledger.experiment(like)
        return () if found is None else (already_tried(found),)
