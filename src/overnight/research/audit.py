"""The audit: which trials it still needs, and what they show; a pure function of what was measured.

First it compares the start with the head, in pairs with fresh seeds. Then come blocks of one seed each: the head, and the
head without each kept change in turn. The number of pairs is fixed beforehand, so Student's interval holds. Nothing of it
counts in the error budget or enters the gate's memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from overnight.gate.audit import ChangeAudit, Estimate, LeftOut, PartAudit, PartLeftOut, Standing, estimate_gain, standing_of
from overnight.gate.memory import GateMemory
from overnight.gate.noise import NoiseModel, noise_model
from overnight.gate.steps import VOIDS, RunTrials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.machines.place import LOCAL
from overnight.program.program import Metric, Program
from overnight.research.events import AuditConcluded, AuditOpened
from overnight.words.quantities import counted


class Tree(NamedTuple):
    """The start, the head, or the head without experiment n or a part of it, which is a baseline.

    The part of a start or head itself is how many times the usual budget its trials have, if that is not once.
    """

    number: int
    arm: Arm
    part: int = 0


_START, _HEAD = Tree(0, Arm.BASELINE), Tree(0, Arm.CANDIDATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One finished trial of an audit."""

    key: TrialKey
    value: float | None
    reason: str = ""  # why there is no value
    void: bool = False  # there is none because `prepare` failed, which says nothing about the tree
    node: str = LOCAL  # that it ran on


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """The state of an audit."""

    opened: AuditOpened
    samples: tuple[Sample, ...] = ()
    concluded: AuditConcluded | None = None

    @property
    def next_index(self) -> int:
        """The first index that neither this audit nor an earlier one uses: an index is a seed."""
        return self.opened.first + 2 * self.opened.pairs

    @property
    def wanted(self) -> int:
        """How many trials it takes in total, if none fails."""
        without, longer = len(_left_out(self.opened)), self.opened.longer
        beside = longer.blocks * (1 + longer.head) if longer else 0
        return self.opened.pairs * (2 + (without + 1 if without else 0)) + beside


def with_trial(audit: AuditState, trial: Trial) -> AuditState:
    """The audit with a finished trial added."""
    void, node = trial.fault is Fault.PREPARE, trial.place.node if trial.place else LOCAL
    sample = Sample(key=trial.key, value=trial.value, reason=trial.reason, void=void, node=node)
    return replace(audit, samples=(*audit.samples, sample))


def without_trial(audit: AuditState, key: TrialKey) -> AuditState:
    """The audit without a trial that counts no more."""
    return replace(audit, samples=tuple(sample for sample in audit.samples if sample.key != key))


def tree_of(key: TrialKey) -> Tree:
    """The tree that a trial of an audit runs."""
    return Tree(key.experiment, key.arm, key.part)


def commits(opened: AuditOpened) -> dict[Tree, str]:
    """The commit of each tree."""
    longer = {tree: opened.start if tree.arm is Arm.BASELINE else opened.head for tree in _longer(opened)}
    return {_START: opened.start, _HEAD: opened.head, **longer, **_left_out(opened)}


def _left_out(opened: AuditOpened) -> dict[Tree, str]:
    left_out: tuple[LeftOut | PartLeftOut, ...] = (*opened.changes, *opened.parts)
    return {_without(left): left.commit for left in left_out if left.commit}


def _longer(opened: AuditOpened) -> tuple[Tree, ...]:
    """The start, and perhaps the head, with a multiple of the budget."""
    if opened.longer is None:
        return ()
    both = (_START, _HEAD) if opened.longer.head else (_START,)
    return tuple(tree._replace(part=opened.longer.times) for tree in both)


def times_of(key: TrialKey) -> int:
    """How many times the usual budget a trial has."""
    return key.part if key.stage is Stage.AUDIT and not key.experiment and key.part else 1


def _without(left: LeftOut | PartLeftOut) -> Tree:
    if isinstance(left, PartLeftOut):
        return Tree(left.of.experiment, Arm.BASELINE, left.of.part)
    return Tree(left.number, Arm.BASELINE)


def audit_step(audit: AuditState) -> RunTrials | None:
    """The next trials, None when there are enough; called again after each trial, so a killed audit can go on."""
    if _failing(audit):
        return None
    done = {sample.key for sample in audit.samples}
    for block in _blocks(audit):
        missing = tuple(key for key in block if key not in done)
        if missing:
            return RunTrials(trials=missing)
    return None


