"""Whose turn it is to be tested: one test at a time has the slots that it needs, and ends sooner than two side by side.

A test that ends with a keep replaces the head, and what another test has measured by then no longer counts.
"""

from dataclasses import dataclass, field

import anyio


@dataclass(slots=True)
class Turns:
    """Experiments that survived screening, in the order in which they did."""

    _testing: set[int] = field(default_factory=set)
    _waiting: dict[int, anyio.Event] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def is_due(self, number: int) -> bool:
        """Whether an experiment may be tested; if no other is tested now, it is its turn."""
        if not self._testing and not self._waiting:
            self._testing.add(number)
        return number in self._testing

    async def wait(self, number: int) -> None:
        """Wait until an experiment may be tested."""
        turn = self._waiting[number] = anyio.Event()
        try:
            await turn.wait()
        finally:
            self._waiting.pop(number, None)

    def leave(self, number: int) -> None:
        """An experiment is tested no more; the next one is, if there is one."""
        self._testing.discard(number)
        if not self._testing:
            self.next()

    def next(self) -> bool:
        """Let the next experiment that waits be tested, also beside another; whether there is one."""
        number = next(iter(self._waiting), None)
        if number is None:
            return False
        self._testing.add(number)
        self._waiting.pop(number).set()
        return True
