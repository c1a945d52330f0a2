"""Slots: who gets the next free one, and that none is ever lost or shared."""

import asyncio
from collections.abc import Callable, Sequence

import anyio
import pytest
from anyio.lowlevel import checkpoint
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.machines.place import Place
from overnight.research.loop.slots import Slots, Urgency

URGENCIES = st.sampled_from([urgency for urgency in Urgency if urgency is not Urgency.SEARCH])


def key(experiment: int, index: int = 0) -> TrialKey:
    return TrialKey(experiment=experiment, stage=Stage.SCREEN, arm=Arm.CANDIDATE, index=index)


def places(number: int, *, node: str = "local", first: int = 0) -> list[Place]:
    """So many slots of a node."""
    return [Place(node=node, slot=first + slot) for slot in range(number)]


async def settle() -> None:
    """Let every task go on until it waits for something."""
    for _ in range(10):
        await checkpoint()


def order(waiters: Sequence[tuple[Urgency, TrialKey | None]], meanwhile: Callable[[Slots], None] = lambda _: None) -> list[int]:
    """The order in which these get the only slot, as places in the sequence; `meanwhile` is called while all wait."""
    slots, got = Slots(places(1)), list[int]()

    async def one(place: int) -> None:
        async with slots.lease(*waiters[place]):
            got.append(place)

    async def run() -> None:
        async with anyio.create_task_group() as tasks, slots.lease():
            for place in range(len(waiters)):
                tasks.start_soon(one, place)
                await settle()
            assert got == []
            meanwhile(slots)

    anyio.run(run)
    return got


def test_free_slots_are_handed_out_and_come_back() -> None:
    """The lowest free one first; a slot that is given back is the next one's."""

    async def run() -> None:
        slots = Slots(places(2))
        async with slots.lease() as first, slots.lease() as second:
            assert (first.slot, second.slot, slots.free) == (0, 1, 0)
        async with slots.lease() as again:
            assert (again.slot, slots.free) == (0, 1)
        assert (slots.free, slots.count) == (2, 2)

    anyio.run(run)


@settings(max_examples=scaled(50))
@given(st.lists(st.tuples(URGENCIES, st.integers(0, 3)), max_size=8))
def test_the_most_urgent_is_first(waiters: list[tuple[Urgency, int]]) -> None:
    """Of one urgency what is for no trial (0 here), then the lowest experiment, and of one experiment the first that came.

    Searches and screenings take turns instead, see below.
    """
    got = order([(urgency, key(experiment) if experiment else None) for urgency, experiment in waiters])
    assert got == sorted(range(len(waiters)), key=lambda place: (*waiters[place], place))


def test_searches_and_screenings_take_turns() -> None:
    """Neither starves, however many of the other wait; both go after tests, and before pairs that run ahead."""
    screens = [(Urgency.SCREEN, key(experiment)) for experiment in (1, 2, 3)]
    searches = [(Urgency.SEARCH, key(0, index)) for index in range(2)]
    assert order([(Urgency.AHEAD, key(1)), *searches, *screens, (Urgency.TEST, key(4))]) == [6, 3, 1, 4, 2, 5, 0]
    assert order([*searches, (Urgency.TEST, key(4))]) == [2, 0, 1]


@pytest.mark.parametrize(
    ("urgency", "wanted"),
    [(Urgency.HEAD, [2, 0, 1, 3]), (Urgency.TEST, [0, 2, 1, 3]), (Urgency.AHEAD, [0, 1, 2, 3])],
)
def test_a_waiting_trial_can_be_hastened(urgency: Urgency, wanted: list[int]) -> None:
    """It goes before the less urgent ones; it never becomes less urgent, and no other trial is changed."""

    def hasten(slots: Slots) -> None:
        slots.hasten(key(3), urgency)
        slots.hasten(key(99), Urgency.HEAD)

    screens = [(Urgency.SCREEN, key(experiment)) for experiment in (2, 3, 4)]
    assert order([(Urgency.TEST, key(1)), *screens], hasten) == wanted


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("handed_over", [False, True])
def test_a_cancelled_waiter_loses_no_slot(handed_over: bool, native: bool) -> None:
    """Also between the handover and its next step; cancelled by its scope or as a task: the one behind it is next."""

    async def run() -> None:
        slots, got, scope = Slots(places(1)), list[str](), anyio.CancelScope()

        async def one() -> None:
            with scope:
                async with slots.lease():
                    await checkpoint()
                    got.append("cancelled")

        async def behind() -> None:
            async with slots.lease():
                got.append("behind")

        async def cancel() -> None:
            if native:
                waiters[0].cancel()
            else:
                scope.cancel()
            if not handed_over:
                await settle()
                assert (got, slots.free) == ([], 0), "it gives nothing away that another holds"

        async with slots.lease():
            waiters = [asyncio.ensure_future(one()), asyncio.ensure_future(behind())]
            await settle()
            if not handed_over:
                await cancel()
        if handed_over:
            assert slots.free == 0
            await cancel()
        await asyncio.wait(waiters)
        assert (got, slots.free) == (["behind"], 1)

    asyncio.run(run())