def conclude_audit(program: Program, memory: GateMemory, audit: AuditState, *, elapsed_s: float) -> AuditConcluded:
    """The conclusion of a finished audit."""
    noise = noise_model(program, memory)
    values = {sample.key: sample.value for sample in audit.samples}
    total = estimate_gain(program.metric, noise, _pairs(values, _START))
    reason = _failing(audit) or ("" if total else "too few of its pairs have values")
    return AuditConcluded(
        audit=audit.opened.audit,
        total=total,
        reason=reason,
        changes=tuple(_change(program.metric, noise, audit, change) for change in audit.opened.changes),
        parts=tuple(_part(program.metric, noise, audit, part) for part in audit.opened.parts),
        unmeasured=audit.opened.unmeasured,
        elapsed_s=elapsed_s,
    )


def first_key_without(opened: AuditOpened, tree: Tree) -> TrialKey:
    """The first trial of the head without a kept change, or a part of one."""
    return _key(tree, opened.first + opened.pairs)


def _blocks(audit: AuditState) -> Iterator[list[TrialKey]]:
    """The trials that share a seed, block by block; a tree without a change is left out after it failed once."""
    opened = audit.opened
    for index in range(opened.first, opened.first + opened.pairs):
        yield [_key(_START, index), _key(_HEAD, index)]
    failed = {tree_of(sample.key) for sample in audit.samples if sample.value is None and not sample.void}
    without = [tree for tree in _left_out(opened) if tree not in failed]
    for index in range(opened.first + opened.pairs, audit.next_index if without else 0):
        yield [_key(_HEAD, index), *(_key(tree, index) for tree in without)]
    longer = min(opened.longer.blocks, opened.pairs) if opened.longer else 0
    if longer:  # all at once: they take long, and nothing depends on them
        yield [_key(tree, opened.first + index) for index in range(longer) for tree in _longer(opened)]


def _key(tree: Tree, index: int) -> TrialKey:
    return TrialKey(experiment=tree.number, stage=Stage.AUDIT, arm=tree.arm, index=index, part=tree.part)


def _failing(audit: AuditState) -> str:
    """Why the start or the head cannot be measured; empty if both can."""
    for tree, name in ((_START, "the start"), (_HEAD, "the head")):
        failed = _failures(audit, tree)
        if len(failed) >= VOIDS:
            return f"{name} failed in {counted(len(failed), 'trial')}: {failed[0].reason}"
    return ""


def _failures(audit: AuditState, tree: Tree) -> Sequence[Sample]:
    return [sample for sample in audit.samples if sample.value is None and tree_of(sample.key) == tree]


def _pairs(values: dict[TrialKey, float | None], before: Tree) -> list[tuple[float, float]]:
    """The values of a tree, each paired with the head's value for the same seed."""
    found = ((value, values.get(_key(_HEAD, key.index))) for key, value in values.items() if tree_of(key) == before)
    return [(value, head) for value, head in found if value is not None and head is not None]


def _change(metric: Metric, noise: NoiseModel, audit: AuditState, change: LeftOut) -> ChangeAudit:
    standing, estimate, reason = _shown(metric, noise, audit, change)
    return ChangeAudit(number=change.number, standing=standing, estimate=estimate, reason=reason)


def _part(metric: Metric, noise: NoiseModel, audit: AuditState, part: PartLeftOut) -> PartAudit:
    standing, estimate, reason = _shown(metric, noise, audit, part)
    return PartAudit(of=part.of, standing=standing, estimate=estimate, reason=reason)


def _shown(
    metric: Metric, noise: NoiseModel, audit: AuditState, left: LeftOut | PartLeftOut
) -> tuple[Standing, Estimate | None, str]:
    """What leaving something out showed, and why it could not be measured."""
    if not left.commit:
        return Standing.CONFLICT, None, left.reason
    tree = _without(left)
    if failed := [sample for sample in _failures(audit, tree) if not sample.void]:
        return Standing.NEEDED, None, failed[0].reason
    estimate = estimate_gain(metric, noise, _pairs({s.key: s.value for s in audit.samples}, tree))
    if estimate is None:
        return Standing.UNPROVEN, None, "too few of its pairs have values"
    return standing_of(metric, noise, estimate), estimate, ""
