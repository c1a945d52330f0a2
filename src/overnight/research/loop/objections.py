"""Why an edit is not worth a trial: what it may not change, and what was tried before."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.research.changes.scope import proposal_digest
from overnight.research.changes.similar import already_tried, shape_of
from overnight.research.loop.edit import WorkspaceEdit
from overnight.research.loop.journal import Journal
from overnight.research.loop.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Objections:
    """Looks at edits before anything is measured."""

    journal: Journal
    scope: Scope

    def to(self, edit: WorkspaceEdit, problems: Sequence[str] = ()) -> Sequence[str]:
        """Why an edit is not worth a trial, `problems` before all else; empty if it is."""
        return (*problems, *self.scope.violations(edit.changes, edit.base)) or self._tried(edit)

    def _tried(self, edit: WorkspaceEdit) -> Sequence[str]:
        """Which earlier experiment this edit repeats, in the same or another spelling; empty if it is new."""
        ledger = self.journal.ledger
        if (earlier := ledger.tried(proposal_digest(edit.changes, edit.base))) is not None:
            found = ledger.experiment(earlier)
            how = "was" if found and found.conclusion else "is being"
            return (f"the same change {how} tried in experiment {earlier}",)
        like = ledger.same(shape_of(edit.changes, self.scope.before(edit.changes, edit.base), edit.base))
        found = None if like is None else ledger.experiment(like)
        return () if found is None else (already_tried(found),)
