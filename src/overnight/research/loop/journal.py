"""Record first, then act: every event goes to the ledger, then into the state, then to the watchers."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from overnight.errors import UserError
from overnight.research.events import Concluded, Event, Noted, ProposalEnded, Proposing, Sign, TrialFinished, Working
from overnight.research.history import as_experiment
from overnight.research.record.port import Ledger
from overnight.research.scrubbing import scrub_event, scrub_value
from overnight.research.snapshot import dump_state
from overnight.research.standing import OpenExperiment
from overnight.research.state import State, apply
from overnight.words.scrubber import Scrubber

SNAPSHOT_EVERY = 50  # concluded experiments: at most this many are folded again after a kill
SEARCHES = 10  # search trials that count as one of these
RECENT = 200  # ended experiments kept in memory for the brief

Watcher = Callable[[Sign], None]


class Journal:
    """The ledger of a running campaign together with the state that it folds to."""

    def __init__(
        self, ledger: Ledger, state: State, watchers: Sequence[Watcher] = (), *, scrubber: Scrubber | None = None
    ) -> None:
        """`scrubber`: what is in nothing that is recorded or shown, beside what looks like a secret."""
        self.scrubber = scrubber or Scrubber()
        self.ledger = ledger
        self.state = state
        self._watchers = tuple(watchers)
        self._started = time.monotonic()
        self._elapsed_before = state.elapsed_s
        self._since_snapshot = 0.0  # experiments
        self._seq: int | None = None  # of the newest event of ours
        newest = ledger.experiments(limit=RECENT).experiments
        self.recent = deque((e for e in reversed(newest) if e.conclusion), maxlen=RECENT)

    def watch(self, watcher: Watcher) -> None:
        """Show everything from now on to a further watcher."""
        self._watchers = (*self._watchers, watcher)

    def elapsed_s(self) -> float:
        """The campaign's clock: monotonic, summed over its sessions, so a jump of the wall clock does not count."""
        return self._elapsed_before + time.monotonic() - self._started

    def record(self, *events: Event) -> None:
        """Write events to the ledger; when this returns they are on disk, in the state and shown."""
        events = tuple(scrub_event(event, self.scrubber) for event in events)
        self._take_place(self.ledger.append(*events), len(events))
        for event in events:
            if isinstance(event, Concluded):
                self._remember(event)
            elif isinstance(event, TrialFinished) and event.searched:
                self._since_snapshot += 1 / SEARCHES
            self.state = apply(self.state, event)
            self.show(event)
        if self._since_snapshot >= SNAPSHOT_EVERY:
            self.snapshot()

    def _take_place(self, seq: int, appended: int) -> None:
        """Orders of others do not change the state; beside one who writes anything else, the campaign cannot go on."""
        before = seq - appended
        if self._seq not in (None, before) and not self.ledger.only_orders(self._seq, before):
            what = f"another process writes to the record of the campaign `{self.state.tag}`"
            raise UserError(what, fix="end it, and go on with `overnight run`")
        self._seq = seq

    def show(self, sign: Sign) -> None:
        """Show something to the watchers, without keeping it."""
        if isinstance(sign, Working | Noted):
            sign = scrub_value(sign, self.scrubber)
        for watcher in self._watchers:
            watcher(sign)

    @contextmanager
    def working(self, role: str, assignment: int) -> Iterator[None]:
        """Show that a role works on an assignment until the context ends."""
        self.show(Proposing(role=role, assignment=assignment))
        try:
            yield
        finally:
            self.show(ProposalEnded(role=role, assignment=assignment))

    def snapshot(self) -> None:
        """Save the state, so that a later session need not fold from the start."""
        self.ledger.save_snapshot(dump_state(self.state), seq=self._seq)
        self._since_snapshot = 0.0

    def opened(self, number: int) -> OpenExperiment:
        """An open experiment as it stands now."""
        return next(o for o in self.state.open if o.proposed.number == number)

    def is_open(self, number: int) -> bool:
        """Whether an experiment has no verdict yet, or is a keep whose branch has not moved."""
        return any(opened.proposed.number == number for opened in self.state.open)

    def _remember(self, event: Concluded) -> None:
        self._since_snapshot += 1
        opened = self.opened(event.number)
        now = time.time()
        self.recent.append(as_experiment(opened, event, at=now, until=now))
