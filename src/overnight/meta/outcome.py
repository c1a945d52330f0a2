"""What a meta-campaign showed, folded from its record: progress by target, what it cost by purpose, the plain alternative."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from overnight.gate.audit import Estimate
from overnight.gate.stats import mean, mean_interval
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Verdict
from overnight.program.program import Metric
from overnight.research.audit import times_of
from overnight.research.events import AuditOpened, Concluded, Event, Moved, TrialFinished

FEW = 2  # values that an interval needs


class Purpose(StrEnum):
    """What inner campaigns were run for."""

    CHECK = "check"  # how noisy progress is
    SCREENING = "screening"
    PROOF = "proof"
    HOLDOUT = "sealed targets"
    AUDIT = "audit"
    LONGER = "longer campaigns"


PURPOSES = {Stage.SCREEN: Purpose.SCREENING, Stage.CONFIRM: Purpose.PROOF, Stage.HOLDOUT: Purpose.HOLDOUT}
SEARCHED = (Purpose.CHECK, Purpose.SCREENING, Purpose.PROOF, Purpose.HOLDOUT)  # what finding the head took


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaSpent:
    """What some inner campaigns took, their audits not counted among the trials."""

    campaigns: int = 0
    trials: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    hours: float = 0.0  # one after the other

    def __add__(self, other: "MetaSpent") -> "MetaSpent":
        return MetaSpent(
            campaigns=self.campaigns + other.campaigns,
            trials=self.trials + other.trials,
            tokens=self.tokens + other.tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            hours=self.hours + other.hours,
        )

    def divided(self, parts: float) -> "MetaSpent":
        """An equal part of it, rounded."""
        return MetaSpent(
            campaigns=round(self.campaigns / parts),
            trials=round(self.trials / parts),
            tokens=round(self.tokens / parts),
            cost_usd=self.cost_usd / parts,
            hours=self.hours / parts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The progress of one organisation, in a target's own units or in spreads."""

    mean: float
    low: float  # of the 95 % interval of the mean; equal to `high` if there is only one value
    high: float
    campaigns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOutcome:
    """What the audit showed on one target, or on all of a kind; positive gains are better."""

    name: str
    sealed: bool
    spread: float  # sd of the difference of two equal campaigns, in the metric's units
    start: Level
    head: Level
    gain: Estimate | None  # of pairs
    longer_start: Level | None = None  # with a multiple of the budget
    longer_head: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOutcome:
    """What a kept change of the organisation gained by the pairs that proved it, by target: too much, as it was chosen."""

    number: int
    hypothesis: str
    gains: Mapping[str, Level]  # in each target's units


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaOutcome:
    """Everything of a meta-campaign that an ordinary report does not say."""

    targets: tuple[TargetOutcome, ...] = ()  # empty: not audited
    public: TargetOutcome | None = None  # the mean over the public targets, in spreads
    sealed: TargetOutcome | None = None
    times: int = 0  # how many inner budgets a longer campaign had; 0: none was run
    kept: tuple[KeptOutcome, ...] = ()
    spent: Mapping[Purpose, MetaSpent] = field(default_factory=dict)


