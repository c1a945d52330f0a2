"""The seam of the record: the append-only ledger of one campaign."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from overnight.research.events import Event
from overnight.research.experiment import Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as the ledger holds it."""

    seq: int
    at: float  # Unix time, s
    event: Event
    digest: str  # hash over the event and the digest before it, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of experiments."""

    experiments: Sequence[Experiment]
    total: int


class Ledger(Protocol):
    """The append-only record of one campaign."""

    def append(self, *events: Event) -> None:
        """Add events, all or none; on return they are on disk."""
        ...

    def events(self, after: int = 0) -> Iterator[Recorded]:
        """Events with seq > `after`, in order.

        Raises:
            LedgerCorrupt: an event does not parse or its hash does not follow from the one before.
        """
        ...

    def check_chain(self) -> None:
        """Make sure that no event was changed since it was written, before a session adds to them.

        Raises:
            UserError: the chain is broken.
        """
        ...

    def experiments(self, *, offset: int = 0, limit: int = 50, newest_first: bool = True) -> Page:
        """A page of the campaign's experiments."""
        ...

    def experiment(self, number: int) -> Experiment | None:
        """One experiment by number."""
        ...

    def experiment_events(self, number: int) -> Sequence[Recorded]:
        """The events of one experiment, in order."""
        ...

    def tried(self, tree: str) -> int | None:
        """The number of the first experiment with this proposal digest, None if it is new."""
        ...

    def same(self, shape: str) -> int | None:
        """The number of the first experiment that does what a proposal of this shape does, None if it is new."""
        ...

    def similar(self, terms: Collection[int], limit: int) -> Sequence[Experiment]:
        """The past experiments that have most in common with these terms of `research/changes/similar.py`, the likest first."""
        ...

    def save_snapshot(self, snapshot: bytes) -> None:
        """Keep a state that folds all events so far; derived, so losing it loses only time."""
        ...

    def snapshot(self) -> tuple[int, bytes] | None:
        """The newest snapshot and the seq that it folds up to."""
        ...

    def snapshots(self) -> Sequence[tuple[int, bytes]]:
        """All snapshots that are kept, each with the seq that it folds up to, oldest first."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the campaign for this process.

        Raises:
            CampaignBusy: another process holds it.
        """
        ...
