"""The audit: which trials it asks for, and what it concludes from them."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import opened as campaign_opened
from gate_walk import Walk, program

from overnight.gate.audit import ChangePart, LeftOut, Longer, PartLeftOut, Standing
from overnight.gate.memory import GateMemory
from overnight.gate.seeds import place_in_block, place_of_seed, trial_seed
from overnight.gate.trial import Arm, Fault, Trial, TrialKey
from overnight.program.program import Program
from overnight.research.audit import AuditState, Tree, audit_step, conclude_audit, times_of, tree_of, with_trial
from overnight.research.event_text import decode, encode
from overnight.research.events import AuditConcluded, AuditOpened, Event, TrialFinished
from overnight.research.snapshot import dump_state, load_state
from overnight.research.state import begin, fold

START, HEAD = Tree(0, Arm.BASELINE), Tree(0, Arm.CANDIDATE)
Values = Callable[[Tree, int], float | None]


def opened(*changes: LeftOut, pairs: int = 20, first: int = 0) -> AuditOpened:
    """An audit of commits `s` and `h`."""
    return AuditOpened(audit=1, start="s", head="h", first=first, pairs=pairs, changes=changes)


def without(number: int, commit: str = "w") -> LeftOut:
    """The head without one change; without a commit it conflicts."""
    return LeftOut(number=number, commit=commit, reason="" if commit else "in the way")


def finished(key: TrialKey, value: float | None) -> Trial:
    """A trial with this value, or one that failed."""
    fault = Fault.EXIT if value is None else None
    return Trial(key=key, seed=0, tree="t", value=value, fault=fault, reason="" if fault is None else "boom")


def run(audit: AuditState, values: Values) -> tuple[AuditState, list[TrialKey]]:
    """The finished audit, and all trials that it asked for."""
    asked: list[TrialKey] = []
    while step := audit_step(audit):
        for key in step.trials:
            assert key not in asked, "a finished trial was asked for again"
            asked.append(key)
            audit = with_trial(audit, finished(key, values(tree_of(key), key.index)))
    return audit, asked


def conclusion_of(program: Program, audit: AuditState, memory: GateMemory | None = None) -> AuditConcluded:
    """The conclusion of an audit."""
    return conclude_audit(program, memory or GateMemory(), audit, elapsed_s=1.0)


def noisy(levels: dict[Tree, float], *, seed: int = 1, sd: float = 1.0) -> Values:
    """Independent Gaussian noise around the level of each tree."""

    def value(tree: Tree, index: int) -> float:
        return levels[tree] + random.Random(f"{seed} {tree} {index}").gauss(0.0, sd)

    return value


def memory_of(program: Program, sd: float) -> GateMemory:
    """What the gate remembers of a head with this noise."""
    walk = Walk(program, lambda key: 10.0 + random.Random(f"{key}").gauss(0.0, sd))
    return walk.baseline().memory


def test_start_and_head_first_then_blocks_with_every_change() -> None:
    """Pairs of start and head, then one trial of the head and of each head without a change; no index serves both."""
    audit = AuditState(opened=opened(without(3), without(5), without(8, commit=""), pairs=2, first=40))
    audit, asked = run(audit, lambda _tree, _index: 1.0)
    assert [(tree_of(key), key.index) for key in asked] == [
        *((tree, index) for index in (40, 41) for tree in (START, HEAD)),
        *((tree, index) for index in (42, 43) for tree in (HEAD, Tree(3, Arm.BASELINE), Tree(5, Arm.BASELINE))),
    ]
    assert len(asked) == audit.wanted
    assert audit.next_index == 44


def part(number: int, of: int = 3, commit: str = "p") -> PartLeftOut:
    """The head without one part of a change."""
    shown = ChangePart(experiment=of, part=number, where=f"a.py:{number}", lines=("-A = 1", "+A = 2"))
    return PartLeftOut(of=shown, commit=commit, reason="" if commit else "in the way")


def test_parts_are_left_out_in_the_same_blocks() -> None:
    """Beside the whole change, each with trials and a standing of its own, on the seeds of the block."""
    start = replace(opened(without(3), pairs=2), parts=(part(2), part(1), part(4, commit=""), part(5)), unmeasured=6)
    levels = {START: 9.0, HEAD: 5.0, Tree(3, Arm.BASELINE): 9.0, Tree(3, Arm.BASELINE, 1): 8.0, Tree(3, Arm.BASELINE, 2): 5.0}
    audit, asked = run(AuditState(opened=start), lambda tree, _index: levels.get(tree))
    block = [key for key in asked if key.index == 2]
    assert [key.part for key in block] == [0, 0, 2, 1, 5]
    assert len({trial_seed("s", place_of_seed(key, 0)) for key in block}) == 1
    assert len({place_in_block("s", key) for key in block}) == len(block)
    assert len(asked) + 1 == audit.wanted, "what fails once is not run again"
    concluded = conclusion_of(program(), audit)
    assert [(one.of.part, one.standing, one.matters) for one in concluded.parts] == [
        (2, Standing.CAN_GO, False),
        (1, Standing.HELPS, True),
        (4, Standing.CONFLICT, False),
        (5, Standing.NEEDED, True),
    ]
    assert concluded.parts[1].estimate is not None and concluded.parts[1].estimate.gain == 3.0
    assert concluded.unmeasured == 6 and [change.standing for change in concluded.changes] == [Standing.HELPS]
    assert decode(encode(concluded)) == concluded and decode(encode(start)) == start


def test_longer_trials_come_last_on_the_seeds_of_the_first_pairs() -> None:
    """With the seeds of the first pairs but more budget, they change nothing of what the audit concludes."""
    start = replace(opened(without(3), pairs=3, first=40), longer=Longer(times=7, blocks=2, head=True))
    audit, asked = run(AuditState(opened=start), lambda tree, _index: 100.0 if tree.part else 10.0 - (tree == HEAD))
    assert [(tree_of(key), key.index) for key in asked[-4:]] == [
        (Tree(0, arm, 7), index) for index in (40, 41) for arm in (Arm.BASELINE, Arm.CANDIDATE)
    ]
    assert {times_of(key) for key in asked[:-4]} == {1} and {times_of(key) for key in asked[-4:]} == {7}
    assert len(asked) == audit.wanted and audit.next_index == 46
    paired = [key for key in asked if key.index == 40]
    assert len({trial_seed("s", place_of_seed(key, 0)) for key in paired}) == 1 < len(paired)
    total = conclusion_of(program(), audit).total
    assert total is not None and (total.gain, total.pairs) == (1.0, 3)
    assert decode(encode(start)) == start


def test_without_changes_it_is_over_after_the_pairs() -> None:
    """No change to leave out, no further trials of the head."""
    for audit in (AuditState(opened=opened(pairs=3)), AuditState(opened=opened(without(1, commit=""), pairs=3))):
        assert len(run(audit, lambda _tree, _index: 1.0)[1]) == 6 == audit.wanted


def test_total_has_students_interval() -> None:
    """Gains 1, 2, 3 have the mean 2 with a half-width of 4.303 / sqrt(3), in the metric's direction."""
    audit, _ = run(AuditState(opened=opened(pairs=3)), lambda tree, index: 10.0 if tree == START else 9.0 - index)
    total = conclusion_of(program(), audit).total
    assert total is not None
    assert (total.gain, total.before, total.after, total.pairs) == (2.0, 10.0, 8.0, 3)
    assert total.high - total.gain == pytest.approx(4.3027 / math.sqrt(3.0), abs=1e-3)


