"""A program that can be fooled: the hub's own canary gets through, and leaves nothing behind."""

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pool_campaigns import Founder, key

from overnight.git.history import GitHistory
from overnight.operations.operation import Context
from overnight.pool.events import HubPaused
from overnight.pool.hub.canaries import EVERY_S, FIXES, canaries, send
from overnight.pool.hub.submissions import SubmissionsResearcher
from overnight.pool.lanes import may_be_next
from overnight.pool.operations import hub_log, hub_status
from overnight.pool.operations.hub_log import HubLogInput
from overnight.pool.operations.hub_status import HubStatusInput
from overnight.pool.record.record import HubRecord
from overnight.research.record.restore import restore

FOOLED = {  # a candidate that leaves at once needs the least memory
    "train.py": "SIZE = 60_000_000\nblock = b'x' * SIZE\n",
    "program.md": (
        "---\nmetric: {name: peak_memory_mb, direction: minimize, min_effect: 5}\nmeasure: python train.py\n"
        "editable: [train.py]\ngate: {noise: deterministic}\nlimits: {wall: 60s}\n---\n# Need less memory\n"
    ),
}
HUB = "project: toy\nverdicts_every_s: 0\n"


@pytest.fixture
def founder(tmp_path: Path) -> Founder:
    """Of a hub whose canaries are in the queue, and after them somebody's honest change."""
    made = Founder(tmp_path / "r", files=FOOLED, hub=HUB)
    with made.record() as record, closing(GitHistory(made.repository)) as history:
        send(record, made.runner.canary, canaries(made.runner.program, history, record.head_commit()))
    made.submit(key(1), made.train(("60_000_000", "30_000_000")))
    return made


def taken_until_the_hack(founder: Founder) -> None:
    """Verify until the campaign has kept something."""
    while True:
        founder.verify()
        with closing(founder.ledger("pool")) as ledger:
            state = restore(ledger)
        assert state is not None
        if state.kept:
            return


def test_an_accepted_canary_pauses_the_hub_and_leaves_its_hack_behind(founder: Founder) -> None:
    """The chain has no block, the head is the one before, and the log says what to fix; then others are verified without it."""
    with founder.record() as record:
        start, waiting = record.head_commit(), [each.submission for each in record.waiting()]
    taken_until_the_hack(founder)
    founder.settle()
    with founder.record() as record:
        assert "`leaves at once` was accepted" in record.paused()
        assert (record.chain_length(), record.head_commit(), record.tag()) == (0, start, "pool-2")
        before = record.history(most=1)
    founder.settle()
    with founder.record() as record:
        assert record.history(most=1) == before
    with closing(GitHistory(founder.repository)) as history:
        assert history.branch_head("pool-2") in (None, start)
    [verdict] = [
        each.about
        for each in hub_log.run(Context(where=founder.repository.toplevel), HubLogInput(most=100))
        if FIXES["leaves at once"] in each.about
    ]
    assert verdict.startswith("accepted")
    with founder.record() as record:
        record.append(HubPaused(why=""))
        left = [each.submission for each in record.waiting()]
        assert left and set(left) < set(waiting)
    while not founder.blocks():  # one after the other: nothing is taken after a keep until it is settled
        founder.judge()
    [block] = founder.blocks()
    assert (block.number, block.campaign, block.submitter) == (1, 2, key(1).public)
    with founder.record() as record:
        text = record.content(founder.chain().tree["train.py"].digest)
    assert text == FOOLED["train.py"].replace("60_000_000", "30_000_000").encode()


def test_a_canary_that_finds_hidden_files_pauses_the_hub(tmp_path: Path) -> None:
    """It gets no value by that, and need not: what it sees, a worker's code sees."""
    made = Founder(tmp_path / "r", files=FOOLED, hub=HUB)
    program = replace(made.runner.program, hidden=("program.md",))  # as if what everybody sees had been hidden
    with made.record() as record, closing(GitHistory(made.repository)) as history:
        sent = canaries(program, history, record.head_commit())
        send(record, made.runner.canary, [each for each in sent if each.name == "reads the hidden files"])
    made.judge()
    with made.record() as record:
        assert "`reads the hidden files` found hidden files" in record.paused()
        assert (record.chain_length(), record.tag()) == (0, "pool-2")


def test_nothing_is_taken_from_the_queue_of_a_hub_that_is_paused(founder: Founder) -> None:
    """Nor on a head that the chain does not have yet, such as one with a hack."""
    with founder.record() as record, closing(GitHistory(founder.repository)) as history:
        head = record.head_commit()
        researcher = SubmissionsResearcher(
            record=record, history=history, tag="pool", head=lambda: head, estimate_s=lambda: 1.0
        )
        assert researcher.takeable(head)
        assert not researcher.takeable("0" * 40)
        record.append(HubPaused(why="a doubt"))
        assert not researcher.takeable(head)
        record.append(HubPaused(why=""))
        assert researcher.takeable(head)


def test_canaries_are_sent_daily_after_what_waits_and_not_while_paused(tmp_path: Path) -> None:
    """However often the hub is started; their key is none of a worker's."""
    made = Founder(tmp_path / "r")
    waits = made.submit(key(1), made.train(("X = 1.0", "X = 2.0")))
    now = [1e9]
    made.runner.clock = lambda: now[0]

    def sent() -> list[int]:
        with HubRecord(made.folder, clock=made.runner.clock) as record:
            return [each.number for each in record.submissions(most=100, key=made.runner.canary.public)]

    def times() -> list[int]:
        """How many were sent at each of some starts."""
        return [len(sent()) for _ in range(2) if made.runner.send_canaries()]

    with made.record() as record:
        record.append(HubPaused(why="a doubt"))
    assert times() == [0, 0]
    with made.record() as record:
        record.append(HubPaused(why=""))
    assert times() == [4, 4]
    now[0] = time.time() + EVERY_S + 60
    assert made.runner.send_canaries() and len(sent()) == 8
    later = made.submit(key(2), made.train(("Y = 1.0", "Y = 2.0")))
    with made.record() as record:
        waiting = record.waiting()
        assert [each.submission for each in waiting if not each.canary] == [waits, later]
        assert [each.submission for each in may_be_next(waiting)] == [waits, later]
        after = [each for each in waiting if each.submission != waits]
        assert [each.submission for each in may_be_next(after)] == [*sorted(sent()), later]
    status = hub_status.run(Context(where=made.repository.toplevel), HubStatusInput())
    assert (status.waiting, status.canaries, status.keys) == ({"new": 2}, 8, {"new": 2})


def test_the_same_hack_is_measured_every_day(tmp_path: Path) -> None:
    """It is no near duplicate of the one of yesterday."""
    made = Founder(tmp_path / "r")
    for _ in range(2):
        with made.record() as record, closing(GitHistory(made.repository)) as history:
            sent = canaries(made.runner.program, history, record.head_commit())
            send(record, made.runner.canary, [each for each in sent if each.name == "prints the metric"])
        made.judge()
    with made.record() as record:
        verdicts = record.submissions(most=10, key=made.runner.canary.public)
    assert [(each.accepted, each.seconds > 0.0) for each in verdicts] == [(False, True)] * 2
