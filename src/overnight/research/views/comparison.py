"""Two campaigns side by side: what each gained for what it cost, and how sure the difference of their gains is."""

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from overnight.gate.trial import Stage
from overnight.program.program import Program
from overnight.research.ending import SessionKind
from overnight.research.events import Advanced, CampaignOpened, SessionStarted, Stopped, TrialFinished
from overnight.research.record.port import Recorded
from overnight.research.record.restore import Folded
from overnight.research.story.clock import CampaignClock
from overnight.research.story.narrator import tell_story
from overnight.research.story.spread import CONFIDENCE, Interval
from overnight.research.story.story import KeepEvidence, Story
from overnight.research.views.comparability import cautions, incomparable
from overnight.research.views.trial_use import TrialUse, use_by_stage

_HOUR_S = 3600


class GainSource(StrEnum):
    """What a gain is known from."""

    AUDIT = "audit"  # start and head measured side by side
    FRESH_TRIALS = "fresh trials"  # of start and head, each when it was the head
    NOTHING_KEPT = "nothing kept"  # the head is the start


class Ahead(StrEnum):
    """Which of two campaigns gained more, beyond noise."""

    A = "a"  # the first one
    B = "b"  # the second one
    NEITHER = "neither"  # noise can explain the difference
    UNKNOWN = ""  # a gain is not known, or they are not comparable


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """When a head was made: after how many trials of the campaign, without those of audits."""

    number: int  # of the experiment that made it, 0 is the start
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What a campaign gained, head over start, in the metric's units; positive is better."""

    gain: float
    low: float  # of the 95 % interval
    high: float
    before: float | None  # mean of the start
    after: float | None  # mean of the head
    source: GainSource


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSummary:
    """One of the two campaigns."""

    name: str  # as the user gave it, with the tag if they left it out
    tag: str
    metric: str
    start: str  # commit
    head: str  # commit
    experiments: int
    kept: int
    trials: int  # without those of audits, as in `hours`
    trials_used: tuple[TrialUse, ...]  # for what, those of audits included
    hours: float
    tokens: int
    cost_usd: float
    gain: Gain | None  # None: something is kept, and its gain needs an audit or fresh trials of its head
    gain_per_hour: float | None
    gain_per_trial: float | None
    ending: str  # why its last session stopped; empty while it runs or after a kill
    ending_detail: str
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCampaign:
    """A campaign as its ledger shows it."""

    name: str
    program: Program
    story: Story
    steps: tuple[Step, ...]
    audit_s: float  # time that its audits took
    changes: dict[int, frozenset[str]]  # the lines that each kept experiment added and removed

    @property
    def side(self) -> CampaignSummary:
        """Its figures."""
        story, gain = self.story, gain_of(self.story)
        hours = max(0.0, story.costs.elapsed_s - self.audit_s) / _HOUR_S
        trials = story.costs.trials - story.funnel.trials.get(Stage.AUDIT, 0)
        return CampaignSummary(
            name=self.name,
            tag=story.tag,
            metric=story.metric.name,
            start=story.start,
            head=story.head,
            experiments=story.funnel.experiments,
            kept=len(story.keeps),
            trials=trials,
            trials_used=use_by_stage(story.funnel.trials),
            hours=hours,
            tokens=story.costs.tokens,
            cost_usd=story.costs.cost_usd,
            gain=gain,
            gain_per_hour=gain.gain / hours if gain and hours else None,
            gain_per_trial=gain.gain / trials if gain and trials else None,
            ending=story.ending.reason.value if story.ending else "",
            ending_detail=story.ending.detail if story.ending else "",
            cautions=story.cautions,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptIn:
    """A kept change, and its experiment in each campaign."""

    hypothesis: str
    a: int | None  # number of the experiment; None: not kept there
    b: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What `compare --json` prints."""

    metric: str
    direction: str  # "minimize" or "maximize"
    comparable: bool
    reasons: tuple[str, ...]  # why they are not comparable
    cautions: tuple[str, ...]  # what weakens the comparison
    a: CampaignSummary
    b: CampaignSummary
    difference: Interval | None  # gain of B minus that of A, in the metric's units; positive: B gained more
    confidence: float  # of the interval
    verdict: Ahead
    kept: tuple[KeptIn, ...]  # in both, then in A only, then in B only


class CampaignFigures:
    """Follows the events of a campaign for what its story does not contain."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.audit_s = 0.0
        self._clock = CampaignClock()  # the story's own
        self._trials = 0
        self._began_s = 0.0

    def watch(self, recorded: Iterable[Recorded]) -> Iterator[Recorded]:
        """Pass the events on."""
        for entry in recorded:
            self._clock.tick(entry)
            match entry.event:
                case CampaignOpened():
                    self.steps.append(Step(number=0, trials=0))
                case SessionStarted():
                    self._began_s = self._clock.seconds
                case TrialFinished() as event:
                    self._trials += event.trial.key.stage is not Stage.AUDIT
                case Advanced() as event:
                    self.steps.append(Step(number=event.number, trials=self._trials))
                case Stopped(session=SessionKind.AUDIT):
                    self.audit_s += self._clock.seconds - self._began_s
            yield entry


def compared(
    name: str,
    recorded: Iterable[Recorded],
    program: Program,
    changes: dict[int, frozenset[str]],
    folded: Folded | None = None,
    *,
    believed: Collection[str] = (),
) -> ComparedCampaign:
    """One campaign; `changes` as in `ComparedCampaign`, `folded` and `believed` as in `tell_story`."""
    figures = CampaignFigures()
    story = tell_story(figures.watch(recorded), program, folded, believed)
    called = f"{name}{story.tag}" if name.endswith(":") else name  # a folder alone means its newest campaign
    return ComparedCampaign(
        name=called, program=program, story=story, steps=tuple(figures.steps), audit_s=figures.audit_s, changes=changes
    )


def compare(a: ComparedCampaign, b: ComparedCampaign) -> Comparison:
    """The two campaigns side by side; their difference only if their numbers are comparable."""
    reasons = tuple(incomparable(a.program, b.program))
    left, right = a.side, b.side
    known = left.gain and right.gain and not reasons
    gap = difference(left.gain, right.gain) if known and left.gain and right.gain else None
    return Comparison(
        metric=a.program.metric.name,
        direction=a.program.metric.direction.value,
        comparable=not reasons,
        reasons=reasons,
        cautions=(*cautions(a.program, a.story, b.program, b.story), *_cautions(a), *_cautions(b)),
        a=left,
        b=right,
        difference=gap,
        confidence=CONFIDENCE,
        verdict=_ahead(gap),
        kept=tuple(_kept(a, b)),
    )


def _ahead(gap: Interval | None) -> Ahead:
    if gap is None:
        return Ahead.UNKNOWN
    return Ahead.B if gap.low > 0 else Ahead.A if gap.high < 0 else Ahead.NEITHER


def gain_of(story: Story) -> Gain | None:
    """Head over start: by the newest audit of this head, else by the fresh trials of both; exactly 0 if nothing is kept."""
    total = story.total
    if not story.keeps:
        band = story.heads[-1].band if story.heads else None
        level = band.mid if band else None
        return Gain(gain=0.0, low=0.0, high=0.0, before=level, after=level, source=GainSource.NOTHING_KEPT)
    if total is None:
        return None
    source = GainSource.AUDIT if total.audited else GainSource.FRESH_TRIALS
    mid, low, high = total.gain.mid, total.gain.low, total.gain.high
    return Gain(gain=mid, low=low, high=high, before=total.start, after=total.head, source=source)


def difference(a: Gain, b: Gain) -> Interval:
    """Gain of `b` less that of `a`, two independent estimates, with the interval that their own intervals imply.

    The distances from each estimate to the nearer and farther limit are combined as standard errors are, so that intervals
    from few trials, or skewed ones, are taken as they are.
    Source: Zou and Donner, Statistics in Medicine 27 (2008), the MOVER; after Newcombe (1998).
    """
    mid = b.gain - a.gain
    low = mid - math.hypot(b.gain - b.low, a.high - a.gain)
    high = mid + math.hypot(b.high - b.gain, a.gain - a.low)
    return Interval(mid=mid, low=low, high=high)


def _cautions(campaign: ComparedCampaign) -> Iterator[str]:
    """What makes the gain of one campaign mean less than it seems to."""
    story, gain = campaign.story, gain_of(campaign.story)
    if gain is None:
        why = story.incomparable or "its head has no fresh trials yet"
        yield f"the gain of {campaign.name} is not known ({why}): `overnight audit --tag {story.tag}` measures it"
    elif gain.source is GainSource.FRESH_TRIALS and not story.noise.deterministic:
        fix = f"`overnight audit --tag {story.tag}`"
        yield f"{campaign.name} is not audited: its start and head were not measured side by side ({fix})"
    yield from (f"{campaign.name}: {caution}" for caution in story.cautions)
    yield from (f"{campaign.name}: {line}" for line in (*story.to_hold, *story.to_look_at))
    if not story.ending:
        yield f"{campaign.name} has not ended normally: it still runs, or it was killed"


def _kept(a: ComparedCampaign, b: ComparedCampaign) -> Iterator[KeptIn]:
    """Kept changes, the same ones together: those that change the same lines, or of one hypothesis if lines are not known."""
    left = list(b.story.keeps)
    alone: list[KeepEvidence] = []
    for keep in a.story.keeps:
        twin = next((other for other in left if _same(a, keep, b, other)), None)
        if twin is None:
            alone.append(keep)
        else:
            left.remove(twin)
            yield KeptIn(hypothesis=keep.hypothesis, a=keep.number, b=twin.number)
    yield from (KeptIn(hypothesis=keep.hypothesis, a=keep.number, b=None) for keep in alone)
    yield from (KeptIn(hypothesis=keep.hypothesis, a=None, b=keep.number) for keep in left)


def _same(a: ComparedCampaign, keep: KeepEvidence, b: ComparedCampaign, other: KeepEvidence) -> bool:
    lines, others = a.changes.get(keep.number), b.changes.get(other.number)
    same_words = keep.hypothesis.split() == other.hypothesis.split() and bool(keep.hypothesis.strip())
    return lines == others if lines and others else same_words


def changed_lines(diff: str) -> frozenset[str]:
    """The lines that a unified diff adds and removes, by file, wherever they are in it."""
    found, path = set(), ""
    for line in diff.splitlines():
        if line.startswith(("+++ ", "--- ")):
            path = line[4:].partition("/")[2] or path
        elif line.startswith(("+", "-")):
            found.add(f"{path}\0{line}")
    return frozenset(found)
