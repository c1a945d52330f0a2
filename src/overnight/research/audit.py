"""The audit: which trials it still needs, and what they show; a pure function of what was measured.

First it compares the start with the head, in pairs with fresh seeds. Then come blocks of one seed each: the head, and the
head without each kept change in turn. The number of pairs is fixed beforehand, so Student's interval holds. Nothing of it
counts in the error budget or enters the gate's memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from overnight.gate.audit import ChangeAudit, LeftOut, Standing, estimate_gain, standing_of
from overnight.gate.memory import GateMemory
from overnight.gate.noise import NoiseModel, noise_model
from overnight.gate.steps import VOIDS, RunTrials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.program.program import Metric, Program
from overnight.research.events import AuditConcluded, AuditOpened
from overnight.words.quantities import counted

_START, _HEAD = (0, Arm.BASELINE), (0, Arm.CANDIDATE)
Tree = tuple[int, Arm]  # the start, the head, or (n, BASELINE), which is the head without experiment n


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One finished trial of an audit."""

    key: TrialKey
    value: float | None
    reason: str = ""  # why there is no value
    void: bool = False  # there is none because `prepare` failed, which says nothing about the tree


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
        changes = sum(bool(change.commit) for change in self.opened.changes)
        return self.opened.pairs * (2 + (changes + 1 if changes else 0))


def with_trial(audit: AuditState, trial: Trial) -> AuditState:
    """The audit with a finished trial added."""
    void = trial.fault is Fault.PREPARE
    return replace(audit, samples=(*audit.samples, Sample(key=trial.key, value=trial.value, reason=trial.reason, void=void)))


def tree_of(key: TrialKey) -> Tree:
    """The tree that a trial of an audit runs."""
    return key.experiment, key.arm


def commits(opened: AuditOpened) -> dict[Tree, str]:
    """The commit of each tree."""
    without = {(change.number, Arm.BASELINE): change.commit for change in opened.changes if change.commit}
    return {_START: opened.start, _HEAD: opened.head, **without}


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
        elapsed_s=elapsed_s,
    )


def first_key_without(opened: AuditOpened, number: int) -> TrialKey:
    """The first trial of the head without a kept change."""
    return _key((number, Arm.BASELINE), opened.first + opened.pairs)


def _blocks(audit: AuditState) -> Iterator[list[TrialKey]]:
    """The trials that share a seed, block by block; a tree without a change is left out after it failed once."""
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
    if not change.commit:
        return ChangeAudit(number=change.number, standing=Standing.CONFLICT, reason=change.reason)
    tree = (change.number, Arm.BASELINE)
    if failed := [sample for sample in _failures(audit, tree) if not sample.void]:
        return ChangeAudit(number=change.number, standing=Standing.NEEDED, reason=failed[0].reason)
    estimate = estimate_gain(metric, noise, _pairs({s.key: s.value for s in audit.samples}, tree))
    if estimate is None:
        return ChangeAudit(number=change.number, standing=Standing.UNPROVEN, reason="too few of its pairs have values")
    return ChangeAudit(number=change.number, standing=standing_of(metric, noise, estimate), estimate=estimate)
