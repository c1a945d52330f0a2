"""What people write is taken in while every researcher waits for a slow model."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from builders import PROGRAM, opened

from overnight.research.budget import SessionLimits
from overnight.research.ending import Ending, EndReason
from overnight.research.loop.asking import Asking
from overnight.research.loop.inbox import Inbox
from overnight.research.loop.journal import Journal
from overnight.research.loop.orders import OrderRunner
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.stop import Stop
from overnight.research.places.orders import OrderFiles
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin

HOUR_S = 3600.0


def budgeted(hours: int) -> str:
    """The program with so many hours."""
    return PROGRAM.replace("---\n", f"---\nbudget: {{hours: {hours}}}\n", 1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Of a campaign of one hour that has just begun."""
    began = opened(budgeted(1))
    ledger = SqliteLedger(tmp_path)
    ledger.append(began)
    yield Journal(ledger, begin(began))
    ledger.close()


async def read_once(journal: Journal, folder: Path) -> tuple[float, float]:
    """The seconds left of a wait that is under way, before and after a person wrote a longer budget and an idea."""
    program, stop = folder / "program.md", Stop()
    program.write_text(budgeted(1))
    orders = OrderFiles(program, folder, known=budgeted(1))
    inbox = Inbox(journal=journal, orders=orders, runner=OrderRunner(journal=journal, stop=stop))
    inbox.show()
    turns = iter((True, False))

    async def once() -> None:
        if not next(turns):
            await anyio.sleep_forever()
        program.write_text(budgeted(5))
        with (folder / "ideas.md").open("a") as file:
            file.write("- try a wider table\n")

    nobody: Any = SimpleNamespace()
    asking = Asking(
        journal=journal,
        intake=nobody,
        queue=ProposalQueue(slots=1, researchers=Counter(["t"])),
        inbox=inbox,
        stop=stop,
        limits=SessionLimits(),
        a_while=once,
    )
    asking.set_clock()
    with stop.waiting() as wait:
        before = wait.deadline - anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(asking.keep_reading)
            await asking.queue.news()
            tasks.cancel_scope.cancel()
        return before, wait.deadline - anyio.current_time()


def test_hours_and_ideas_are_taken_up_while_a_proposal_is_in_the_making(journal: Journal, tmp_path: Path) -> None:
    """The wait that is under way lasts as long as the new budget lets it; the idea is in the queue."""
    before, after = asyncio.run(read_once(journal, tmp_path))
    assert (math.ceil(before / HOUR_S), math.ceil(after / HOUR_S)) == (1, 5)
    assert [idea.text for idea in journal.state.ideas.ideas] == ["try a wider table"]


def test_a_wait_ends_when_the_time_is_made_shorter() -> None:
    """A budget that is over by the new program ends what waits."""

    async def wait() -> bool:
        stop = Stop()
        with stop.waiting() as scope:
            stop.after(0.0, Ending(reason=EndReason.BUDGET, detail="over"))
            await anyio.sleep_forever()
        return scope.cancelled_caught and stop.requested

    assert asyncio.run(wait())