def test_interval_holds_the_truth() -> None:
    """In 19 of 20 audits the interval of the total holds the true gain."""
    held = 0
    for seed in range(400):
        audit, _ = run(AuditState(opened=opened(pairs=20)), noisy({START: 10.0, HEAD: 9.5}, seed=seed))
        total = conclusion_of(program(), audit).total
        held += total is not None and total.low <= 0.5 <= total.high
    assert 365 <= held <= 395  # 380 expected, sd 4.4; fixed seeds


def test_each_change_has_its_standing() -> None:
    """A change that still helps, one that can go, an undecided one, a conflict, and one that is needed."""
    changes = (without(1), without(2), without(3), without(4, commit=""), without(5))
    levels = {START: 10.0, HEAD: 8.0, Tree(1, Arm.BASELINE): 9.0, Tree(2, Arm.BASELINE): 7.0, Tree(3, Arm.BASELINE): 8.1}
    noise = noisy(levels, sd=0.5)
    audit, asked = run(AuditState(opened=opened(*changes)), lambda tree, index: None if tree[0] == 5 else noise(tree, index))
    found = {change.number: change for change in conclusion_of(program(), audit, memory_of(program(), 0.5)).changes}
    assert {number: change.standing for number, change in found.items()} == {
        1: Standing.HELPS,
        2: Standing.CAN_GO,
        3: Standing.UNPROVEN,
        4: Standing.CONFLICT,
        5: Standing.NEEDED,
    }
    assert (found[4].reason, found[5].reason) == ("in the way", "boom")
    assert sum(tree_of(key)[0] == 5 for key in asked) == 1, "what fails once is not run again"


