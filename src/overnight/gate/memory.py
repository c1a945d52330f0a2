"""What the gate remembers over a campaign: a fold of trials and verdicts into a fixed number of plain numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from overnight.gate.lesson import Lesson
from overnight.gate.pairs import Pair, judged_pairs, pairs_of
from overnight.gate.scale import Scale
from overnight.gate.seeds import ANCHORS
from overnight.gate.split_error import Answers
from overnight.gate.stats import clip, mean, trend_score
from overnight.gate.trial import Arm, Fault, Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Metric

FAR = 3.0  # sd of one trial
WINDOW = 64  # newest trials of the head that are remembered
LOCAL = 6  # newest trials of the head for a residual, and for the baseline of a drifting machine
DRIFT_ON = 3.0  # trend score at which the machine counts as drifting: by chance in one of 740 steady windows
DRIFT_OFF = 1.0
_DRIFT_TRIALS = 12  # fewer say too little about a trend
_LARGEST_RESIDUAL = 1e70  # so that sums of fourth powers do not overflow
_APART = 3.0  # standard errors
_EARLY = 128  # candidates whose standing at 30 % is remembered
_OUTLIER = 4.0  # sd at which the residual of one test is cut before it is pooled, so that no candidate spoils the pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Pooled squared residuals with their degrees of freedom."""

    squares: float = 0.0
    fourths: float = 0.0  # residuals to the fourth power: heavy tails show here
    freedom: int = 0

    def add(self, *residuals: float, freedom: int) -> "Spread":
        """This spread with further residuals from one mean."""
        squares = [clip(residual, _LARGEST_RESIDUAL) ** 2 for residual in residuals]
        return Spread(
            squares=self.squares + math.fsum(squares),
            fourths=self.fourths + math.fsum(square * square for square in squares),
            freedom=self.freedom + freedom,
        )

    @property
    def variance(self) -> float:
        """The mean square; 0 if nothing is known."""
        return self.squares / self.freedom if self.freedom else 0.0

    @property
    def kurtosis(self) -> float:
        """3 for Gaussian residuals, more for heavy tails; 3 if nothing is known."""
        if not self.squares or not self.freedom:
            return 3.0
        return self.freedom * (self.fourths / self.squares / self.squares)  # the square of `squares` may underflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """What a seed does to both arms alike, from differences between successive pairs of a test: drift does not count."""

    squares: float = 0.0  # of the head's differences
    products: float = 0.0  # of the head's with the candidate's

    def add(self, differences: Sequence[tuple[float, float]]) -> "Luck":
        """This luck with further differences, head and candidate."""
        return Luck(
            squares=self.squares + math.fsum(head * head for head, _ in differences),
            products=self.products + math.fsum(head * candidate for head, candidate in differences),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreads:
    """The noise on one working scale."""

    within: Spread = Spread()  # one trial against others of the same tree, over all heads
    head: Spread = Spread()  # the same for the present head alone: a kept change may be less noisy than what it replaced
    paired: Spread = Spread()  # gain of one confirmation pair against the others of its test
    luck: Luck = Luck()

    @property
    def variance(self) -> float:
        """Of one trial of the present head: that of all heads, unless this one is clearly less or more noisy."""
        return (self.head if self._apart else self.within).variance

    @property
    def _apart(self) -> bool:
        """Whether the head's variance is three standard errors from that of all heads, on a logarithmic scale."""
        head, within = self.head.variance, self.within.variance
        if not head or not within:
            return False
        error = math.sqrt(max(self.within.kurtosis - 1.0, 2.0) / self.head.freedom)
        return abs(math.log(head) - math.log(within)) > _APART * error  # their ratio may underflow


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMemory:
    """All that the gate knows, except for the open experiment's own trials."""

    rules: int = 1  # of the gate, as in `CampaignOpened`
    tests: int = 0  # registered so far
    keeps: int = 0
    holdouts: int = 0  # candidates that the sealed holdout was asked about
    head_number: int = 0  # experiment that made the head; 0: the start
    head_tree: str = ""  # digest of the head's tree, once a trial has shown it
    head_trials: int = 0  # trials of the stage BASELINE of this head, failed ones included: the next index
    baseline: tuple[float, ...] = ()  # newest values of the head on the public measure, oldest first
    anchors: tuple[tuple[int, float], ...] = ()  # seed and value of the head's first few trials
    since_refresh: int = 0  # screening trials since the newest value of the head
    losses: int = 0  # candidates in a row, since then, that crashed or whose one trial was far behind the head
    failures: int = 0  # latest trials of the head in a row without a value
    trials: int = 0  # values of all heads so far
    varied: bool = False  # two trials of one tree ever differed
    positive: bool = True  # every value of a head so far was above 0
    drifting: bool = False
    won_with: float | None = None  # the single value of all trials that made it the head
    head_early: tuple[float, ...] = ()  # what the head's newest trials printed at 30 % of their run
    early: tuple[tuple[float, bool], ...] = ()  # of the newest candidates: lead there, and whether a second trial followed
    answers: Answers = field(default_factory=Answers)  # of the sealed holdout
    conceded: float = 0.0  # estimated harm of keeps for less code, as a share of what they may do in total
    linear: Spreads = field(default_factory=Spreads)
    logarithmic: Spreads = field(default_factory=Spreads)

    def spreads(self, scale: Scale) -> Spreads:
        """The noise on one working scale."""
        return self.logarithmic if scale is Scale.LOG else self.linear


def after_trial(memory: GateMemory, trial: Trial, lesson: Lesson = Lesson.ALL) -> GateMemory:
    """The memory after a finished trial of any stage, of an experiment with such a lesson."""
    key = trial.key
    if key.stage is Stage.SCREEN:
        memory = replace(memory, since_refresh=memory.since_refresh + 1)
        return memory if key.arm is Arm.CANDIDATE else _beside(memory, trial)
    if key.stage is Stage.BASELINE and key.experiment == memory.head_number:
        memory = replace(
            memory,
            head_trials=max(memory.head_trials, key.index + 1),
            head_tree=memory.head_tree or trial.tree,
            since_refresh=0,
            losses=0,
            failures=memory.failures + 1 if trial.value is None else 0,
        )
        if key.index < ANCHORS and trial.value is not None:
            memory = replace(memory, anchors=(*memory.anchors, (trial.seed, trial.value)))
        if trial.early is not None:
            memory = replace(memory, head_early=(*memory.head_early, trial.early)[-WINDOW:])
    of_head = key.stage is Stage.BASELINE or (key.stage is Stage.CONFIRM and lesson is Lesson.ALL)
    of_head = of_head and key.arm is Arm.BASELINE and trial.tree == memory.head_tree
    return _with_value(memory, trial.value) if of_head and trial.value is not None else memory


def _beside(memory: GateMemory, trial: Trial) -> GateMemory:
    """After a trial of the head beside one of a candidate in screening, which only expensive trials have."""
    return replace(memory, failures=memory.failures + 1 if trial.value is None else 0)


def after_session(memory: GateMemory, *, expensive: bool) -> GateMemory:
    """The memory when a session starts: a person may have fixed what made an expensive head fail."""
    return replace(memory, failures=0) if expensive else memory


def with_head(memory: GateMemory, tree: str) -> GateMemory:
    """The memory if no trial runs for the head alone: those in pairs of a test are known by its tree."""
    return replace(memory, head_tree=tree)


def after_registered(memory: GateMemory) -> GateMemory:
    """Count a test against the error budget."""
    return replace(memory, tests=memory.tests + 1)


def after_restart(memory: GateMemory, trials: Sequence[Trial], metric: Metric, lesson: Lesson = Lesson.ALL) -> GateMemory:
    """The memory after an experiment's evidence starts again, because the head moved: its trials only tell of the noise."""
    if lesson is Lesson.NOTHING:
        return _with_holdout(memory, trials)
    return _with_holdout(_with_pairs(_with_variation(memory, trials), trials, metric), trials)


def after_concluded(
    memory: GateMemory, conclusion: Conclusion, trials: Sequence[Trial], metric: Metric, lesson: Lesson = Lesson.ALL
) -> GateMemory:
    """Pool the spread of the experiment's pairs; a keep makes a new head, about which nothing is known yet.

    If a candidate's own trials differ, the target counts as noisy: a coarse metric may hide its noise in a few equal trials.
    """
    if lesson is not Lesson.NOTHING:
        memory = _with_variation(memory, trials)
        memory = _with_early(_with_pairs(memory, trials, metric), conclusion, trials, metric)
    memory = _with_answer(_with_holdout(memory, trials), conclusion, trials, metric)
    if conclusion.verdict is not Verdict.KEEP:
        if any(trial.fault is Fault.BEHIND for trial in trials):
            return memory  # its trial stopped too early to tell whether it was far behind
        lost = conclusion.verdict is Verdict.CRASH or _far_behind(memory, conclusion, trials)
        return replace(memory, losses=memory.losses + 1 if lost else 0)
    values = _public_values(trials)
    return replace(
        memory,
        keeps=memory.keeps + 1,
        conceded=memory.conceded + _conceded(conclusion) * (1.0 - memory.conceded),
        linear=replace(memory.linear, head=Spread()),
        logarithmic=replace(memory.logarithmic, head=Spread()),
        won_with=values.pop() if len(values) == 1 else None,
        head_number=trials[0].key.experiment if trials else memory.head_number,
        head_tree="",
        head_trials=0,
        baseline=(),
        anchors=(),
        head_early=(),
        since_refresh=0,
        losses=0,
        failures=0,
    )


def _with_variation(memory: GateMemory, trials: Sequence[Trial]) -> GateMemory:
    if memory.varied or len(_public_values(trials)) <= 1:
        return memory
    return replace(memory, varied=True, linear=Spreads(), logarithmic=Spreads())  # the pooled values had shown no noise


def _with_holdout(memory: GateMemory, trials: Sequence[Trial]) -> GateMemory:
    asked = any(trial.key.stage is Stage.HOLDOUT for trial in trials)
    return replace(memory, holdouts=memory.holdouts + 1) if asked else memory


def _with_answer(memory: GateMemory, conclusion: Conclusion, trials: Sequence[Trial], metric: Metric) -> GateMemory:
    """Remember what the holdout answered of a gain; of other data than public parts, and of less code, it is not comparable."""
    hidden = [pair for pair in pairs_of(trials, Stage.HOLDOUT) if pair.valid]
    if not hidden or conclusion.margin is not None or metric.sealed_parts:
        return memory
    judged = judged_pairs(trials, conclusion.pairs)
    confirmed = [pair.gain(metric, Scale.LINEAR) for pair in judged if pair.valid]
    kept = conclusion.verdict is Verdict.KEEP
    found = memory.answers.add(confirmed, [pair.gain(metric, Scale.LINEAR) for pair in hidden], kept=kept)
    return replace(memory, answers=found)


def _with_early(memory: GateMemory, conclusion: Conclusion, trials: Sequence[Trial], metric: Metric) -> GateMemory:
    """Remember the first trial's lead at 30 %, if the trial ran to its end and screening judged it."""
    first = next((t for t in trials if t.key.stage is Stage.SCREEN and t.key.index == 0), None)
    survived = any(trial.value is not None and trial is not first for trial in trials)
    if first is None or first.value is None or first.early is None or not memory.head_early:
        return memory
    if not survived and conclusion.gain is None:
        return memory
    lead = metric.gain(mean(memory.head_early), first.early)
    return replace(memory, early=(*memory.early, (lead, survived))[-_EARLY:])


def _far_behind(memory: GateMemory, conclusion: Conclusion, trials: Sequence[Trial]) -> bool:
    """Whether one screening trial showed it far behind: several such candidates in a row point to the machine."""
    sigma = math.sqrt(memory.linear.variance)
    alone = sum(trial.key.stage is Stage.SCREEN for trial in trials) == len(trials) == 1
    return alone and conclusion.gain is not None and conclusion.gain < -FAR * sigma < 0.0


def _public_values(trials: Sequence[Trial]) -> set[float]:
    """The distinct values of a candidate on the public measure."""
    public = (t for t in trials if t.key.arm is Arm.CANDIDATE and t.key.stage in {Stage.SCREEN, Stage.CONFIRM})
    return {trial.value for trial in public if trial.value is not None}


def _conceded(conclusion: Conclusion) -> float:
    """The estimated share of its margin that a keep for less code cost."""
    harm = -(conclusion.gain or 0.0)
    return min(1.0, harm / conclusion.margin) if conclusion.margin and harm > 0.0 else 0.0


def _with_value(memory: GateMemory, value: float) -> GateMemory:
    baseline = (*memory.baseline, value)[-WINDOW:]
    memory = replace(
        memory,
        baseline=baseline,
        trials=memory.trials + 1,
        since_refresh=0,
        varied=memory.varied or value != baseline[0] or (memory.won_with is not None and value != memory.won_with),
        positive=memory.positive and value > 0.0,
        drifting=_drifting(memory.drifting, baseline),
        linear=_with_newest(memory.linear, baseline, Scale.LINEAR),
    )
    if not memory.positive:
        return memory
    return replace(memory, logarithmic=_with_newest(memory.logarithmic, baseline, Scale.LOG))


def _with_newest(spreads: Spreads, baseline: Sequence[float], scale: Scale) -> Spreads:
    """Pool the newest value's residual from the few before it: its square has mean sigma^2, even on a drifting machine."""
    *before, value = (scale.place(value) for value in baseline[-LOCAL - 1 :])
    if not before:
        return spreads
    residual = (value - mean(before)) * math.sqrt(len(before) / (len(before) + 1))
    return replace(spreads, within=spreads.within.add(residual, freedom=1), head=spreads.head.add(residual, freedom=1))


def _drifting(before: bool, baseline: Sequence[float]) -> bool:
    """Whether the machine drifts; once seen, drift counts until a whole window is steady.

    The trials right after a keep are too close in time to show it.
    """
    if len(baseline) < (WINDOW if before else _DRIFT_TRIALS):
        return before
    return trend_score(baseline) > (DRIFT_OFF if before else DRIFT_ON)


def _with_pairs(memory: GateMemory, trials: Sequence[Trial], metric: Metric) -> GateMemory:
    pairs = [pair for pair in pairs_of(trials, Stage.CONFIRM) if pair.valid]
    if len(pairs) < 2:  # noqa: PLR2004  # one difference has no spread
        return memory
    changed = {
        scale: _with_test(memory.spreads(scale), pairs, metric, scale)
        for scale in ((Scale.LINEAR, Scale.LOG) if memory.positive else (Scale.LINEAR,))
    }
    return replace(memory, linear=changed[Scale.LINEAR], logarithmic=changed.get(Scale.LOG, memory.logarithmic))


def _with_test(spreads: Spreads, pairs: Sequence[Pair], metric: Metric, scale: Scale) -> Spreads:
    gains = [pair.gain(metric, scale) for pair in pairs]
    centre, bound = mean(gains), _OUTLIER * math.sqrt(spreads.paired.variance or 2.0 * spreads.variance) or math.inf
    residuals = [clip(gain - centre, bound) for gain in gains]
    placed = [tuple(scale.place(value) for value in pair.values) for pair in pairs]
    bound = _OUTLIER * math.sqrt(2.0 * spreads.variance) or math.inf
    steps = [
        (clip(head - head_before, bound), clip(candidate - candidate_before, bound))
        for (head_before, candidate_before), (head, candidate) in pairwise(placed)
    ]
    return replace(spreads, paired=spreads.paired.add(*residuals, freedom=len(residuals) - 1), luck=spreads.luck.add(steps))
