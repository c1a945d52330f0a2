"""From the ledger's events to the story, in one pass whose memory does not grow with the number of experiments."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from overnight.gate.audit import Estimate
from overnight.gate.caution import basis, kind_of_pairs
from overnight.gate.memory import GateMemory
from overnight.gate.near_miss import is_near_miss
from overnight.gate.noise import noise_report
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.models.usage import Usage
from overnight.program.program import Program
from overnight.research.caution import cautions_of, doubts_of
from overnight.research.events import (
    Advanced,
    AuditConcluded,
    AuditOpened,
    CampaignOpened,
    Concluded,
    Event,
    ModelCalled,
    Moved,
    Ordered,
    OrderSettled,
    ProposalMissed,
    Proposed,
    ProviderChanged,
    Registered,
    Reopened,
    SessionStarted,
    Stopped,
    TrialFinished,
)
from overnight.research.given import WAITS, GivenOrder, given_order
from overnight.research.order import OWNER
from overnight.research.record.port import Recorded
from overnight.research.record.restore import Folded
from overnight.research.standing import Tally, with_beliefs
from overnight.research.state import apply, begin
from overnight.research.story.clock import CampaignClock
from overnight.research.story.dossier import Dossier
from overnight.research.story.evidence import EvidenceTally
from overnight.research.story.failures import FailureTally
from overnight.research.story.heads import HeadTally, headline
from overnight.research.story.outages import Outages
from overnight.research.story.spending import Spending
from overnight.research.story.story import Audited, ErrorBudget, Funnel, KeepEvidence, Point, Story, TotalGain
from overnight.research.story.values import Values

ORDERS = 20  # of others, the newest
ANSWERED = 500  # experiments whose assignments are known


def tell_story(
    recorded: Iterable[Recorded], program: Program, folded: Folded | None = None, believed: Collection[str] = ()
) -> Story:
    """The story of a campaign of this program, including one that still runs or was killed.

    `folded` is the state at one of its events, from a snapshot, so that only those after it need folding. `believed` are kept
    commits that a person believes, of which no event says so yet.
    """
    narrator = _Narrator(program, folded)
    for entry in recorded:
        narrator.take(entry)
    narrator.believe(believed)
    return narrator.story()


class _Narrator:
    """Folds the state, as every other view does, and gathers what a report shows but no decision needs."""

    def __init__(self, program: Program, folded: Folded | None) -> None:
        self.program = program
        self.state = folded.state if folded else None
        self.folded_seq = folded.seq if folded else 0
        self.clock = CampaignClock()
        self.opened: CampaignOpened | None = None
        self.opened_at = self.ended_at = 0.0
        self.open: dict[int, Dossier] = {}  # including proven ones whose branch has not moved yet
        self.kept: list[tuple[Dossier, Conclusion, Advanced]] = []
        self.audit_opened: AuditOpened | None = None
        self.audited: tuple[AuditOpened, AuditConcluded, int] | None = None  # and the number of keeps before it
        self.totals: list[Estimate] = []  # of all audits of this head
        self.proposed = self.measured = 0
        self.heads = HeadTally()
        self.values = Values(program.metric)
        self.evidence = EvidenceTally()
        self.failures = FailureTally()
        self.spending = Spending()
        self.outages = Outages()
        self.answered: dict[int, int] = {}
        self.orders: dict[str, GivenOrder] = {}  # by key, the newest

    def take(self, entry: Recorded) -> None:
        hours = self.clock.tick(entry)
        if isinstance(entry.event, SessionStarted):
            self.outages.end_session(self.ended_at)  # of the newest event of a session that was killed
        self.ended_at = max(self.ended_at, entry.at)
        if isinstance(entry.event, Stopped):
            self.outages.end_session(self.ended_at)
        if entry.seq > self.folded_seq or self.state is None:
            self._fold(entry.event)
        if isinstance(entry.event, Ordered | OrderSettled):
            self._take_order(entry.event, entry.at)
        self._dispatch(entry.event, entry.at, hours)

    def believe(self, commits: Collection[str]) -> None:
        if self.state:
            self.state = replace(self.state, kept=with_beliefs(self.state.kept, commits))

    def _fold(self, event: Event) -> None:
        if self.state is not None:
            self.state = apply(self.state, event)
        elif isinstance(event, CampaignOpened):
            self.state = begin(event, self.program)

    def _dispatch(self, event: Event, at: float, hours: float) -> None:
        match event:
            case CampaignOpened():
                self.opened, self.opened_at = event, at
                self.heads.enthrone(number=0, commit=event.start, hours=0.0)
            case Proposed():
                self._propose(event, at)
            case Moved() | Reopened():
                self._restart(event, at)
            case TrialFinished():
                self._take_trial(event.trial, hours)
            case Registered():
                self.evidence.register(event, allowed=self.program.gate.error_rate * (len(self.kept) + 1))
            case Concluded():
                self._conclude(event, at)
            case Advanced():
                self._advance(event, hours)
            case ProposalMissed() | ModelCalled() | ProviderChanged():
                self._miss_or_call(event)
            case AuditOpened() | AuditConcluded():
                self._take_audit(event)

    def _take_order(self, event: Ordered | OrderSettled, at: float) -> None:
        if isinstance(event, OrderSettled):
            if given := self.orders.get(event.key):
                self.orders[event.key] = replace(given, outcome=event.outcome.value)
        elif event.by != OWNER and event.key not in self.orders:
            self.orders[event.key] = given_order(event, at, WAITS)
            if len(self.orders) > ORDERS:
                self.orders.pop(next(iter(self.orders)))

    def _take_audit(self, event: AuditOpened | AuditConcluded) -> None:
        if isinstance(event, AuditOpened):
            self.audit_opened = event
        elif self.audit_opened:
            self.audited = self.audit_opened, event, len(self.kept)
            self.totals += [event.total] if event.total else []

    def _propose(self, event: Proposed, at: float) -> None:
        self.proposed += 1
        self.answered[event.assignment] = event.number
        if len(self.answered) > ANSWERED:
            self.answered.pop(next(iter(self.answered)))
        self.open[event.number] = Dossier(event, at, used=self.spending.propose(event))

    def _restart(self, event: Moved | Reopened, at: float) -> None:
        """The evidence of an experiment starts again."""
        if isinstance(event, Reopened):
            self.open[event.number] = Dossier(event.proposed, at, used=Usage())
            self.measured -= event.verdict is Verdict.DISCARD
            return
        self.evidence.move(event.number)
        if dossier := self.open.get(event.number):
            dossier.move()

    def _miss_or_call(self, event: ProposalMissed | ModelCalled | ProviderChanged) -> None:
        match event:
            case ProposalMissed():
                self.failures.miss(event.role, event.reason)
            case ModelCalled():
                self.spending.call(event)
            case ProviderChanged():
                self.outages.change(event.state)

    def _take_trial(self, trial: Trial, hours: float) -> None:
        self.spending.take(trial)
        beside = self.program.gate.expensive and trial.key.stage is Stage.CONFIRM and trial.key.arm is Arm.BASELINE
        if trial.key.stage is Stage.BASELINE or beside:
            self._take_head_trial(trial, hours)
        if trial.key.stage is Stage.BASELINE:
            return
        if trial.key.stage is not Stage.AUDIT and (dossier := self.open.get(trial.key.experiment)):
            self._take_candidate_trial(dossier, trial, hours)

    def _take_head_trial(self, trial: Trial, hours: float) -> None:
        if trial.value is not None:
            number = self.heads.add(trial.tree, trial.value)
            self.values.head(Point(number=number, hours=hours, value=trial.value))

    def _take_candidate_trial(self, dossier: Dossier, trial: Trial, hours: float) -> None:
        # the holdout's answers are sealed: no view ever sees more than the quantised gain of a conclusion
        if trial.key.arm is Arm.CANDIDATE and trial.key.stage is not Stage.HOLDOUT and trial.value is not None:
            point = Point(number=trial.key.experiment, hours=hours, value=trial.value)
            self.values.candidate(point, first=dossier.valued == 0)
        dossier.take(trial)

    def _conclude(self, event: Concluded, at: float) -> None:
        if (dossier := self.open.get(event.number)) is None:
            return
        dossier.conclude(event.conclusion, at)
        self.evidence.conclude(event)
        if event.conclusion.verdict is Verdict.KEEP:
            return  # counts when the branch has moved
        self.measured += self.open.pop(event.number).valued > 0
        self.failures.add(event.conclusion.verdict, dossier.example(), near=self._is_near(dossier))

    def _is_near(self, dossier: Dossier) -> bool:
        """Whether a discard is a near miss, by the noise as it is known at the event that is folded last."""
        noise = noise_report(self.program, self.state.gate) if self.state else None
        return noise is not None and is_near_miss(dossier.conclusion, len(dossier.screening), noise)

    def _advance(self, event: Advanced, hours: float) -> None:
        self.heads.enthrone(number=event.number, commit=event.new, hours=hours)
        self.totals.clear()
        dossier = self.open.pop(event.number, None)
        if dossier is not None and dossier.conclusion is not None:
            self.measured += dossier.valued > 0
            self.kept.append((dossier, dossier.conclusion, event))

    def story(self) -> Story:
        opened, state, program, values = self.opened, self.state, self.program, self.values
        total, incomparable = self._total()
        return Story(
            tag=opened.tag if opened else "",
            command=program.command,
            metric=program.metric,
            budget=state.budget if state else program.budget,
            target=program.target,
            version=opened.version if opened else "",
            sandbox=opened.sandbox if opened else "",
            environment=opened.environment if opened else {},
            cautions=cautions_of(state) if state else (),
            basis=basis(program),
            pairs=kind_of_pairs(program),
            has_holdout=program.holdout is not None,
            opened_at=self.opened_at,
            ended_at=self.ended_at,
            sessions=state.sessions + 1 if state else 0,
            ending=state.ending if state else None,
            baseline=values.baseline.items(),
            candidates=values.candidates.items(),
            candidates_seen=values.candidates.seen,
            claims=values.claims(),
            claims_seen=values.claims_seen,
            heads=self.heads.heads(),
            keeps=self._keeps(comparable=not incomparable),
            total=total,
            audit=self._audit(),
            incomparable=incomparable,
            own_audit=self.program.audit is not None,
            near_misses=self.failures.near_misses(),
            failures=self.failures.failures(),
            misses=self.failures.misses(),
            funnel=self._funnel(),
            errors=self._errors(),
            answers=self.evidence.answers(),
            noise=noise_report(program, state.gate if state else GateMemory()),
            costs=replace(
                self.spending.costs(self.clock.seconds),
                network=state.network if state else {},
                nodes=state.nodes if state else {},
            ),
            outages=self.outages.listed(self.ended_at),
            out_s=self.outages.totals(self.ended_at),
            answered=dict(self.answered),
            orders=tuple(self.orders.values()),
        )

    def _errors(self) -> ErrorBudget:
        kept = [conclusion for _, conclusion, _ in self.kept]
        gate, keeps = self.program.gate, self.state.gate.keeps if self.state else 0
        return self.evidence.budget(gate.error_rate, kept, keeps=keeps, expensive=gate.expensive)

    def _keeps(self, *, comparable: bool) -> tuple[KeepEvidence, ...]:
        replaced = {kept.number: kept.replaced_by for kept in self.state.kept} if self.state else {}
        doubted = doubts_of(self.state) if self.state else {}
        return tuple(
            dossier.keep(
                conclusion,
                move=move,
                fresh=self.heads.fresh_gain(self.program.metric, dossier.proposed.number) if comparable else None,
                replaced_by=replaced.get(dossier.proposed.number, 0),
                doubt=doubted.get(dossier.proposed.number),
            )
            for dossier, conclusion, move in self.kept
        )

    def _audit(self) -> Audited | None:
        if self.audited is None:
            return None
        opened, concluded, kept = self.audited
        return Audited(opened=opened, concluded=concluded, keeps_since=len(self.kept) - kept)

    def _total(self) -> tuple[TotalGain | None, str]:
        """The headline, and why trials of heads hours apart say nothing about their difference; empty if they do."""
        fresh, why = self.heads.total(self.program.metric), ""
        if self.program.measures_time:
            why = "Times that were measured hours apart are not comparable"
        elif fresh and fresh.gain.high < 0.0:
            why = "Fresh trials of the head are worse than those of the start, hours before, although the pairs proved a gain"
        alone = why or (self.program.audit and self.totals)  # audits use other data: their widths do not compete
        return headline(None if alone else fresh, self.totals), why

    def _funnel(self) -> Funnel:
        tally = self.state.tally if self.state else Tally()
        return Funnel(
            proposed=self.proposed,
            measured=self.measured + sum(dossier.valued > 0 for dossier in self.open.values()),
            registered=self.evidence.registered,
            holdouts=self.state.gate.holdouts if self.state else 0,
            kept=tally.keep,
            verdicts={verdict: count for verdict in Verdict if (count := getattr(tally, verdict.value))},
            trials=dict(self.spending.trials),
        )
