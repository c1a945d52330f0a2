"""The branch of proven improvements: moved by compare-and-swap, each commit with its evidence attached."""

from dataclasses import dataclass

from overnight.errors import RepositoryError
from overnight.git.port import History, branch_of
from overnight.research.events import Advanced, Concluded
from overnight.research.loop.journal import Journal
from overnight.research.standing import Kept
from overnight.research.state import State


def moved_by_others(state: State) -> RepositoryError:
    """The error if the branch is not where the record says."""
    branch = branch_of(state.tag)
    fix = f"put it back with `git branch -f {branch} {state.head[:12]}`"
    return RepositoryError(f"the branch {branch} was moved by somebody else", fix=fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """`autoresearch/<tag>`, which only this process moves."""

    journal: Journal
    history: History

    def publish_missing(self) -> None:
        """Attach the evidence that a killed session did not attach."""
        for kept in self.journal.state.kept:
            if self.history.published(kept.commit) is None:
                self.publish(kept)

    def advance(self, number: int) -> None:
        """Move the branch to a kept commit by compare-and-swap; a no-op if a killed session already did."""
        state, opened = self.journal.state, self.journal.opened(number)
        if opened.base != state.head:
            raise RuntimeError(f"experiment {number} was judged against {opened.base}, and the head is {state.head}")
        new = opened.commit
        moved = self.history.branch_head(state.tag) == new or self.history.advance(tag=state.tag, old=state.head, new=new)
        if not moved:
            raise moved_by_others(state)
        self.journal.record(Advanced(number=number, old=state.head, new=new))
        self.publish(self.journal.state.kept[-1])

    def publish(self, kept: Kept) -> None:
        """Attach the evidence to a kept commit, for anyone who has only the repository."""
        from overnight.research.receipts.proof import receipt_of, write_receipt

        recorded = self.journal.ledger.experiment_events(kept.number)
        verdict = next(entry.digest for entry in reversed(recorded) if isinstance(entry.event, Concluded))
        receipt = receipt_of(self.journal.state, kept, [entry.event for entry in recorded], verdict)
        self.history.publish(kept.commit, write_receipt(receipt))
