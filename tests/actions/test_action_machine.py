"""What actions share of a machine: which slots there are, and how many checks run beside each other."""

from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from overnight.actions.checkouts.disk import Disk
from overnight.actions.checkouts.machine import SETUPS, Machine, Need
from overnight.actions.checkouts.setups import Setups
from overnight.jail.job import Limits

GB = 1000**3


def machine(tmp_path: Path, **options: object) -> Machine:
    return Machine(disk=Disk(place=tmp_path, setups=Setups(place=tmp_path / "s")), at_once=3, **options)  # type: ignore[arg-type]  # of a test


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        (Limits(memory_bytes=GB), 4),  # by processors
        (Limits(memory_bytes=3 * GB), 2),  # by memory
        (Limits(memory_bytes=GB, cpus=2), 2),
        (Limits(memory_bytes=100 * GB, cpus=9), 1),  # larger than the machine: alone
        (Limits(memory_bytes=GB, gpus=1), 1),  # such checks run one after the other
    ],
)
def test_so_many_checks_run_at_once_as_the_machine_is_for(tmp_path: Path, limits: Limits, most: int) -> None:
    """Each has a slot of its own, none of an action's; those that wait come in their order, and all are done."""
    shared = machine(tmp_path, checks=Need(cpus=4, memory_bytes=8 * GB))
    running: set[int] = set()
    seen, done = [0], list[int]()

    async def check(number: int) -> None:
        async with shared.check_slot(limits) as slot:
            assert slot not in running and 3 <= slot < shared.slots - SETUPS
            running.add(slot)
            seen[0] = max(seen[0], len(running))
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            running.remove(slot)
            done.append(number)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(check, number)

    anyio.run(run)
    assert (seen[0], done) == (most, list(range(10)))


def test_a_large_check_is_not_kept_waiting_by_small_ones(tmp_path: Path) -> None:
    """What comes after it waits too, and one that stops waiting is in nobody's way."""
    shared = machine(tmp_path, checks=Need(cpus=2, memory_bytes=8 * GB))
    order: list[str] = []

    async def check(name: str, limits: Limits, turns: int) -> None:
        async with shared.check_slot(limits):
            for _ in range(turns):
                await anyio.lowlevel.checkpoint()
            order.append(name)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(check, "first", Limits(memory_bytes=GB), 9)
            await anyio.lowlevel.checkpoint()
            with anyio.move_on_after(0):
                await check("given up", Limits(memory_bytes=GB, cpus=2), 1)
            tasks.start_soon(check, "large", Limits(memory_bytes=GB, cpus=2), 1)
            tasks.start_soon(check, "small", Limits(memory_bytes=GB), 1)

    anyio.run(run)
    assert order == ["first", "large", "small"]


def test_each_action_has_a_slot_of_its_own(tmp_path: Path) -> None:
    """No two at a time have the same, and one that is given back is taken again."""
    shared = machine(tmp_path)
    with shared.slot() as one, shared.slot() as two:
        assert one != two and {one, two} < set(range(3))
    taken = []
    for _ in range(5):
        with shared.slot() as slot:
            taken.append(slot)
    assert set(taken) <= set(range(3))
