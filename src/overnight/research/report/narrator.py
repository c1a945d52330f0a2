"""From the ledger's events to the story, in one pass whose memory does not grow with the number of experiments."""

from collections import Counter
from collections.abc import Iterable

from overnight.gate.audit import Estimate
from overnight.gate.caution import cautions, of_one_draw
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Program
from overnight.research.events import (
    Advanced,
    AuditConcluded,
    AuditOpened,
    CampaignOpened,
    Concluded,
    EnvironmentChanged,
    Event,
    ModelCalled,
    ProposalMissed,
    Proposed,
    Registered,
    SessionStarted,
    Stopped,
    TrialFinished,
)
from overnight.research.record.port import Recorded
from overnight.research.report.clock import CampaignClock
from overnight.research.report.dossier import Dossier
from overnight.research.report.evidence import EvidenceTally
from overnight.research.report.failures import FailureTally
from overnight.research.report.heads import HeadTally, headline
from overnight.research.report.spending import Spending
from overnight.research.report.story import Audited, ErrorBudget, Funnel, KeepEvidence, NoiseFloor, Point, Story, TotalGain
from overnight.research.report.values import Values
from overnight.research.state import JAIL


def tell_story(recorded: Iterable[Recorded], program: Program) -> Story:
    """The story of a campaign of this program, also of one that still runs or was killed."""
    narrator = _Narrator(program)
    for entry in recorded:
        narrator.take(entry)
    return narrator.story()


