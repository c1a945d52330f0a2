"""The hub's researcher in the campaign's queue: it waits for submissions, and is not asked ahead for that."""

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from builders import opened
from pool_desks import Worker, edit, genesis_digest, make_known, open_desk, secret

from overnight.pool.hub.submissions import SUBMISSION, SubmissionsResearcher
from overnight.research.budget import SessionLimits
from overnight.research.ending import Ending, EndReason
from overnight.research.experiment import Draft
from overnight.research.loop.asking import Asking
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.journal import Journal
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.recording import ProposalOutcome
from overnight.research.loop.stop import Stop
from overnight.research.record.ledger import SqliteLedger
from overnight.research.researchers.port import SearchEnded
from overnight.research.state import begin

TINY_S = 1e-9  # a trial; whatever is done takes longer


class Patient:
    """In place of the intake: one proposal, for which its researcher waited all the time; then the session stops."""

    def __init__(self, stop: Stop, waited_s: float) -> None:
        self.stop, self.waited_s = stop, waited_s

    async def propose(self, staff: NamedResearcher, problems: Sequence[str] = ()) -> ProposalOutcome:
        """The first experiment."""
        await anyio.lowlevel.checkpoint()
        self.stop.request(Ending(reason=EndReason.STOP, detail="enough"))
        return ProposalOutcome(assignment=1, number=1, waited_s=self.waited_s)


@pytest.mark.parametrize(("waited_s", "ahead"), [(1000.0, False), (math.inf, False), (0.0, True)])
def test_who_waited_is_not_asked_ahead(tmp_path: Path, waited_s: float, ahead: bool) -> None:
    """Only the time in which a researcher thinks counts for how far ahead of the laboratory it is asked."""
    ledger = SqliteLedger(tmp_path)
    ledger.append(opened())
    queue = ProposalQueue(slots=1, researchers={"t": 1})
    nobody: Any = SimpleNamespace(take_in=lambda: None, show=lambda: None)

    async def ask() -> None:
        stop = Stop()
        intake: Any = Patient(stop, waited_s)
        journal = Journal(ledger, begin(opened()))
        asking = Asking(journal=journal, intake=intake, queue=queue, inbox=nobody, stop=stop, limits=SessionLimits())
        await asking.keep_asking(NamedResearcher(role="t", researcher=nobody), lambda _: None)

    asyncio.run(ask())
    assert queue.take() == 1
    assert queue.has_room("t", TINY_S) == ahead
    ledger.close()


def test_a_known_key_goes_before_new_ones_that_waited_longer(tmp_path: Path) -> None:
    """Whoever is in the record when the campaign asks is weighed, and it is not asked before a slot is free."""
    desk = open_desk(tmp_path / "hub")
    workers = [Worker(key=secret(number), parent=genesis_digest(desk)) for number in range(10, 15)]
    history: Any = SimpleNamespace(paths=lambda _: ["train.py"])  # the head is the commit that all are on top of
    with desk.record as record:
        researcher = SubmissionsResearcher(
            record=record, history=history, tag="hub", head=record.head_commit, estimate_s=lambda: 1.0
        )

        async def propose() -> Draft:
            assignment: Any = SimpleNamespace(under_way=(), head=head, workspace=tmp_path / "workspace")
            return await researcher.propose(assignment)

        head = record.head_commit()
        (tmp_path / "workspace").mkdir()

        drafts: list[Draft] = []

        async def late() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(submit)
                drafts.append(await propose())

        async def submit() -> None:
            workers[0].submits(desk, edit("SCALE = 2.0\n"))

        asyncio.run(late())
        first = drafts[0]
        assert first.waited_s == math.inf
        for number, worker in enumerate(workers[1:4]):
            worker.submits(desk, edit(f"SCALE = {number + 3}.0\n"))
        make_known(desk, secret(14))
        known = workers[4].submits(desk, edit("SCALE = 9.0\n"))
        second = asyncio.run(propose())
        assert second.notes[SUBMISSION] == getattr(known, "submission", None) != first.notes[SUBMISSION]


def test_a_head_that_moved_while_nothing_waited_is_asked_for_again(tmp_path: Path) -> None:
    """A workspace of the old head is no place for the next submission: the campaign makes a new one."""
    desk = open_desk(tmp_path / "hub")
    history: Any = None  # it is not asked for anything
    with desk.record as record:
        researcher = SubmissionsResearcher(
            record=record, history=history, tag="hub", head=lambda: "new", estimate_s=lambda: 1.0
        )
        assignment: Any = SimpleNamespace(under_way=(), head="old", workspace=tmp_path)
        with pytest.raises(SearchEnded):
            asyncio.run(researcher.propose(assignment))
