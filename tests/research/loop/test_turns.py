"""Whose turn it is to be tested: one at a time, in order, and nobody is forgotten."""

from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from overnight.research.loop.turns import Turns


class Line:
    """Experiments in a task group that wait for their turn."""

    def __init__(self, tasks: TaskGroup) -> None:
        self.turns = Turns()
        self.tested: list[int] = []  # those that waited, and whose turn it is
        self._tasks = tasks
        self._scopes: dict[int, anyio.CancelScope] = {}

    async def begin(self, *numbers: int) -> None:
        """The first is tested; the others wait."""
        for number in numbers:
            if not self.turns.is_due(number):
                await self.begin_to_wait(number)

    async def begin_to_wait(self, number: int) -> None:
        """One waits for its turn."""
        self._scopes[number] = anyio.CancelScope()
        self._tasks.start_soon(self._wait, number)
        await self.settle()

    async def leave(self, number: int) -> None:
        """One is tested no more."""
        self.turns.leave(number)
        await self.settle()

    async def cancel(self, number: int) -> None:
        """The wait of one is cancelled."""
        self._scopes[number].cancel()
        await self.settle()

    async def settle(self) -> None:
        """Let every task go on until it waits for something."""
        for _ in range(5):
            await checkpoint()

    async def _wait(self, number: int) -> None:
        with self._scopes[number]:
            await self.turns.wait(number)
            self.tested.append(number)


def play(body: Callable[[Line], Awaitable[None]]) -> None:
    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            await body(Line(tasks))
            tasks.cancel_scope.cancel()

    anyio.run(run)


def test_the_first_is_due_at_once() -> None:
    """It stays due until it leaves; no other is meanwhile."""
    turns = Turns()
    assert [turns.is_due(number) for number in (5, 3, 5)] == [True, False, True]
    turns.leave(5)
    assert turns.is_due(3) and not turns.is_due(5)


def test_those_that_wait_are_tested_one_after_another() -> None:
    """In the order in which they survived screening, whatever their numbers; a newcomer does not go before them."""

    async def body(line: Line) -> None:
        await line.begin(2, 9, 4, 7)
        assert (line.tested, line.turns.waiting) == ([], 3)
        await line.leave(2)
        assert (line.tested, line.turns.waiting) == ([9], 2)
        assert line.turns.is_due(9) and not line.turns.is_due(1)
        await line.leave(9)
        await line.leave(4)
        assert (line.tested, line.turns.waiting) == ([9, 4, 7], 0)

    play(body)


def test_the_next_can_be_tested_beside_another() -> None:
    """When slots are idle; a further one follows only when both have left."""

    async def body(line: Line) -> None:
        await line.begin(1, 2, 3)
        assert line.turns.next()
        await line.settle()
        assert line.tested == [2] and line.turns.is_due(1) and line.turns.is_due(2)
        await line.leave(1)
        assert line.tested == [2]
        await line.leave(2)
        assert line.tested == [2, 3] and not line.turns.next()

    play(body)


def test_one_that_leaves_untested_gives_no_turn_away() -> None:
    """An experiment that screening has ended, for example."""

    async def body(line: Line) -> None:
        await line.begin(1, 2)
        await line.leave(8)
        assert line.tested == []

    play(body)


def test_a_newcomer_is_not_tested_before_those_that_wait() -> None:
    """Even if none is tested now, as the one before has just left."""

    async def body(line: Line) -> None:
        assert line.turns.is_due(1) and not line.turns.is_due(2)
        line.turns.leave(1)
        await line.begin_to_wait(2)
        assert not line.turns.is_due(3)
        assert line.turns.next() and line.turns.is_due(2)

    play(body)


def test_a_cancelled_wait_is_passed_over() -> None:
    """The one behind is next."""

    async def body(line: Line) -> None:
        await line.begin(1, 2, 3)
        await line.cancel(2)
        assert line.turns.waiting == 1
        await line.leave(2)
        assert line.tested == []
        await line.leave(1)
        assert line.tested == [3]

    play(body)


def test_a_turn_that_came_too_late_is_passed_on() -> None:
    """The wait is cancelled just after its turn came: it leaves, and the one behind is tested."""

    async def body(line: Line) -> None:
        await line.begin(1, 2, 3)
        line.turns.leave(1)
        await line.cancel(2)
        await line.leave(2)
        assert line.tested[-1] == 3 and line.turns.waiting == 0

    play(body)