def test_without_noise_equal_can_go() -> None:
    """In a deterministic target a change that no longer makes a difference can go, and one that does helps."""
    values = {START: 10.0, HEAD: 8.0, Tree(1, Arm.BASELINE): 8.0, Tree(2, Arm.BASELINE): 8.5}
    audit, _ = run(AuditState(opened=opened(without(1), without(2), pairs=3)), lambda tree, _index: values[tree])
    concluded = conclusion_of(program(), audit)
    assert concluded.total is not None and concluded.total.low == concluded.total.high == 2.0
    assert [change.standing for change in concluded.changes] == [Standing.CAN_GO, Standing.HELPS]


@pytest.mark.parametrize(("tree", "name"), [(START, "the start"), (HEAD, "the head")])
def test_start_or_head_that_fails_ends_it(tree: Tree, name: str) -> None:
    """After three failures there is no total, and the reason says why."""
    audit, asked = run(AuditState(opened=opened(without(1))), lambda of, _index: None if of == tree else 1.0)
    concluded = conclusion_of(program(), audit)
    assert concluded.total is None
    assert concluded.reason == f"{name} failed in 3 trials: boom"
    assert len(asked) == 6


def test_a_pair_that_failed_is_left_out() -> None:
    """One failed trial of the start costs only one pair."""
    audit, _ = run(AuditState(opened=opened()), lambda tree, index: None if (tree, index) == (START, 4) else 1.0)
    total = conclusion_of(program(), audit).total
    assert total is not None and total.pairs == 19


def test_timings_are_compared_by_ratio() -> None:
    """The gain of a timing is that of the geometric means, in its own units."""
    timed = program(name="latency_ms")
    memory = memory_of(timed, 0.1)
    values = {START: (100.0, 400.0), HEAD: (50.0, 200.0)}
    audit, _ = run(AuditState(opened=opened(pairs=2)), lambda tree, index: values[tree][index])
    total = conclusion_of(timed, audit, memory).total
    assert total is not None
    assert total.gain == pytest.approx(200.0 - 100.0)


def test_the_state_follows_an_audit_and_forgets_its_trials() -> None:
    """An audit in progress survives a snapshot; once concluded, only its findings are kept, and the gate learned nothing."""
    start = opened(without(1), pairs=2)
    audit, asked = run(AuditState(opened=start), lambda _tree, _index: 1.0)
    events: list[Event] = [start, *(TrialFinished(trial=finished(key, 1.0)) for key in asked)]
    before = begin(campaign_opened())
    half = load_state(dump_state(fold(before, events[:4])))
    state = fold(half, events[4:])
    assert state.audit == audit
    concluded = conclude_audit(state.program, state.gate, audit, elapsed_s=9.0)
    state = fold(state, [concluded])
    assert state.audit == AuditState(opened=start, concluded=concluded)
    assert (state.gate, state.tally.trials, state.elapsed_s) == (before.gate, len(asked), 9.0)
    with pytest.raises(ValueError, match="no audit is open"):
        fold(state, [TrialFinished(trial=finished(asked[0], 1.0))])


def test_a_trial_without_inputs_says_nothing_of_its_tree() -> None:
    """If `prepare` failed in one trial of the head without a change, that change is judged by the others."""
    audit = AuditState(opened=opened(without(3), pairs=5))
    while step := audit_step(audit):
        for key in step.trials:
            lacks = tree_of(key) == Tree(3, Arm.BASELINE) and key.index == 5
            trial = finished(key, None if lacks else 2.0 if tree_of(key) in {START, Tree(3, Arm.BASELINE)} else 1.0)
            audit = with_trial(audit, replace(trial, fault=Fault.PREPARE) if lacks else trial)
    [change] = conclusion_of(program(), audit).changes
    assert change.standing is Standing.HELPS and change.estimate is not None and change.estimate.pairs == 4