def test_idle_waits_until_a_slot_is_free() -> None:
    """A slot that goes from one job to the next was never free."""

    async def run() -> None:
        slots, woken, go_on = Slots(places(1)), list[int](), anyio.Event()

        async def watch() -> None:
            await slots.idle()
            woken.append(slots.free)

        async def next_job() -> None:
            async with slots.lease():
                await go_on.wait()

        await slots.idle()  # at once, as nobody holds it
        async with anyio.create_task_group() as tasks:
            async with slots.lease():
                tasks.start_soon(watch)
                tasks.start_soon(next_job)
                await settle()
            await settle()
            assert woken == []
            go_on.set()
        assert woken == [1]

    anyio.run(run)


JOBS = st.tuples(URGENCIES, st.integers(1, 4), st.integers(0, 3), st.none() | st.integers(0, 6))


@settings(max_examples=scaled(50))
@given(st.integers(1, 4), st.lists(JOBS, max_size=16))
def test_no_slot_is_shared_or_lost(number: int, jobs: list[tuple[Urgency, int, int, int | None]]) -> None:
    """Whoever waits, holds for some steps, or is cancelled after some: at most as many hold a slot as there are."""
    slots, held, done = Slots(places(number)), set[int](), list[int]()

    async def one(place: int, scope: anyio.CancelScope) -> None:
        urgency, experiment, steps, _ = jobs[place]
        with scope:
            async with slots.lease(urgency, key(experiment, place)) as got:
                slot = got.slot
                assert slot in range(number) and slot not in held
                held.add(slot)
                try:
                    for _ in range(steps):
                        await checkpoint()
                finally:
                    held.remove(slot)
                done.append(place)

    async def run() -> None:
        scopes = [anyio.CancelScope() for _ in jobs]
        async with anyio.create_task_group() as tasks:
            for place, scope in enumerate(scopes):
                tasks.start_soon(one, place, scope)
            for step in range(7):
                for scope, (*_, cancelled_at) in zip(scopes, jobs, strict=True):
                    if cancelled_at == step:
                        scope.cancel()
                await checkpoint()

    anyio.run(run)
    assert (held, slots.free) == (set(), number)
    assert {place for place, job in enumerate(jobs) if job[3] is None} <= set(done)


def test_a_trial_waits_for_the_node_of_its_pair() -> None:
    """Whoever may run anywhere gets another node's slot meanwhile; a node that is gone binds nobody."""

    async def run() -> list[tuple[str, str]]:
        slots, got, end = Slots([*places(1, node="a"), *places(1, node="b", first=1)]), list[tuple[str, str]](), anyio.Event()
        bound: dict[str, str | None] = {"second": "a"}

        async def one(name: str) -> None:
            async with slots.lease(Urgency.TEST if name == "second" else Urgency.SCREEN, node=lambda: bound.get(name)) as at:
                got.append((name, at.node))
                if name != "second":
                    await end.wait()

        async with anyio.create_task_group() as tasks:
            for name in ("first", "other", "second", "third"):
                tasks.start_soon(one, name)
                await settle()
            assert got == [("first", "a"), ("other", "b")] and slots.free == 0
            slots.add(Place(node="c", slot=2))
            await settle()
            assert got[2:] == [("third", "c")], "the one that is bound is passed over"
            slots.withdraw("a")
            slots.add(Place(node="d", slot=3))
            await settle()
            assert got[3:] == [] and slots.free == 1 and slots.nodes == {"b", "c", "d"}
            bound["second"] = None
            slots.add(Place(node="d", slot=4))
            await settle()
            end.set()
        return got

    assert anyio.run(run)[3:] == [("second", "d")]


def test_a_slot_of_a_node_that_is_gone_comes_back_to_nobody() -> None:
    """Whoever holds it keeps it to the end; what is left is counted, and at least what is expected."""

    async def run() -> None:
        slots = Slots(places(2, node="a"), expected=3)
        async with slots.lease(key=key(1)) as place:
            slots.withdraw("a")
            assert (place.node, slots.free, slots.holding(key(1).__eq__)) == ("a", 0, place)
        assert (slots.free, slots.nodes, slots.count, slots.holding(key(1).__eq__)) == (0, set(), 3, None)
        slots.add(Place(node="b", slot=7))
        async with slots.lease() as place:
            assert place.slot == 7
            slots.withdraw("b")
            slots.add(Place(node="b", slot=7))
            slots.abandon(place)
            assert slots.nodes == {"b"}, "it is back already"
            async with slots.lease() as again:
                assert (again.slot, slots.free) == (7, 0)
                slots.abandon(again)
        assert slots.nodes == set()

    anyio.run(run)
