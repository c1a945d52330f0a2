"""The queue between researchers and the laboratory: what is measured, who may propose, and who hears of it."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

import anyio
import pytest
from anyio.lowlevel import checkpoint

from overnight.research.loop.queue import ProposalQueue

MOST = 50  # proposals; a queue that always has room must not hang a test


def queue_of(slots: int = 1, **researchers: int) -> ProposalQueue:
    return ProposalQueue(slots=slots, researchers=researchers or {"solo": 1})


def fill(queue: ProposalQueue, role: str = "other", number: int = 100) -> None:
    """As many experiments are measured as there are slots."""
    for place in range(queue.slots):
        queue.put(number + place, role)
        assert queue.take() == number + place


def ahead(queue: ProposalQueue, role: str, trial_s: float) -> int:
    """How many proposals of a role may wait beside those that are measured."""
    number = 0
    while queue.has_room(role, trial_s) and number < MOST:
        number += 1
        queue.put(number, role)
    return number


# --- What is measured ---


def test_experiments_are_taken_in_order_and_one_more_than_there_are_slots() -> None:
    """The next one is taken when one of them ends."""
    queue = queue_of(2)
    assert queue.take() is None and not queue.busy
    for number in range(1, 6):
        queue.put(number, "solo")
    assert [queue.take() for _ in range(4)] == [1, 2, 3, None]
    queue.finish(2)
    assert [queue.take() for _ in range(2)] == [4, None]


def test_an_experiment_that_is_held_frees_its_place() -> None:
    """Another one is taken; when the first goes on, both count, and no third one is taken until one ends."""
    queue = queue_of(1)
    for number in range(1, 5):
        queue.put(number, "solo")
    assert [queue.take() for _ in range(3)] == [1, 2, None]
    with queue.held(1):
        assert [queue.take() for _ in range(2)] == [3, None]
    assert queue.take() is None
    for ended, taken in ((3, None), (2, 4)):
        queue.finish(ended)
        assert queue.take() == taken


def test_the_queue_is_busy_until_everything_has_ended() -> None:
    """Whether it waits, is measured or is held."""
    queue = queue_of(1)
    queue.put(1, "solo")
    waits = queue.busy
    queue.take()
    measured = queue.busy
    with queue.held(1):
        assert waits and measured and queue.busy
    queue.finish(1)
    assert not queue.busy


# --- Who may propose ---


def test_there_is_room_while_a_slot_has_no_work() -> None:
    """Also for a researcher that need not be ahead."""
    queue = queue_of(2)
    queue.learn("solo", 0.0)
    assert ahead(queue, "solo", trial_s=10.0) == 2
    queue.take()
    assert not queue.has_room("solo", 10.0)
    queue.finish(1)
    assert queue.has_room("solo", 10.0)


@pytest.mark.parametrize(
    ("slots", "took_s", "wanted"),
    [(1, 0.4, 0), (1, 0.6, 2), (1, 10.0, 2), (1, 11.0, 3), (2, 10.0, 3), (4, 10.0, 5), (4, 20.0, 9), (4, 0.0, 0)],
)
def test_a_slow_role_is_ahead_by_what_slots_take_up_meanwhile(slots: int, took_s: float, wanted: int) -> None:
    """And by one; a lone researcher that is quick beside trials of 10 s waits for the latest verdict."""
    queue = queue_of(slots)
    queue.learn("solo", took_s)
    fill(queue)
    assert ahead(queue, "solo", trial_s=10.0) == wanted
    assert queue.take() == (1 if wanted else None)
    assert queue.has_room("solo", 10.0) == bool(wanted), "what was taken up is not ahead any more"


def test_each_role_may_be_one_ahead_beside_others() -> None:
    """Quick as it is; what another role has waiting does not count."""
    queue = queue_of(1, tuner=1, agent=1)
    queue.learn("tuner", 0.0)
    queue.learn("agent", 0.0)
    fill(queue)
    assert ahead(queue, "tuner", trial_s=10.0) == ahead(queue, "agent", trial_s=10.0) == 1


@pytest.mark.parametrize("trial_s", [0.0, 10.0])
def test_all_researchers_of_a_role_begin_if_their_time_is_unknown(trial_s: float) -> None:
    """Each makes one proposal, also while every slot has work; those that are being made count."""

    async def run() -> None:
        queue = queue_of(1, agent=3)
        fill(queue)
        with ExitStack() as proposals:
            while queue.has_room("agent", trial_s) and queue.making < MOST:
                proposals.enter_context(queue.proposing("agent"))
            assert queue.making == 3
        assert queue.making == 0

    asyncio.run(run())


def test_the_time_of_a_proposal_is_a_mean_in_which_the_newest_counts_most() -> None:
    """One slow answer does not change how far a role is ahead at once."""
    queue = queue_of(8)
    queue.learn("solo", 10.0)
    queue.learn("solo", 20.0)
    fill(queue)
    assert ahead(queue, "solo", trial_s=10.0) == 11 + 1, "the mean is 13 s"


def test_the_queue_is_short_however_slow_a_role_is() -> None:
    """What waits longer is only older: two for each slot, beside what each researcher is making."""
    queue = queue_of(2, agent=3)
    queue.learn("agent", 1e6)
    fill(queue)
    assert ahead(queue, "agent", trial_s=0.01) == 3 + 2 * 2


# --- News ---


def proposed(queue: ProposalQueue) -> None:
    with queue.proposing("solo"):
        pass


def held(queue: ProposalQueue) -> None:
    with queue.held(1):
        pass


@pytest.mark.parametrize(
    "act", [proposed, held, ProposalQueue.take, ProposalQueue.announce, lambda q: q.put(3, "solo"), lambda q: q.finish(1)]
)
def test_news_wakes_all_that_wait(act: Callable[[ProposalQueue], object]) -> None:
    """What happened before they began to wait does not."""

    async def run() -> None:
        queue, woken = queue_of(1), list[int]()
        for number in (1, 2):
            queue.put(number, "solo")
        queue.take()

        async def wait(name: int) -> None:
            await queue.news()
            woken.append(name)

        async with anyio.create_task_group() as tasks:
            for name in range(2):
                tasks.start_soon(wait, name)
            await checkpoint()
            await checkpoint()
            assert woken == []
            act(queue)
        assert woken == [0, 1]

    asyncio.run(run())
