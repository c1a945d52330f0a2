"""Real repositories with real campaigns of any length: made in seconds, the same each time, kept under `build/`.

Each test has a copy of its own, which it may change. `running` holds a campaign as a session does; `grow` adds to it.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import campaigns
import hostile
import with_models
from campaigns import World, record
from targets import make_repo

from overnight.gate.stats import mean
from overnight.gate.trial import Arm, Fault
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import open_repository
from overnight.ledger.artifacts import ArtifactStore
from overnight.research.audit import audit_step, conclude_audit
from overnight.research.changes.edit import edit_of
from overnight.research.ending import Ending, EndReason, SessionKind
from overnight.research.events import (
    Advanced,
    AuditOpened,
    CampaignOpened,
    Concluded,
    Event,
    IdeasChanged,
    Proposed,
    SessionStarted,
    Stopped,
    TrialFinished,
)
from overnight.research.idea import AddIdea, DropIdea, Risk
from overnight.research.places.begun import mark_begun
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.port import Recorded
from overnight.research.record.restore import restore
from overnight.research.snapshot import SNAPSHOT_FORM, dump_state
from overnight.research.state import State, begin, fold

SIZES = (0, 3, 300, 10_000)
TAG = "night"
KEPT = Path(__file__).parents[1] / "build" / "surface"
COMMITTED = 40  # of the first and of the newest experiments that have a commit; kept ones always do
OPEN = 2  # experiments under way
IDEAS = (
    "Halve the batch and double the steps",
    "Weight decay on the embeddings alone",
    "Try rotary positions; the sequence is short",
    "A cosine schedule with a floor of a tenth",
)
PROGRAM = (
    campaigns.PROGRAM.format(name="val_bpb", direction="minimize")
    .replace("holdout:", "budget: {hours: 100, experiments: 12000, cost_usd: 400}\nholdout:")
    .replace("editable: [train.py]", "editable: [train.py]\nlimits: {wall: 30s, memory: 500MB}")
    + "# Make validation loss small\n\nThe model trains for a minute.\n\n## Ideas\n\n"
    + "".join(f"- [ ] {idea}\n" for idea in IDEAS)
)
OUTPUT = b"step 1 of 100\nloss 2.31\nstep 100 of 100\nMETRIC val_bpb=1.74\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A repository with one campaign."""

    repository: Path
    tag: str = TAG

    @property
    def folder(self) -> Path:
        """Of the campaign."""
        return campaign_folder(open_repository(self.repository), self.tag)


