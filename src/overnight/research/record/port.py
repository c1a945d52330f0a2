"""The seam of the record: the ledger of one campaign, and what is derived from its events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from overnight.gate.verdict import Verdict
from overnight.ledger import port as ledger
from overnight.ledger.pending import Item
from overnight.research.events import Event, Ordered
from overnight.research.experiment import Experiment
from overnight.research.search_trial import SearchTrial

Recorded: TypeAlias = ledger.Recorded[Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of experiments."""

    experiments: Sequence[Experiment]
    total: int


class Ledger(ledger.EventStore[Event], Protocol):
    """The append-only record of one campaign; `lock` raises CampaignBusy."""

    def require_intact(self) -> None:
        """Check that no event was changed since it was written, before a session adds more.

        Raises:
            UserError: the chain is broken.
        """
        ...

    @property
    def held_from(self) -> int:
        """The newest event when this process took the lock; 0 if it never did."""
        ...

    def changed(self) -> bool:
        """Whether another process may have written since this was last asked, or it was never asked; some microseconds."""
        ...

    def open_orders(self, limit: int) -> Sequence[tuple[Item, Ordered]]:
        """The orders that no session has acted on, oldest first."""
        ...

    def only_orders(self, after: int, until: int) -> bool:
        """Whether every event with `after` < seq <= `until` is an order."""
        ...

    def experiments(
        self, *, offset: int = 0, limit: int = 50, newest_first: bool = True, verdict: Verdict | None = None
    ) -> Page:
        """A page of the campaign's experiments, or of those with this verdict."""
        ...

    def experiment(self, number: int) -> Experiment | None:
        """One experiment by number."""
        ...

    def experiment_events(self, number: int) -> Sequence[Recorded]:
        """The events of one experiment, in order."""
        ...

    def search_trials(self, limit: int) -> Sequence[SearchTrial]:
        """The newest search trials, oldest first."""
        ...

    def tried(self, tree: str) -> int | None:
        """The number of the first experiment with this proposal digest, None if it is new."""
        ...

    def same(self, shape: str) -> int | None:
        """The number of the first experiment that does what a proposal of this shape does, None if it is new."""
        ...

    def similar(self, terms: Collection[int], limit: int) -> Sequence[Experiment]:
        """Past experiments that share most of these terms of `research/changes/similar.py`, the most similar first."""
        ...
