"""Everything that a report shows of a campaign, as one value; every view is made from it alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from overnight.egress.connection import HostUse
from overnight.gate.audit import ChangeAudit
from overnight.gate.noise import NoiseReport
from overnight.gate.plausibility import hold, look_at
from overnight.gate.trial import Stage
from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.port import branch_of
from overnight.models.provider_state import ProviderStanding
from overnight.models.usage import Usage
from overnight.program.program import Budget, Metric
from overnight.research.ending import Ending
from overnight.research.events import AuditConcluded, AuditOpened
from overnight.research.experiment import Scalar
from overnight.research.given import GivenOrder
from overnight.research.nodes import Nodes
from overnight.research.story.spread import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value: of which experiment, and how far into the campaign."""

    number: int  # of the experiment; for a baseline trial, of the one that made its head, 0 for the start
    hours: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An accepted state of the branch, by its own fresh trials; the trials that it was kept for never count."""

    number: int  # of the experiment that made it, 0 is the start
    commit: str
    hours: float  # when it became the head
    trials: int
    band: Interval | None  # None until it has a trial


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """Both arms of one confirmation pair; `first` gives the order of the trials."""

    seed: int
    baseline: float | None
    candidate: float | None
    first: str  # the arm that ran first


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepEvidence:
    """A kept experiment with its evidence."""

    number: int
    role: str
    researcher: str
    hypothesis: str
    notes: Mapping[str, Scalar]
    assignment: int  # that it answers, as in the names of transcripts; 0: not known
    base: str  # the head that it replaced
    commit: str
    conclusion: Conclusion
    screening: tuple[float, ...]  # values of the candidate's screening trials
    pairs: tuple[PairRow, ...]
    fresh: Interval | None  # gain by fresh trials: the head before against this one, without the winning trials
    replaced_by: int  # later keep that undid it, because their texts conflict; 0: none
    doubts: tuple[str, ...]  # what makes its value hard to believe
    searched: int  # search trials that it was found by
    unscreened: bool  # it was put to the test at once, as those stand in for screening
    together: tuple[int, ...]  # earlier experiments whose changes are merged into it
    held: bool  # it is unbelievable until a person has read it
    believed: bool  # a person has read it, and believes its gain
    trials: int
    cpu_s: float
    seconds: float
    tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One experiment that was not kept."""

    number: int
    hypothesis: str
    reason: str
    gain: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """All experiments that ended the same way; numbers in reasons are left out of the comparison."""

    verdict: Verdict
    reason: str
    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """How often a role made no proposal, for one reason."""

    role: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many experiments reached each stage, and the trials that each stage took."""

    proposed: int
    measured: int  # at least one trial of theirs had a value
    registered: int
    holdouts: int  # about which the sealed holdout was asked
    kept: int
    verdicts: Mapping[Verdict, int]
    trials: Mapping[Stage, int]

    @property
    def experiments(self) -> int:
        """Those that ran to a verdict; a reject is free of charge."""
        return sum(count for verdict, count in self.verdicts.items() if verdict is not Verdict.REJECT)


class Outcome(StrEnum):
    """The outcome of a proposal that was put to the test."""

    KEPT = "kept"
    UNPROVEN = "not proven"
    REFUSED = "proven, but refused by the holdout"
    MOVED = "given up: the head moved"
    OPEN = "still open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A level that one test drew from the error budget, and the evidence that it reached."""

    number: int  # of the experiment
    test: int  # t, from 1
    level: float
    allowed: float  # false keeps that may be expected after the keeps so far
    spent: float  # sum of all levels up to this one
    log_e: float | None  # natural log of its last e-value
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedAnswer:
    """The sealed holdout's answer about one candidate, as coarse as it was given."""

    number: int
    gain: float  # in public
    low: float | None
    high: float | None
    holdout_gain: float
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """What the tests of the campaign may get wrong."""

    error_rate: float  # bound on the expected share of false keeps
    tests: int
    spent: float  # sum of the levels so far
    next_level: float
    weakest: Conclusion | None  # the keep whose e-value exceeds the required 1/level by the least factor
    draws: tuple[Draw, ...]  # in the order of the tests; those without a keep are thinned


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """All calls of one role to one model."""

    role: str
    provider: str
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A provider of models that was out, or slow, for a while."""

    provider: str
    standing: ProviderStanding
    why: str
    since: float  # Unix time, s
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What the campaign spent."""

    elapsed_s: float
    trials: int
    trial_wall_s: float
    stopped_early: int  # first trials that ended at 30 % of their run
    saved_s: float  # what the rest of them would have taken, by the mean of those that ran to their end
    cpu_s: float
    peak_memory_bytes: int
    tokens: int
    cost_usd: float
    models: tuple[ModelUse, ...]  # the most expensive first; those that bypassed the gateway are not included
    network: Mapping[str, HostUse] = field(default_factory=dict)  # what jobs reached and were refused, by host
    nodes: Nodes = field(default_factory=dict)  # other machines that trials ran on, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalGain:
    """Start against head in the metric's units, positive is better."""

    gain: Interval
    start: float
    head: float
    audited: bool  # by interleaved audit trials; else by the fresh trials of both heads, hours apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """The newest finished audit."""

    opened: AuditOpened
    concluded: AuditConcluded
    keeps_since: int  # keeps since then, each of which replaced the head

    @property
    def standings(self) -> Mapping[int, ChangeAudit]:
        """What leaving out each kept change showed, by its experiment."""
        return {change.number: change for change in self.concluded.changes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One campaign, as a report shows it."""

    tag: str
    command: str  # that the commands of such campaigns begin with
    metric: Metric
    budget: Budget
    target: float | None
    version: str
    sandbox: str
    environment: Mapping[str, str]  # as it was when the campaign began
    cautions: tuple[str, ...]  # what weakens the evidence
    basis: str  # what values rest on, if candidates could make them up; empty with `produce` and `score`
    pairs: str  # what the pairs of trials are that a keep is proven in
    has_holdout: bool
    opened_at: float  # Unix time, s
    ended_at: float
    sessions: int
    ending: Ending | None  # of the last session; None while it runs or after a kill
    baseline: tuple[Point, ...]
    candidates: tuple[Point, ...]
    candidates_seen: int  # more than `candidates` if these are thinned
    claims: tuple[Point, ...]  # the running best of the first trial of each experiment: what a one-run rule believes
    claims_seen: int  # including the start and those that are thinned out
    heads: tuple[Head, ...]
    keeps: tuple[KeepEvidence, ...]
    total: TotalGain | None
    audit: Audited | None
    incomparable: str  # why fresh trials of different heads are not comparable; empty if they are
    own_audit: bool  # audits have a command of their own, on data that no verdict saw
    near_misses: tuple[Example, ...]
    failures: tuple[FailureGroup, ...]
    misses: tuple[Miss, ...]
    funnel: Funnel
    errors: ErrorBudget
    answers: tuple[SealedAnswer, ...]  # of the holdout, in the order of the verdicts; refusals are thinned
    noise: NoiseReport
    costs: Costs
    outages: tuple[Outage, ...]  # of providers, the newest ones in order
    out_s: Mapping[str, float]  # how long each provider was out, all outages included, s
    orders: tuple[GivenOrder, ...]  # the newest that others than the owner at home gave, oldest first
    answered: Mapping[int, int]  # the newest experiments, by the assignment that each answers

    @property
    def to_look_at(self) -> tuple[str, ...]:
        """The keeps whose values are hard to believe, and that nobody has looked at, a line each."""
        return tuple(look_at(k.number, k.doubts) for k in self.keeps if k.doubts and not k.held and not k.believed)

    @property
    def to_hold(self) -> tuple[str, ...]:
        """The keeps that are unbelievable until a person has read them, a line each."""
        return tuple(hold(keep.number, keep.doubts) for keep in self.held)

    @property
    def held(self) -> tuple[KeepEvidence, ...]:
        """These keeps, the oldest first."""
        return tuple(keep for keep in self.keeps if keep.held)

    @property
    def branch(self) -> str:
        """The branch of the kept changes."""
        return branch_of(self.tag)

    @property
    def start(self) -> str:
        """The commit that the campaign started from; empty for an empty ledger."""
        return self.heads[0].commit if self.heads else ""

    @property
    def head(self) -> str:
        """The commit that the branch is at."""
        return self.heads[-1].commit if self.heads else ""