class _Narrator:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.clock = CampaignClock()
        self.opened: CampaignOpened | None = None
        self.opened_at = self.ended_at = 0.0
        self.sessions = self.unjailed = 0
        self.strayed: dict[str, None] = {}  # what changed outside the repository, in order
        self.stopped: Stopped | None = None
        self.stopped_before: Stopped | None = None  # by the session before
        self.open: dict[int, Dossier] = {}  # also proven ones whose branch move is still to come
        self.kept: list[tuple[Dossier, Conclusion, Advanced]] = []
        self.audit_opened: AuditOpened | None = None
        self.audited: tuple[AuditOpened, AuditConcluded, int] | None = None  # and the keeps before it
        self.totals: list[Estimate] = []  # of all audits of this head
        self.verdicts: Counter[Verdict] = Counter()
        self.proposed = self.measured = self.holdouts = 0
        self.heads = HeadTally()
        self.values = Values(program.metric)
        self.evidence = EvidenceTally()
        self.failures = FailureTally()
        self.spending = Spending()

    def take(self, entry: Recorded) -> None:
        hours = self.clock.tick(entry)
        self.ended_at = max(self.ended_at, entry.at)
        self._dispatch(entry.event, entry.at, hours)

    def _dispatch(self, event: Event, at: float, hours: float) -> None:
        match event:
            case CampaignOpened():
                self.opened, self.opened_at, self.sessions = event, at, 1
                self.unjailed = int(event.sandbox != JAIL)
                self.heads.enthrone(number=0, commit=event.start, hours=0.0)
            case SessionStarted() | Stopped() | EnvironmentChanged():
                self._begin_or_end(event)
            case Proposed():
                self._propose(event, at)
            case TrialFinished():
                self._measure(event.trial, hours)
            case Registered():
                self.evidence.register(event, allowed=self.program.gate.error_rate * (len(self.kept) + 1))
            case Concluded():
                self._conclude(event, at)
            case Advanced():
                self._advance(event, hours)
            case ProposalMissed() | ModelCalled():
                self._hear(event)
            case AuditOpened() | AuditConcluded():
                self._take_audit(event)

    def _begin_or_end(self, event: SessionStarted | Stopped | EnvironmentChanged) -> None:
        if isinstance(event, EnvironmentChanged):
            self.strayed |= dict.fromkeys(event.changed)
        elif isinstance(event, SessionStarted):
            self.sessions += 1
            self.unjailed += event.sandbox != JAIL
            self.stopped, self.stopped_before = None, self.stopped
        else:  # an audit ends no campaign
            self.stopped = self.stopped_before if event.reason == "audit" else event

    def _take_audit(self, event: AuditOpened | AuditConcluded) -> None:
        if isinstance(event, AuditOpened):
            self.audit_opened = event
        elif self.audit_opened:
            self.audited = self.audit_opened, event, len(self.kept)
            self.totals += [event.total] if event.total else []

    def _propose(self, event: Proposed, at: float) -> None:
        self.proposed += 1
        self.open[event.number] = Dossier(event, at, used=self.spending.propose(event))

    def _hear(self, event: ProposalMissed | ModelCalled) -> None:
        if isinstance(event, ProposalMissed):
            self.failures.miss(event.role, event.reason)
        else:
            self.spending.call(event)

    def _measure(self, trial: Trial, hours: float) -> None:
        self.spending.take(trial)
        if trial.key.stage is Stage.BASELINE:
            self._measure_head(trial, hours)
        elif trial.key.stage is not Stage.AUDIT and (dossier := self.open.get(trial.key.experiment)):
            self._measure_candidate(dossier, trial, hours)

    def _measure_head(self, trial: Trial, hours: float) -> None:
        if trial.value is not None:
            number = self.heads.add(trial.tree, trial.value)
            self.values.head(Point(number=number, hours=hours, value=trial.value))

    def _measure_candidate(self, dossier: Dossier, trial: Trial, hours: float) -> None:
        # the holdout's answers are sealed: no view ever sees more than the quantised gain of a conclusion
        if trial.key.arm is Arm.CANDIDATE and trial.key.stage is not Stage.HOLDOUT and trial.value is not None:
            point = Point(number=trial.key.experiment, hours=hours, value=trial.value)
            self.values.candidate(point, first=dossier.valued == 0)
        asked_before = dossier.sealed
        dossier.take(trial)
        self.holdouts += dossier.sealed and not asked_before

    def _conclude(self, event: Concluded, at: float) -> None:
        if (dossier := self.open.get(event.number)) is None:
            return
        dossier.conclude(event.conclusion, at)
        self.evidence.take(dossier.pairs())
        self.evidence.conclude(event)
        if event.conclusion.verdict is Verdict.KEEP:
            return  # counts when the branch has moved
        self._count(self.open.pop(event.number), event.conclusion.verdict)
        self.failures.add(event.conclusion.verdict, dossier.example())

    def _advance(self, event: Advanced, hours: float) -> None:
        self.heads.enthrone(number=event.number, commit=event.new, hours=hours)
        self.totals.clear()
        dossier = self.open.pop(event.number, None)
        if dossier is not None and dossier.conclusion is not None:
            self._count(dossier, Verdict.KEEP)
            self.kept.append((dossier, dossier.conclusion, event))

    def _count(self, dossier: Dossier, verdict: Verdict) -> None:
        self.verdicts[verdict] += 1
        self.measured += dossier.valued > 0

    def story(self) -> Story:
        opened, stopped = self.opened, self.stopped
        program, values = self.program, self.values
        total, incomparable = self._total()
        noise = self._noise(errors := self._errors())
        one_draw = of_one_draw(program, exact=noise.deterministic, kept=len(self.kept))
        return Story(
            tag=opened.tag if opened else "",
            metric=program.metric,
            budget=program.budget,
            target=program.target,
            version=opened.version if opened else "",
            sandbox=opened.sandbox if opened else "",
            environment=opened.environment if opened else {},
            cautions=cautions(self.unjailed, tuple(self.strayed), one_draw=one_draw),
            opened_at=self.opened_at,
            ended_at=self.ended_at,
            sessions=self.sessions,
            ending=stopped.reason if stopped else "",
            ending_detail=stopped.detail if stopped else "",
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
            errors=errors,
            answers=self.evidence.answers(),
            noise=noise,
            costs=self.spending.costs(self.clock.seconds),
        )

    def _keeps(self, *, comparable: bool) -> tuple[KeepEvidence, ...]:
        return tuple(
            dossier.keep(
                conclusion,
                move=move,
                fresh=self.heads.fresh_gain(self.program.metric, dossier.proposed.number) if comparable else None,
            )
            for dossier, conclusion, move in self.kept
        )

    def _audit(self) -> Audited | None:
        if self.audited is None:
            return None
        opened, concluded, kept = self.audited
        return Audited(opened=opened, concluded=concluded, keeps_since=len(self.kept) - kept)

    def _total(self) -> tuple[TotalGain | None, str]:
        """The headline, and why trials of heads that lie hours apart say nothing of their difference; empty where they do."""
        fresh, why = self.heads.total(self.program.metric), ""
        if self.program.measures_time:
            why = "Times that were measured hours apart do not compare"
        elif fresh and fresh.gain.high < 0.0:
            why = "Fresh trials of the head are worse than those of the start long before, against what the pairs proved"
        alone = why or (self.program.audit and self.totals)  # audits are of other data: no contest of widths
        return headline(None if alone else fresh, self.totals), why

    def _funnel(self) -> Funnel:
        return Funnel(
            proposed=self.proposed,
            measured=self.measured + sum(dossier.valued > 0 for dossier in self.open.values()),
            registered=self.evidence.tests,
            holdouts=self.holdouts,
            kept=len(self.kept),
            verdicts=dict(self.verdicts),
            trials=dict(self.spending.trials),
        )

    def _errors(self) -> ErrorBudget:
        return self.evidence.budget(self.program.gate.error_rate, [conclusion for _, conclusion, _ in self.kept])

    def _noise(self, errors: ErrorBudget) -> NoiseFloor:
        sigma, freedom = self.heads.sigma()
        return NoiseFloor(
            sigma=sigma,
            freedom=freedom,
            deterministic=freedom > 0 and sigma == 0,
            correlation=self.evidence.correlation(),
            smallest_effect=self.evidence.smallest_effect(sigma, errors.next_level, self.program.gate.max_pairs),
        )
