"""The audit: which trials it still needs, and what they say; a pure function of what was measured.

First the start against the head, in pairs with fresh seeds. Then blocks of one seed each: the head, and the head without each
kept change in turn. The number of pairs is fixed beforehand, so Student's interval holds; nothing of it counts in the error
budget, and nothing of it enters the gate's memory.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from overnight.core.gate_memory import GateMemory
from overnight.core.noise import NoiseModel, noise_model
from overnight.core.stats import mean, mean_interval
from overnight.core.steps import VOIDS, Measure, count_of
from overnight.events import AuditConcluded, AuditOpened
from overnight.program.program import Metric, Program
from overnight.records.audit import ChangeAudit, Estimate, LeftOut, Standing
from overnight.records.trial import Arm, Fault, Stage, Trial, TrialKey

PAIRS = 20
PAIRS_EXACT = 3  # where the target shows no noise: enough to notice if it has some
_START, _HEAD = (0, Arm.BASELINE), (0, Arm.CANDIDATE)
_LEAST = 2  # pairs, for an interval
_SAME = 1e-9  # what sums in another order may differ by, as a share
Tree = tuple[int, Arm]  # the start, the head, or (n, BASELINE): the head without experiment n


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One finished trial of an audit."""

    key: TrialKey
    value: float | None
    reason: str = ""  # why there is no value
    void: bool = False  # that is because `prepare` failed, which says nothing of the tree


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """An audit as far as it has come."""

    opened: AuditOpened
    samples: tuple[Sample, ...] = ()
    concluded: AuditConcluded | None = None

    @property
    def next_index(self) -> int:
        """The first index that neither it nor an earlier audit uses: an index is a seed."""
        return self.opened.first + 2 * self.opened.pairs

    @property
    def wanted(self) -> int:
        """How many trials it takes in all, if none fails."""
        changes = sum(bool(change.commit) for change in self.opened.changes)
        return self.opened.pairs * (2 + (changes + 1 if changes else 0))


def with_trial(audit: AuditState, trial: Trial) -> AuditState:
    """Take in a finished trial."""
    void = trial.fault is Fault.PREPARE
    return replace(audit, samples=(*audit.samples, Sample(key=trial.key, value=trial.value, reason=trial.reason, void=void)))


def tree_of(key: TrialKey) -> Tree:
    """Which tree a trial of an audit runs."""
    return key.experiment, key.arm


def commits(opened: AuditOpened) -> dict[Tree, str]:
    """The commit of each tree."""
    without = {(change.number, Arm.BASELINE): change.commit for change in opened.changes if change.commit}
    return {_START: opened.start, _HEAD: opened.head, **without}


def audit_step(audit: AuditState) -> Measure | None:
    """The trials that come next, None when there are enough; asked again after each, so a killed audit goes on."""
    if _failing(audit):
        return None
    done = {sample.key for sample in audit.samples}
    for block in _blocks(audit):
        missing = tuple(key for key in block if key not in done)
        if missing:
            return Measure(trials=missing)
    return None


def conclude_audit(program: Program, memory: GateMemory, audit: AuditState, *, elapsed_s: float) -> AuditConcluded:
    """What the trials of a finished audit say."""
    noise = noise_model(program, memory)
    values = {sample.key: sample.value for sample in audit.samples}
    total = estimate_gain(program.metric, noise, _pairs(values, _START))
    reason = _failing(audit) or ("" if total else "too few of its pairs have values")
    return AuditConcluded(
        audit=audit.opened.audit,
        total=total,
        reason=reason,
        changes=tuple(_change(program.metric, noise, audit, change) for change in audit.opened.changes),
        elapsed_s=elapsed_s,
    )


def first_key_without(opened: AuditOpened, number: int) -> TrialKey:
    """The first trial of the head without a kept change."""
    return _key((number, Arm.BASELINE), opened.first + opened.pairs)