class OutcomeFold:
    """Folds events; keeps the trials of the newest audit, of open experiments and of kept ones."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.spent: dict[Purpose, MetaSpent] = {}
        self.audit: AuditOpened | None = None
        self.arms: dict[tuple[Arm, int], dict[int, Mapping[str, float]]] = {}  # by arm and multiple of the budget
        self.pairs: dict[int, dict[tuple[int, Arm], Mapping[str, float]]] = {}  # by experiment

    def take(self, event: Event) -> None:
        """Take in the next event."""
        match event:
            case AuditOpened():
                self.audit, self.arms = event, {}
            case TrialFinished(trial=trial):
                self._trial(trial)
            case Concluded(number=number, conclusion=conclusion) if conclusion.verdict is not Verdict.KEEP:
                self.pairs.pop(number, None)
            case Moved(number=number):
                self.pairs.pop(number, None)  # its evidence starts again
            case _:
                pass

    def _trial(self, trial: Trial) -> None:
        key, progress = trial.key, progress_of(self.metric, trial)
        times = times_of(key)
        purpose = PURPOSES.get(key.stage, Purpose.AUDIT if times == 1 else Purpose.LONGER)
        self.spent[purpose] = self.spent.get(purpose, MetaSpent()) + MetaSpent(
            campaigns=len(progress),
            trials=int(trial.metrics.get("trials", 0)),
            tokens=int(trial.metrics.get("tokens", 0)),
            cost_usd=trial.metrics.get("cost_usd", 0.0),
            hours=trial.wall_s / 3600,
        )
        if key.stage is Stage.AUDIT and not key.experiment and trial.value is not None:
            self.arms.setdefault((key.arm, times), {})[key.index] = progress
        elif key.stage is Stage.CONFIRM and trial.value is not None:  # a holdout's answers are sealed
            self.pairs.setdefault(key.experiment, {})[key.index, key.arm] = progress

    def outcome(self, kept: Mapping[int, str]) -> MetaOutcome:
        """What the events show; `kept` are the kept experiments with their hypotheses."""
        metric, times = self.metric, self.audit.longer.times if self.audit and self.audit.longer else 0
        spreads = spreads_of(metric)
        sealed = {name for name, _ in metric.sealed_parts}
        targets = [self._target(name, times, _in_units(name), sealed=name in sealed, spread=spreads[name]) for name in spreads]
        overall = [
            self._target(name, times, _in_spreads(dict(parts)), sealed=name != PUBLIC, spread=1.0)
            for name, parts in ((PUBLIC, metric.parts), (SEALED, metric.sealed_parts))
            if parts
        ]
        found = [one for one in overall if one]
        return MetaOutcome(
            targets=tuple(one for one in targets if one),
            public=next((one for one in found if not one.sealed), None),
            sealed=next((one for one in found if one.sealed), None),
            times=times if any(multiple != 1 for _, multiple in self.arms) else 0,
            kept=tuple(self._kept(number, hypothesis) for number, hypothesis in kept.items()),
            spent=self.spent,
        )

    def _target(self, name: str, times: int, value: "Value", *, sealed: bool, spread: float) -> TargetOutcome | None:
        start, head = (_values(self.arms.get((arm, 1), {}), value) for arm in (Arm.BASELINE, Arm.CANDIDATE))
        before, after = level_of(start.values()), level_of(head.values())
        if before is None or after is None:
            return None
        both = [(start[index], head[index]) for index in start if index in head]
        longer = [level_of(_values(self.arms.get((arm, times), {}), value).values()) for arm in (Arm.BASELINE, Arm.CANDIDATE)]
        return TargetOutcome(
            name=name,
            sealed=sealed,
            spread=spread,
            start=before,
            head=after,
            gain=estimate(both),
            longer_start=longer[0] if times else None,
            longer_head=longer[1] if times else None,
        )

    def _kept(self, number: int, hypothesis: str) -> KeptOutcome:
        trials = self.pairs.get(number, {})
        gains: dict[str, list[float]] = {}
        for (index, arm), after in trials.items():
            before = trials.get((index, Arm.BASELINE), {}) if arm is Arm.CANDIDATE else {}
            for name in before.keys() & after.keys():
                gains.setdefault(name, []).append(after[name] - before[name])
        levels = {name: level for name, values in gains.items() if (level := level_of(values))}
        return KeptOutcome(number=number, hypothesis=hypothesis, gains=levels)


PUBLIC, SEALED = "public targets", "sealed targets"
Value = Callable[[Mapping[str, float]], float | None]  # one number of the progress by target; None: it is not there


def _in_units(name: str) -> Value:
    return lambda progress: progress.get(name)


def _in_spreads(spreads: Mapping[str, float]) -> Value:
    def value(progress: Mapping[str, float]) -> float | None:
        return (
            mean([progress[name] / spread for name, spread in spreads.items()]) if spreads.keys() <= progress.keys() else None
        )

    return value


def _values(trials: Mapping[int, Mapping[str, float]], value: Value) -> dict[int, float]:
    found = ((index, value(progress)) for index, progress in trials.items())
    return {index: one for index, one in found if one is not None}


def progress_of(metric: Metric, trial: Trial) -> Mapping[str, float]:
    """The progress of a trial's inner campaigns by target."""
    return {name: trial.metrics[name] for name in spreads_of(metric) if name in trial.metrics}


def spreads_of(metric: Metric) -> Mapping[str, float]:
    """The spread of each target, public and sealed."""
    return dict((*metric.parts, *metric.sealed_parts))


def level_of(values: Iterable[float]) -> Level | None:
    """The mean with its interval; None without a value."""
    every = list(values)
    if not every:
        return None
    low, high = mean_interval(every) if len(every) >= FEW else (every[0], every[0])
    return Level(mean=mean(every), low=low, high=high, campaigns=len(every))


def estimate(pairs: Sequence[tuple[float, float]]) -> Estimate | None:
    """The gain of pairs; None if there are too few."""
    if len(pairs) < FEW:
        return None
    gains = [after - before for before, after in pairs]
    low, high = mean_interval(gains)
    before, after = mean([one for one, _ in pairs]), mean([one for _, one in pairs])
    return Estimate(gain=mean(gains), low=low, high=high, pairs=len(pairs), before=before, after=after)
