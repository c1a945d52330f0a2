"""Checks whether a campaign's record is consistent, with itself and with the repository.

One pass over the ledger, in memory that does not grow with it. Does not cover: whether what was recorded was ever measured;
`verify --rerun` measures again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from overnight.errors import LedgerCorrupt, ProgramError
from overnight.gate.seeds import place_of_seed, trial_seed
from overnight.gate.trial import Stage
from overnight.gate.verdict import Verdict
from overnight.git.history import GitHistory
from overnight.git.port import branch_of, moved_group
from overnight.ledger.artifacts import ArtifactStore
from overnight.research.events import Advanced, CampaignOpened, Concluded, Event, Proposed, Reopened, TrialFinished
from overnight.research.experiment import Experiment
from overnight.research.findings import Finding
from overnight.research.history import experiment_number, fold_experiment
from overnight.research.reading import CampaignReader
from overnight.research.receipts.proof import read_receipt, receipt_of
from overnight.research.receipts.receipt import Receipt
from overnight.research.record.port import Recorded
from overnight.research.snapshot import SNAPSHOT_FORM, load_state
from overnight.research.state import State, apply, begin
from overnight.research.verify.orders import OrderCheck
from overnight.words.quantities import counted, listed

PAGE = 50  # newest attempts whose refs are checked
LOOKED_AT = 1000  # newest experiments that they are among; a reject has no ref
LISTED = 5  # numbers in a detail


@dataclass(slots=True)
class Record:
    """What the intact part of a ledger shows."""

    state: State | None = None
    events: int = 0
    last: int = 0  # newest experiment with a verdict
    damage: str = ""  # what stopped the reading; empty if the ledger is whole
    misfiled: list[int] = field(default_factory=list)  # seqs of events that are filed under another kind or experiment
    strange_rows: list[int] = field(default_factory=list)  # experiments that `log` shows differently from the events
    strange_snapshots: list[int] = field(default_factory=list)  # seqs
    snapshots: int = 0
    searches: int = 0
    strange_searches: list[int] = field(default_factory=list)  # seqs of search trials whose seed or place is not theirs
    orders: list[Finding] = field(default_factory=list)  # about them; empty if none was given
    logs: dict[str, int] = field(default_factory=dict)  # digest to experiment, of kept outputs


def examine(campaign: CampaignReader) -> list[Finding]:
    """Check the chain, the fold, what is derived from it, the captured outputs, and the repository."""
    record = _Reader(campaign).read()
    findings = [_ledger(record)]
    if record.state is None or record.damage:
        return findings
    return [*findings, *_derived(record), _outputs(campaign, record), *_repository(campaign, record.state)]


def _ledger(record: Record) -> Finding:
    if not record.damage:
        return Finding(what="ledger", holds=True, detail=f"{counted(record.events, 'event')} in an unbroken chain")
    last = f"the last intact experiment is #{record.last}" if record.last else "no experiment with a verdict is among them"
    fix = "`overnight verify --salvage FILE` writes them out"
    return Finding(what="ledger", holds=False, detail=f"{record.damage}; {last}; {fix}")


def _derived(record: Record) -> list[Finding]:
    rows = [*record.strange_rows, *record.misfiled]
    shown = f"`log` and `show` do not show {_listed(rows)} as the events have it" if rows else "as the events have them"
    snapshots = record.strange_snapshots
    kept = f"those at {_listed(snapshots)} differ from the folded events" if snapshots else f"{record.snapshots} as folded"
    return [
        Finding(what="experiments", holds=not rows, detail=shown),
        Finding(what="snapshots", holds=not snapshots, detail=kept),
        *_searches(record),
        *record.orders,
    ]


def _searches(record: Record) -> Iterator[Finding]:
    """Whether every search trial has the seed of its repeat, which no evidence has; nothing without any."""
    if record.searches:
        bad = record.strange_searches
        fine = f"{counted(record.searches, 'trial')} with seeds that no evidence has"
        detail = f"the search trials at {_listed(bad)} do not have the seed of their repeat" if bad else fine
        yield Finding(what="searches", holds=not bad, detail=detail)


def _outputs(campaign: CampaignReader, record: Record) -> Finding:
    """Whether the captured output of each trial behind a keep is there, unchanged."""
    store = ArtifactStore(campaign.folder / "logs")
    bad = sorted({number for digest, number in record.logs.items() if not store.holds(digest)})
    detail = (
        f"of experiments {_listed(bad)} are missing or changed"
        if bad
        else f"all {len(record.logs)} behind kept changes are intact"
    )
    return Finding(what="outputs", holds=not bad, detail=detail)


def _repository(campaign: CampaignReader, state: State) -> list[Finding]:
    history = GitHistory(campaign.repository)
    try:
        return [
            _branch(history, state),
            _kept(history, state),
            _attempts(campaign, history),
            _receipts(campaign, history, state),
        ]
    finally:
        history.close()


def _branch(history: GitHistory, state: State) -> Finding:
    head = history.branch_head(state.tag)
    where = f"{branch_of(state.tag)} is at {(head or 'nothing')[:12]}"
    detail = where if head == state.head else f"{where}, the ledger says {state.head[:12]}"
    return Finding(what="branch", holds=head == state.head, detail=detail)


def _kept(history: GitHistory, state: State) -> Finding:
    lost = [kept.number for kept in state.kept if not history.has_commit(kept.commit)]
    if lost:
        return Finding(what="kept commits", holds=False, detail=f"commits of experiments {_listed(lost)} are missing")
    heads = [state.start, *(kept.commit for kept in state.kept)]
    astray = [
        kept.number for kept, head in zip(state.kept, heads, strict=False) if tuple(history.parents(kept.commit)) != (head,)
    ]
    detail = f"those of experiments {_listed(astray)} do not stand on the keep before" if astray else "each on the one before"
    return Finding(what="kept commits", holds=not astray, detail=detail if astray else f"{len(state.kept)}, {detail}")


def _attempts(campaign: CampaignReader, history: GitHistory) -> Finding:
    try:
        newest = [e for e in campaign.ledger.experiments(limit=LOOKED_AT).experiments if e.commit][:PAGE]
    except LedgerCorrupt as corrupt:
        return Finding(what="attempts", holds=False, detail=str(corrupt))
    tag = campaign.folder.name
    bad = sorted(e.number for e in newest if not _is_there(history, tag, e))
    detail = (
        f"refs of experiments {_listed(bad)} are missing or moved" if bad else f"the newest {len(newest)} are where they were"
    )
    return Finding(what="attempts", holds=not bad, detail=detail)


def _is_there(history: GitHistory, tag: str, experiment: Experiment) -> bool:
    """Whether the commit that was measured is under the ref of its proposal, or of one of its moves."""
    groups = ("", *(moved_group(restart) for restart in range(1, experiment.restart + 1)))
    return any(history.attempt(tag, experiment.number, group) == experiment.commit for group in groups)


def _receipts(campaign: CampaignReader, history: GitHistory, state: State) -> Finding:
    """Whether the published evidence of each keep says what the ledger says."""
    bad = []
    for kept in state.kept:
        try:
            recorded = campaign.ledger.experiment_events(kept.number)
            verdict = next(entry.digest for entry in reversed(recorded) if isinstance(entry.event, Concluded))
            made = receipt_of(state, kept, [entry.event for entry in recorded], verdict)
            published = read_receipt(history.published(kept.commit) or "")
        except (LedgerCorrupt, StopIteration, ValueError):
            bad.append(kept.number)
            continue
        if _claim(published) != _claim(made):
            bad.append(kept.number)
    missing = f"of experiments {_listed(bad)} are missing or differ; `overnight run` publishes missing ones"
    return Finding(what="receipts", holds=not bad, detail=missing if bad else f"{len(state.kept)} published under refs/notes")


def _claim(receipt: Receipt) -> tuple[object, ...]:
    """The part of a receipt that does not change when the program does."""
    raw = [
        (pair.index, pair.seed, pair.baseline, pair.candidate, pair.baseline_parts, pair.candidate_parts)
        for pair in receipt.pairs
    ]
    known = receipt.commit, receipt.tree, receipt.verdict_hash, receipt.level, receipt.log_e, receipt.values
    return (*known, receipt.parts, receipt.expensive, raw)


class _Reader:
    """One pass over the events."""

    def __init__(self, campaign: CampaignReader) -> None:
        self._ledger = campaign.ledger
        self._record = Record()
        self._snapshots: dict[int, bytes] = {}
        self._open: dict[int, list[tuple[float, Event]]] = {}
        self._orders = OrderCheck(campaign.ledger)
        self._newest = 0  # experiment
        self._counted = 0  # experiments that `log` counts

    def read(self) -> Record:
        record = self._record
        try:
            self._snapshots = dict(self._ledger.snapshots())
            record.snapshots = len(self._snapshots)
            self._counted = self._ledger.experiments(limit=0).total  # before the events, since a session may add some
        except LedgerCorrupt:
            record.strange_snapshots.append(0)
        try:
            for entry, (_, kind, number) in zip(self._ledger.events(), self._ledger.places(), strict=False):
                self._fold(entry)
                if (kind, number) != (entry.event.kind, experiment_number(entry.event)):
                    record.misfiled.append(entry.seq)
        except LedgerCorrupt as corrupt:
            record.damage = str(corrupt)
        except (ValueError, ProgramError) as error:
            record.damage = f"event {record.events + 1} does not follow from the ones before it: {error}"
        else:
            record.orders = self._orders.findings()
            self._look_beyond()
        return record

    def _look_beyond(self) -> None:
        """Find events that are missing at the end, by what was derived from them: the chain cannot show that."""
        record = self._record
        known = max(self._snapshots, default=0)
        if known > record.events:
            record.damage = f"there were at least {known:,} events, but those after event {record.events:,} are missing"
        record.strange_rows += range(self._newest + 1, min(self._counted, self._newest + PAGE) + 1)

    def _fold(self, entry: Recorded) -> None:
        record, event = self._record, entry.event
        if record.state is None:
            if not isinstance(event, CampaignOpened):
                raise ValueError(f"a ledger begins with campaign_opened, not {event.kind}")
            record.state = begin(event)
        else:
            record.state = apply(record.state, event)
        record.events = entry.seq
        if isinstance(event, TrialFinished):
            self._check_search(entry.seq, event, record.state.secret)
        if entry.seq in self._snapshots and not _same_state(self._snapshots[entry.seq], record.state):
            record.strange_snapshots.append(entry.seq)
        self._orders.follow(entry)
        self._follow(entry)

    def _check_search(self, seq: int, event: TrialFinished, secret: str) -> None:
        """Compare the seed of a search trial with that of its repeat."""
        key, searched = event.trial.key, event.searched
        if searched is None and key.stage is not Stage.SEARCH:
            return
        self._record.searches += 1
        place = place_of_seed(key, head=0, repeat=searched.repeat if searched else 0)
        if searched is None or key.stage is not Stage.SEARCH or event.trial.seed != trial_seed(secret, place):
            self._record.strange_searches.append(seq)

    def _follow(self, entry: Recorded) -> None:
        """Gather the events of each open experiment, and compare its row with them when it has its verdict."""
        number = experiment_number(entry.event)
        if isinstance(entry.event, Proposed):
            self._open[entry.event.number] = []
            self._newest = entry.event.number
        elif isinstance(entry.event, Reopened):
            earlier = self._ledger.experiment_events(entry.event.number)
            self._open[entry.event.number] = [(one.at, one.event) for one in earlier if one.seq < entry.seq]
        if number is None or number not in self._open:
            return
        self._open[number].append((entry.at, entry.event))
        match entry.event:
            case Concluded():
                self._record.last = number
                self._compare(number)
                if entry.event.conclusion.verdict is not Verdict.KEEP:
                    del self._open[number]
            case Advanced():
                self._record.logs |= dict.fromkeys(_logs(self._open.pop(number)), number)

    def _compare(self, number: int) -> None:
        try:
            row = self._ledger.experiment(number)
        except LedgerCorrupt:
            row = None
        if row != fold_experiment(self._open[number]):
            self._record.strange_rows.append(number)


def _logs(events: list[tuple[float, Event]]) -> Iterator[str]:
    return (event.trial.log for _, event in events if isinstance(event, TrialFinished) and event.trial.log)


def _same_state(snapshot: bytes, state: State) -> bool:
    form = snapshot[: snapshot.find(b"\n") + 1]
    if form != SNAPSHOT_FORM and form.strip().isdigit():
        return True  # of another version: nobody reads it
    try:
        return load_state(snapshot) == state
    except ValueError:
        return False


def _listed(numbers: list[int]) -> str:
    return listed(map(str, numbers), LISTED)