def campaign_of(folder: Path, experiments: int, *, ended: bool = True, nasty: bool = False, real: float = 0.0) -> Made:
    """A copy of a campaign in this new folder; `nasty`: hostile text wherever others may write.

    One that has not `ended` has experiments under way. `real`: the share of proposals that are better.
    """
    sources = SNAPSHOT_FORM + b"".join(Path(module.__file__ or "").read_bytes() for module in (campaigns, hostile, with_models))
    name = sha256(sources + Path(__file__).read_bytes() + repr((experiments, ended, nasty, real)).encode()).hexdigest()[:16]
    if not (KEPT / name).exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as place:
            made = Path(place) / "repo"
            _Maker(make_repo(made, PROGRAM), experiments, nasty=nasty, real=real or _share(experiments)).make(ended=ended)
            if not (KEPT / name).exists():  # another process may have been faster
                made.rename(KEPT / name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(KEPT / name, folder)
    made_here = Made(repository=folder)
    with closing(SqliteLedger(made_here.folder)) as ledger:
        mark_begun(made_here.folder, ledger)
    return made_here


def early_campaign(folder: Path, *, failing: bool) -> Made:
    """A campaign whose head has no level yet: its first trials fail, or only two are finished."""
    _Maker(make_repo(folder, PROGRAM), 0, nasty=False, real=0.0).begin(failing=failing)
    return Made(repository=folder)


@contextmanager
def running(made: Made) -> Iterator[SqliteLedger]:
    """Hold the campaign as a session does that writes to it, and that has just begun."""
    with closing(SqliteLedger(made.folder)) as ledger, ledger.lock():
        if state := restore(ledger):
            ledger.append(SessionStarted(version="0.1.0", sandbox="jail", elapsed_s=state.elapsed_s))
        yield ledger


def grow(ledger: SqliteLedger, number: int, *, start: str, hypothesis: str = "") -> None:
    """Add a proposal to a campaign, by default with a hypothesis of its own."""
    entries = [
        entry.event for entry in record(World(experiments=1, crashes=1.0, rejects=0.0)) if entry.event.kind == "proposed"
    ]
    proposed = entries[0]
    assert isinstance(proposed, Proposed)
    said = hypothesis or proposed.hypothesis
    ledger.append(replace(proposed, number=number, base=start, commit="", tree=f"{number:064x}", hypothesis=said))


def _share(experiments: int) -> float:
    """Of better proposals, so that a long campaign keeps some dozens."""
    return 0.12 if experiments < 1000 else 0.008


class _Maker:
    """Writes a simulated campaign to a ledger, with commits of a real repository."""

    def __init__(self, repo: Path, experiments: int, *, nasty: bool, real: float) -> None:
        self.repository = open_repository(repo)
        self.history = GitHistory(self.repository, now=lambda: 1_763_700_000.0)
        self.folder = campaign_folder(self.repository, TAG)
        self.folder.mkdir(parents=True)
        (self.folder / "lock").touch()  # without it, no session has run
        self.at = 0.0
        self.ledger = SqliteLedger(self.folder, clock=lambda: self.at)
        self.experiments, self.nasty = experiments, nasty
        texts = {"ideas": hostile.TEXTS} if nasty else {}
        self.world = World(experiments=experiments, seed=7, tag=TAG, real=real, overfit=0.1, **texts)  # type: ignore[arg-type]  # of one kind
        self.start = self.history.resolve_start()
        self.commits = {campaigns._commit(0): self.start}  # by those of the simulation
        printed = self.folder / "printed"
        printed.write_bytes(hostile.EVERYTHING.encode() + b"\n" + OUTPUT if nasty else OUTPUT)
        self.log = ArtifactStore(self.folder / "logs").keep(printed)
        printed.unlink(missing_ok=True)
        self.state: State | None = None

    def make(self, *, ended: bool) -> None:
        entries = list(with_models.with_models(record(self.world)))
        keeps = {entry.event.number for entry in entries if isinstance(entry.event, Advanced)}
        batch: list[Event] = []
        for entry in map(hostile.hostile, entries) if self.nasty else entries:
            if isinstance(entry.event, Stopped):
                break
            self.at = entry.at
            batch += self.events(entry, keeps)
            if len(batch) > 5_000:
                self.write(batch)
                batch = []
        self.write(batch)
        self.history.advance(tag=TAG, old=None, new=self.state.head if self.state else self.start)
        if ended:
            self.end()
        else:
            self.leave_open()
        self.ledger.close()
        self.history.close()

    def begin(self, *, failing: bool) -> None:
        """Only the first trials of the head."""
        reason = "exit code 1: ModuleNotFoundError: No module named 'torch'"
        for entry in list(record(self.world))[:3]:
            event = entry.event
            if isinstance(event, TrialFinished) and failing:
                event = replace(event, trial=replace(event.trial, value=None, fault=Fault.EXIT, reason=reason))
            self.at = entry.at
            self.write(self.events(replace(entry, event=event), set()))
        if failing:
            ending = Ending(reason=EndReason.ERROR, detail="the session failed")
            self.write([Stopped(session=SessionKind.CAMPAIGN, ending=ending, elapsed_s=30.0)])
        mark_begun(self.folder, self.ledger)
        self.ledger.close()
        self.history.close()

    def write(self, batch: Sequence[Event]) -> None:
        """Append events, with a snapshot as sessions leave them."""
        if self.state is not None:
            self.ledger.save_snapshot(dump_state(self.state))
        self.ledger.append(*batch)
        first, rest = batch[0] if batch else None, batch
        if isinstance(first, CampaignOpened):
            self.state, rest = begin(first), batch[1:]
        assert self.state is not None
        self.state = fold(self.state, rest)

    def events(self, entry: Recorded, keeps: set[int]) -> Sequence[Event]:
        """An event as it is with real commits, and what comes with it."""
        match entry.event:
            case CampaignOpened() as event:
                opened = replace(event, tag=TAG, start=self.start, program=PROGRAM)
                session = SessionStarted(version="0.1.0", sandbox="jail", elapsed_s=0.0)
                return opened, session, self.ideas()
            case Proposed() as event:
                return (self.proposed(event, keeps),)
            case Advanced() as event:
                return (replace(event, old=self.commits[event.old], new=self.commits[event.new]),)
            case TrialFinished() as event:
                trial = replace(event.trial, log=self.log)
                if self.nasty and trial.fault:
                    trial = replace(trial, reason=hostile.EVERYTHING, excerpt=hostile.TEXTS, tail=hostile.TEXTS)
                return (replace(event, trial=trial),)
            case Concluded() as event:
                return (event,)
            case event:
                return (event,)

    def ideas(self) -> IdeasChanged:
        """Of a person, and one that was dropped."""
        wording = hostile.EVERYTHING if self.nasty else "Share the embeddings with the output layer"
        added = AddIdea(text=wording, risk=Risk.BOLD, effect="0.02 lower")
        return IdeasChanged(by="person", giver="owner", edits=(added, DropIdea(number=4, reason="the floor never mattered")))

    def proposed(self, event: Proposed, keeps: set[int]) -> Proposed:
        """A proposal with a commit that changes the target, if it is one of those that have one."""
        number, base = event.number, self.commits[event.base]
        idea = number if number in {2, 3} else 0
        notes = {**event.notes}
        if not (number in keeps or number <= COMMITTED or number > self.experiments - COMMITTED):
            return replace(event, base=base, commit="", notes=notes)
        before = self.history.read_files(base, ["train.py"])
        line = f"# {hostile.SCRIPT}{hostile.BIDI}" if self.nasty else f"BETA2 = 0.9{number % 99:02}"
        after = before["train.py"].replace(b"SCALE = 1.0", f"{line}\nSCALE = 1.0".encode())
        changes = [FileChange(path="train.py", content=after)]
        message = f"experiment {number}\n"
        commit = self.history.record_attempt(tag=TAG, number=number, base=base, changes=changes, message=message)
        self.commits[event.commit] = commit
        self.transcribe(number)
        return replace(
            event, base=base, commit=commit, notes=notes, idea=idea, assignment=number, edit=edit_of(changes, before)
        )

    def transcribe(self, number: int) -> None:
        """What its author said and did."""
        folder = self.folder / "transcripts"
        folder.mkdir(mode=0o700, exist_ok=True)
        said = hostile.EVERYTHING if self.nasty else "I read train.py, and changed one constant."
        (folder / f"{number}-explorer.md").write_text(f"# explorer, number {number}\n\n{said}\n")

    def end(self) -> None:
        """The session ends; after a few hundred experiments an audit follows."""
        assert self.state is not None
        ending = Ending(reason=EndReason.BUDGET, detail=f"the budget of {self.experiments} experiments is spent")
        self.write([Stopped(session=SessionKind.CAMPAIGN, ending=ending, elapsed_s=self.state.elapsed_s)])
        if self.experiments >= 300:
            self.audit(self.state)

    def audit(self, state: State) -> None:
        simulation = campaigns._Simulation(self.world)
        simulation.number = self.experiments
        opened = AuditOpened(audit=1, start=state.start, head=state.head, first=0, pairs=8)
        self.write([SessionStarted(version="0.1.0", sandbox="jail", elapsed_s=state.elapsed_s), opened])
        while (audit := self._of(self.state).audit) and (step := audit_step(audit)):
            for key in step.trials:
                gain = 0.08 if key.arm is Arm.CANDIDATE else 0.0
                trial = simulation.trial(key.stage, key.arm, key.index, gain)
                self.write([TrialFinished(trial=replace(trial, key=key))])
        assert audit is not None
        found = conclude_audit(state.program, self._of(self.state).gate, audit, elapsed_s=state.elapsed_s + 60.0)
        done = Ending(reason=EndReason.AUDITED, detail="the audit is finished")
        self.write([found, Stopped(session=SessionKind.AUDIT, ending=done, elapsed_s=found.elapsed_s)])

    def _of(self, state: State | None) -> State:
        assert state is not None
        return state

    def leave_open(self) -> None:
        """Experiments under way: one in the first trials, one without any."""
        if not self.experiments:
            return
        level = mean(self._of(self.state).gate.baseline)
        world = World(experiments=OPEN, seed=3, real=1.0, crashes=0.0, rejects=0.0, start=level)
        taken = 0
        for entry in record(world):
            match entry.event:
                case Proposed() as event:
                    taken += 1
                    head = self._of(self.state).head
                    self.commits[event.base] = head
                    number = self.experiments + event.number
                    opened = replace(event, number=number, commit=f"open {number}", tree=f"{number:064x}")
                    self.write([replace(self.proposed(opened, {number}), idea=1 if taken == 1 else 0)])
                case TrialFinished(trial=trial) if taken == 1 and trial.key.experiment == 1 and trial.key.stage == "screen":
                    key = replace(trial.key, experiment=self.experiments + 1)
                    self.write([TrialFinished(trial=replace(trial, key=key))])
