"""Several commands at once: each device by itself, and what became of each is said."""

from collections.abc import Sequence

from overnight.errors import UserError
from overnight.home.acting.commanding import Order, Result
from overnight.home.acting.confirming import words_of
from overnight.home.acting.interlocks import Blocked
from overnight.home.acting.session import command
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.home.things import CommandOutcome, Device

AT_ONCE = 16  # devices


async def command_all(record: HomeRecord, settings: HomeSettings, orders: Sequence[tuple[Device, Order]]) -> Sequence[Result]:
    """What became of each, in their order. One that another stands in the way of is tried again after that one."""
    from anyio import CapacityLimiter, create_task_group

    results: dict[int, Result] = {}
    waiting = list(range(len(orders)))
    at_once = CapacityLimiter(AT_ONCE)

    async def one(number: int, blocked: list[int]) -> None:
        async with at_once:
            try:
                results[number] = await command(record, settings, *orders[number])
            except UserError as error:
                results[number] = _failed(error)
                if isinstance(error, Blocked):
                    blocked.append(number)

    while waiting:
        blocked: list[int] = []
        async with create_task_group() as group:
            for number in waiting:
                group.start_soon(one, number, blocked)
        waiting = blocked if len(blocked) < len(waiting) else []
    return [results[number] for number in range(len(orders))]


def _failed(error: UserError) -> Result:
    return Result(command=0, outcome=CommandOutcome.FAILED, before=None, after=None, why=words_of(error))
