"""Simulated pools: the worlds are as they say, and what a single run claims is false where the gate keeps what is real."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

import pytest
from chain import Pool, pool
from pool_figures import interval
from pool_worlds import GAINS, SETTINGS, START, Habit, Laboratory, Population, Sent
from rare import FURTHER, Rule, judge
from whole import verify

from overnight.gate.trial import Arm, Stage
from overnight.git.repository import open_repository
from overnight.pool.chain import Block
from overnight.pool.evidence import check_receipts
from overnight.pool.hub.opening import hub_folder
from overnight.pool.lanes import MOST_NEW, Lane
from overnight.pool.record.record import HubRecord

BY_NAME = {setting.name: setting for setting in SETTINGS}
USUAL = BY_NAME["cheats and luck"]
RICH = replace(USUAL, real=0.03)  # so that a few hundred submissions show something


def test_what_workers_send_is_as_the_world_says() -> None:
    """The share of real ones, the gains of each habit, and copies of what was judged."""
    people = Population(RICH, 1)
    sent = []
    for at in range(8000):
        sent.append(people.send(at % RICH.workers))
        people.seen.append(sent[-1])
    own = [each for each in sent if each.habit is not Habit.COPY]
    real = [each for each in own if each.gain > 0.0]
    assert len(real) / len(own) == pytest.approx(RICH.real, rel=0.25)
    assert all(each.habit is Habit.HONEST and GAINS[0] <= each.gain <= GAINS[1] for each in real)
    assert sum(each.habit is Habit.HONEST for each in sent) / len(sent) == pytest.approx(0.7)
    assert {each.idea for each in sent if each.habit is Habit.COPY} <= {each.idea for each in own} | {
        each.idea for each in sent[:10]
    }
    assert all(each.fixed for each in sent if each.habit is Habit.PINNED)


def test_nothing_is_left_of_a_change_that_the_head_has() -> None:
    """Its copy is no better in truth and in trials; a fixed seed has one value; the holdout has gains of its own."""
    laboratory = Laboratory(replace(USUAL, common=1.0), Random(1))
    sent = Sent(habit=Habit.HONEST, gain=5.0, score=5.0, sealed=3.0, idea=7)
    laboratory.judged = sent
    head = laboratory.value(Stage.CONFIRM, Arm.BASELINE, 1)
    assert laboratory.value(Stage.CONFIRM, Arm.CANDIDATE, 1) == pytest.approx(head - 5.0)
    assert laboratory.value(Stage.HOLDOUT, Arm.CANDIDATE, 1) == pytest.approx(head - 3.0)
    assert laboratory.gain == 5.0
    laboratory.keep()
    assert laboratory.gain == 0.0
    assert laboratory.value(Stage.CONFIRM, Arm.CANDIDATE, 1) == laboratory.value(Stage.CONFIRM, Arm.BASELINE, 1) == head - 5.0
    laboratory.judged = replace(sent, idea=8, score=1.0, fixed=True)
    values = {laboratory.value(Stage.CONFIRM, Arm.CANDIDATE, seed) for seed in range(5)}
    assert values == {START - 6.0}


def test_the_gate_keeps_what_is_real_where_single_runs_claim_what_is_not() -> None:
    """In the same world, with the same queue."""
    kept, claimed = (pool(RICH, rule, 1, 400) for rule in ("overnight", "one run"))
    assert kept.found >= 2 and not sum(kept.false.values())
    assert claimed.blocks > 10 and sum(claimed.false.values()) > claimed.blocks / 2
    assert kept.submissions == claimed.submissions == 400
    assert json.loads(json.dumps(asdict(claimed)))["false"] == claimed.false


def test_the_lanes_hold_what_a_hub_holds() -> None:
    """Newcomers fill their lane; who has a block waits in the other one, with what it had waiting."""
    filled = Pool(RICH, "overnight", 1)
    filled.run(300)
    assert filled.in_lane[Lane.NEW] <= MOST_NEW and filled.outcome.turned_away > 0
    assert filled.known and all((each.lane is Lane.KNOWN) == (each.key in filled.known) for each in filled.waiting)
    assert len(filled.waiting) == sum(filled.in_lane.values()) == sum(filled.of_key.values())


def test_bounds_do_not_find_a_rare_loss_and_further_pairs_do() -> None:
    """Who keeps a change that loses 200 once in 20 trials has seen no loss: it takes more trials, not bounds."""
    kept = {rule: [judge(200.0, rule, seed) for seed in range(40)] for rule in (Rule.NONE, Rule.GUARDS)}
    shares = {rule: sum(each.kept for each in found) / len(found) for rule, found in kept.items()}
    assert shares[Rule.GUARDS] == shares[Rule.NONE] > 0.15
    survived = sum(each.survived[FURTHER.index(60)] for each in kept[Rule.GUARDS])
    assert survived < sum(each.kept for each in kept[Rule.GUARDS]) / 2


def test_a_whole_hub_makes_a_chain_of_real_ones_that_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From signed requests to blocks, with every receipt checked; one changed value, and its receipt does not hold."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = verify(tmp_path / "hub", replace(USUAL, real=0.4), 24, 1)
    assert found.holds and found.findings and not found.unsettled
    assert found.submissions + found.conflicts >= 24
    assert found.blocks == found.found + found.false and found.found >= 1 and not found.false
    with HubRecord(hub_folder(open_repository(tmp_path / "hub")), read_only=True) as record:
        chain = record.chain()
    block = chain.entries[0]
    assert isinstance(block, Block)
    receipt = json.loads(block.receipt)
    receipt["pairs"][0]["candidate"] -= 1.0
    chain.entries[0] = replace(block, receipt=json.dumps(receipt))
    assert not all(each.holds for each in check_receipts(chain))


def test_intervals_are_wilsons() -> None:
    """With nothing seen in 20, up to a sixth is possible."""
    assert interval(0, 20) == pytest.approx((0.0, 0.161), abs=1e-3)
    assert interval(0, 0) == (0.0, 1.0)
