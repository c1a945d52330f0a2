"""Whose submissions teach the hub's campaign, and which trials of the head they share: in a real campaign."""

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pool_campaigns import Founder, key
from pool_desks import make_known, open_desk, secret
from pool_founders import submitted

from overnight.gate.lesson import Lesson
from overnight.gate.trial import Arm, Stage
from overnight.pool.events import Revealed
from overnight.pool.hub.submissions import LESSONS, SUBMISSION, TEACHES, SubmissionsResearcher
from overnight.pool.lanes import Lane, Waiting
from overnight.research.events import Proposed, TrialFinished
from overnight.research.record.restore import restore


def test_strangers_teach_nothing_and_share_no_trial_of_the_head(tmp_path: Path) -> None:
    """Pairs are run for one submission alone, with seeds that are drawn once it is revealed; a known key tells of the noise."""
    founder = Founder(tmp_path / "r", noise=0.05)
    learned = []
    for edit in (("X = 1.0", "X = 2.0"), ("X = 2.0", "X = 3.0")):
        founder.submit(key(1), founder.train(edit))
        founder.judge()
        with closing(founder.ledger("pool")) as ledger:
            state = restore(ledger)
        assert state is not None
        learned.append(state.gate.linear.paired.freedom)
    assert learned[0] == 0 < learned[1]  # its first submission made the key a known one
    with closing(founder.ledger("pool")) as ledger:
        recorded = [*ledger.events(0)]
    proposed = {each.event.number: each for each in recorded if isinstance(each.event, Proposed)}
    assert [each.event.lesson for each in proposed.values()] == [Lesson.NOTHING, Lesson.SPREAD]  # type: ignore[union-attr]  # as above
    trials = [(each.at, each.event.trial) for each in recorded if isinstance(each.event, TrialFinished)]
    pairs = [trial for _, trial in trials if trial.key.stage is Stage.CONFIRM]
    assert {trial.key.experiment for trial in pairs if trial.key.arm is Arm.BASELINE} == {1, 2}
    seeds = {number: {trial.seed for trial in pairs if trial.key.experiment == number} for number in (0, 1, 2)}
    seeds[0] = {trial.seed for _, trial in trials if trial.key.stage is Stage.BASELINE}
    assert not (seeds[1] & seeds[2] or seeds[0] & (seeds[1] | seeds[2]))
    of_head = [trial.value for _, trial in trials if trial.key.stage is Stage.BASELINE]
    with closing(founder.ledger("pool")) as ledger:
        state = restore(ledger)
    assert state is not None and set(state.gate.baseline) <= set(of_head)
    with founder.record() as record:
        revealed = {each.event.submission: each.at for each in record.history(most=100) if isinstance(each.event, Revealed)}
    for number, each in proposed.items():
        submission = int(each.event.notes[SUBMISSION])  # type: ignore[union-attr, arg-type]  # as above
        first = min(at for at, trial in trials if trial.key.experiment == number and trial.key.arm is Arm.CANDIDATE)
        assert revealed[submission] < each.at < first


@pytest.mark.parametrize("resumed", [False, True])
def test_a_known_key_teaches_by_a_few_tests_only(tmp_path: Path, resumed: bool) -> None:
    """Also over a kill; what ended in screening taught nothing, and does not count."""
    desk = open_desk(tmp_path / "hub")
    with desk.record as record:
        make_known(desk, secret(10), secret(11))
        numbers = [submitted(desk, 10, f"SCALE = {each}.5\n") for each in range(LESSONS + 2)]
        researcher = _researcher(record)
        for number in numbers[:LESSONS]:
            assert researcher.lesson(_waiting(number, 10), ()) is Lesson.SPREAD
            researcher.learn(_experiment(number, pairs=0))
            assert researcher.lesson(_waiting(number, 10), ()) is Lesson.SPREAD
            if number != numbers[LESSONS - 1]:
                researcher.learn(_experiment(number, pairs=9))
        under_way: Any = [_experiment(numbers[LESSONS - 1], pairs=0)]
        assert researcher.lesson(_waiting(numbers[LESSONS], 10), under_way) is Lesson.NOTHING
        if resumed:
            researcher = _researcher(record)
            for number in numbers[: LESSONS - 1]:
                researcher.learn(_experiment(number, pairs=9))
        researcher.learn(_experiment(numbers[LESSONS - 1], pairs=9))
        assert researcher.lesson(_waiting(numbers[LESSONS], 10), ()) is Lesson.NOTHING
        assert researcher.lesson(_waiting(numbers[LESSONS], 11), ()) is Lesson.SPREAD
        assert researcher.lesson(_waiting(numbers[LESSONS], 12, Lane.NEW), ()) is Lesson.NOTHING


def _researcher(record: Any) -> SubmissionsResearcher:
    history: Any = None  # it is not asked for anything
    return SubmissionsResearcher(record=record, history=history, tag="hub", head=lambda: "", estimate_s=lambda: 1.0)


def _waiting(number: int, owner: int, lane: Lane = Lane.KNOWN) -> Waiting:
    return Waiting(submission=number, key=secret(owner).public, lane=lane)


def _experiment(number: int, *, pairs: int) -> Any:
    """As far as the researcher looks at it."""
    conclusion = SimpleNamespace(pairs=pairs)
    return SimpleNamespace(researcher="submissions", notes={SUBMISSION: number, TEACHES: True}, conclusion=conclusion)
