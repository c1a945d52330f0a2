"""The ledger of a campaign: its events in a hash chain, with a table of experiments and an index of attempts beside them.

Does not cover: what `ledger/chain.py` does not cover. `overnight verify` and the evidence published with each kept commit
are for that.
"""

import shlex
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from overnight.errors import CampaignBusy, LedgerBusy, LedgerCorrupt, UserError
from overnight.gate.verdict import Verdict
from overnight.ledger.file import NAME
from overnight.ledger.owner import Codec
from overnight.ledger.pending import Item
from overnight.ledger.store import SqliteEventStore
from overnight.research.event_text import decode, encode
from overnight.research.events import Event, Ordered, TrialFinished
from overnight.research.experiment import Experiment
from overnight.research.history import SEARCH, as_search_trial, experiment_number
from overnight.research.order import Giver, Order
from overnight.research.record import attempt_index, experiments
from overnight.research.record.attempt_index import AttemptIndex
from overnight.research.record.experiments import ExperimentTable
from overnight.research.record.orders import ORDERS, place_in
from overnight.research.record.port import Page, Recorded
from overnight.research.search_trial import SearchTrial

VERSION = 1  # of the derived tables; before 1 there was no index of attempts
CODEC: Codec[Event] = Codec(
    encode=encode,
    decode=decode,
    kind=lambda event: event.kind,
    subject=experiment_number,
    subject_column="experiment",
)
UNREADABLE = "copy it to a safe place, then `overnight verify` shows what is readable"
BROKEN = (
    "nothing was run or written: `overnight verify` shows what holds, `overnight verify --salvage FILE` writes out "
    "what is intact, and a new --tag starts over"
)
BUSY = "watch it with `overnight status --tag {tag}`, end it with `overnight stop --tag {tag}`, or choose another --tag"


class SqliteLedger(SqliteEventStore[Event]):
    """The `Ledger` of one campaign, in `<folder>/ledger.db`; implements the port."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False) -> None:
        super().__init__(
            folder,
            CODEC,
            projections=(ExperimentTable(), AttemptIndex(), ORDERS),
            version=VERSION,
            advice=UNREADABLE,
            clock=clock,
            read_only=read_only,
        )

    @classmethod
    def for_reading(cls, folder: Path) -> "SqliteLedger":
        """Open an existing ledger, without writing to it.

        Raises:
            UserError: there is none.
        """
        if not (folder / NAME).is_file():
            raise UserError(f"no campaign in {folder}", fix="start one with `overnight run`")
        return cls(folder, read_only=True)

    def require_intact(self) -> None:
        """Check that no event was changed since it was written, before a session adds more.

        Does not cover: what is derived from the events, which `overnight verify` checks.

        Raises:
            UserError: the chain is broken.
        """
        try:
            self.check_chain()
        except LedgerCorrupt as broken:
            raise UserError(str(broken), fix=BROKEN) from broken

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the campaign for this process; the lock ends with the process, however that ends.

        Raises:
            CampaignBusy: another process holds it.
        """
        with ExitStack() as held:
            try:
                held.enter_context(super().lock())
            except LedgerBusy as busy:
                what = f"this campaign is already running (process {busy.process or '?'})"
                raise CampaignBusy(what, process=busy.process, fix=BUSY.format(tag=shlex.quote(self._folder.name))) from busy
            yield

    def open_orders(self, limit: int) -> Sequence[tuple[Item, Ordered]]:
        """The orders that no session has acted on, oldest first."""
        return [(item, event) for item, event in self.waiting(ORDERS, limit) if isinstance(event, Ordered)]

    def newest_orders(self, limit: int) -> Sequence[tuple[Item, Ordered]]:
        """The newest orders, acted on or not, newest first."""
        return [(item, event) for item, event in self.newest_of(ORDERS, limit) if isinstance(event, Ordered)]

    def place_order(self, order: Order, giver: Giver, *, key: str = "") -> bool:
        """Place an order; False, changing nothing, if there is one with this key. Without a key it is always a new one.

        Raises:
            UserError: too many orders wait, or the campaign has not begun.
        """
        return place_in(self, order, giver, key=key)

    def only_orders(self, after: int, until: int) -> bool:
        """Whether every event with `after` < seq <= `until` is an order."""
        with self.reading() as db:
            query = "SELECT 1 FROM events WHERE seq > ? AND seq <= ? AND kind <> 'ordered' LIMIT 1"
            return db.execute(query, (after, until)).fetchone() is None

    def experiments(
        self, *, offset: int = 0, limit: int = 50, newest_first: bool = True, verdict: Verdict | None = None
    ) -> Page:
        """A page of the campaign's experiments, at the same cost at any offset; or of those with this verdict."""
        with self.reading() as db:
            if verdict:
                return experiments.page_of(db, verdict, offset=offset, limit=limit, newest_first=newest_first)
            return experiments.page(db, offset=offset, limit=limit, newest_first=newest_first)

    def experiment(self, number: int) -> Experiment | None:
        """One experiment by number."""
        with self.reading() as db:
            return experiments.one(db, number)

    def experiment_events(self, number: int) -> Sequence[Recorded]:
        """The events of one experiment, in order."""
        return self.events_of(number)

    def search_trials(self, limit: int) -> Sequence[SearchTrial]:
        """The newest search trials, oldest first."""
        with self.reading() as db:
            query = "SELECT body FROM events WHERE experiment=? ORDER BY seq DESC LIMIT ?"
            events = [decode(body) for (body,) in db.execute(query, (SEARCH, limit))]
        trials = [as_search_trial(event) for event in reversed(events) if isinstance(event, TrialFinished)]
        return [trial for trial in trials if trial]

    def tried(self, tree: str) -> int | None:
        """The number of the first experiment with this proposal digest, None if it is new."""
        with self.reading() as db:
            return experiments.tried(db, tree)

    def same(self, shape: str) -> int | None:
        """The number of the first experiment that does what a proposal of this shape does, None if it is new."""
        with self.reading() as db:
            return attempt_index.same(db, shape) if self.is_derived() else None

    def similar(self, terms: Collection[int], limit: int) -> Sequence[Experiment]:
        """Past experiments that share most of these terms of `research/changes/similar.py`, the most similar first."""
        with self.reading() as db:
            closest = attempt_index.similar(db, terms)[:limit] if self.is_derived() else []
        return [experiment for experiment in map(self.experiment, closest) if experiment]