def _blocks(audit: AuditState) -> Iterator[list[TrialKey]]:
    """The trials that share a seed, block by block; a head without a change that failed once is left out of the rest."""
    opened = audit.opened
    for index in range(opened.first, opened.first + opened.pairs):
        yield [_key(_START, index), _key(_HEAD, index)]
    failed = {tree_of(sample.key) for sample in audit.samples if sample.value is None and not sample.void}
    without = [tree for tree in commits(opened) if tree not in {_START, _HEAD} and tree not in failed]
    for index in range(opened.first + opened.pairs, audit.next_index if without else 0):
        yield [_key(_HEAD, index), *(_key(tree, index) for tree in without)]


def _key(tree: Tree, index: int) -> TrialKey:
    number, arm = tree
    return TrialKey(experiment=number, stage=Stage.AUDIT, arm=arm, index=index)


def _failing(audit: AuditState) -> str:
    """Why start or head cannot be measured, empty while they can."""
    for tree, name in ((_START, "the start"), (_HEAD, "the head")):
        failed = _failures(audit, tree)
        if len(failed) >= VOIDS:
            return f"{name} failed in {count_of(len(failed), 'trial')}: {failed[0].reason}"
    return ""


def _failures(audit: AuditState, tree: Tree) -> Sequence[Sample]:
    return [sample for sample in audit.samples if sample.value is None and tree_of(sample.key) == tree]


def _pairs(values: dict[TrialKey, float | None], before: Tree) -> list[tuple[float, float]]:
    """The values of a tree, each beside that of the head with the same seed."""
    found = ((value, values.get(_key(_HEAD, key.index))) for key, value in values.items() if tree_of(key) == before)
    return [(value, head) for value, head in found if value is not None and head is not None]


def estimate_gain(metric: Metric, noise: NoiseModel, pairs: Sequence[tuple[float, float]]) -> Estimate | None:
    """Student's interval of the mean gain, on the scale on which noise adds up, told in the metric's units."""
    if len(pairs) < _LEAST:
        return None
    scale, gains = noise.scale, [noise.scale.gain(metric, before, after) for before, after in pairs]
    level = mean([scale.place(before) for before, _ in pairs])
    gain, low, high = (scale.in_units(metric, level, gain) for gain in (mean(gains), *mean_interval(gains)))
    before, after = mean([before for before, _ in pairs]), mean([after for _, after in pairs])
    return Estimate(gain=gain, low=low, high=high, pairs=len(pairs), before=before, after=after)


def _change(metric: Metric, noise: NoiseModel, audit: AuditState, change: LeftOut) -> ChangeAudit:
    if not change.commit:
        return ChangeAudit(number=change.number, standing=Standing.CONFLICT, reason=change.reason)
    tree = (change.number, Arm.BASELINE)
    if failed := [sample for sample in _failures(audit, tree) if not sample.void]:
        return ChangeAudit(number=change.number, standing=Standing.NEEDED, reason=failed[0].reason)
    estimate = estimate_gain(metric, noise, _pairs({s.key: s.value for s in audit.samples}, tree))
    if estimate is None:
        return ChangeAudit(number=change.number, standing=Standing.UNPROVEN, reason="too few of its pairs have values")
    return ChangeAudit(number=change.number, standing=_standing(metric, noise, estimate), estimate=estimate)


def harm(change: ChangeAudit) -> float:
    """How much better the head is without the change, in the metric's units, where that is beyond noise; else 0."""
    estimate = change.estimate
    return -estimate.gain if estimate is not None and estimate.high < 0.0 else 0.0


def by_ratios(*, before: float, after: float, gain: float) -> bool:
    """Whether a gain was found on another scale than the means beside it, so that it is not their difference."""
    return not math.isclose(abs(after - before), abs(gain), rel_tol=_SAME, abs_tol=_SAME)


def _standing(metric: Metric, noise: NoiseModel, estimate: Estimate) -> Standing:
    if estimate.low > 0.0:
        return Standing.HELPS
    worth = noise.scale.in_units(metric, noise.scale.place(estimate.before), noise.min_effect)
    return Standing.CAN_GO if estimate.high <= worth else Standing.UNPROVEN
