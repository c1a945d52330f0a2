"""A twin: what a simulated device really is, and what it does with a command."""

import asyncio
import contextlib
import zlib
from collections.abc import Callable, Coroutine, Mapping
from typing import ClassVar

from overnight.home.things import Value
from overnight.home.twins.announcements import Announcement
from overnight.home.twins.faults import HOSTILE_NAME, Cut, Fault, Refused

Change = Mapping[str, Value]


class Twin:
    """A simulated device. `truth` is what it really is: a test compares with it what was said of the device."""

    family: ClassVar[str]
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault)

    def __init__(self, name: str, at_power_on: Change, *, lag_s: float = 0.3) -> None:
        self.name = name
        self.lag_s = lag_s
        self.truth: dict[str, Value] = dict(at_power_on)
        self.heard: list[dict[str, Value]] = []  # each command that arrived, done or not
        self.restarts = 0
        self.away = False
        self._at_power_on = dict(at_power_on)
        self._fault = Fault.HONEST
        self._later: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @property
    def fault(self) -> Fault:
        """What is wrong with it now; may be set at any time."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        if fault not in self.faults:
            raise ValueError(f"{self.family} has no fault {fault}: {', '.join(sorted(self.faults))}")
        self._fault = fault

    @property
    def spoken_name(self) -> str:
        """The name it gives itself: foreign text."""
        return HOSTILE_NAME if self.fault is Fault.HOSTILE else self.name

    @property
    def mac(self) -> str:
        """Twelve hexadecimal digits that stay the same for a name and a family."""
        return f"0a{zlib.crc32(f'{self.family}/{self.name}'.encode()):08x}01"

    def announced(self) -> list[Announcement]:
        """What it says of itself to the whole network."""
        return []

    async def command(self, want: Change) -> dict[str, Value]:
        """Do what a client asks, as far as the fault lets it; returns the state that it claims.

        Raises: `Cut` if the connection has to end without an answer, `Refused` if it says no.
        """
        self.heard.append(dict(want))
        self._changed.set()
        match self.fault:
            case Fault.REFUSE:
                raise Refused
            case Fault.DEAF:
                return dict(self.truth)
            case Fault.ECHO:
                return {**self.truth, **want}
            case Fault.LAG:
                self.after(self.lag_s, lambda: self.become(want))
                return dict(self.truth)
            case Fault.DROP_BEFORE:
                raise Cut
            case Fault.DROP_AMID:
                self.become(self._half(want))
                raise Cut
            case Fault.RESTART:
                self.start_task(self.restart())
                raise Cut
        before = {name: self.truth[name] for name in want}
        self.become(want)
        if self.fault is Fault.DROP_AFTER:
            raise Cut
        if self.fault is Fault.FLAP:
            self.after(self.lag_s, lambda: self.become(before))
        return dict(self.truth)

    def become(self, change: Change) -> None:
        """Change what it really is; a family adds what follows from it. Raises: `Refused`."""
        self.truth.update(change)
        self._changed.set()

    async def until(self, holds: Callable[[dict[str, Value]], bool]) -> None:
        """Wait until something holds; looked at after each command, change and restart."""
        while not holds(self.truth):
            self._changed.clear()
            await self._changed.wait()

    def stir(self) -> None:
        """Have those who wait look again."""
        self._changed.set()

    async def restart(self) -> None:
        """Lose power and come back `lag_s` later as it is when switched on."""
        self.restarts += 1
        await self.go_away()
        await asyncio.sleep(self.lag_s)
        self.become(self._at_power_on)
        await self.come_back()
        self._changed.set()

    async def go_away(self) -> None:
        """Stop answering; a family closes what it listens on."""
        self.away = True

    async def come_back(self) -> None:
        """Answer again at the same address."""
        self.away = False

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Act later, unless the twin is stopped."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            with contextlib.suppress(Refused):  # acknowledged long ago
                act()

        self.start_task(wait())

    def start_task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run something that ends with the twin."""
        task = asyncio.get_running_loop().create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return task

    async def settle(self) -> None:
        """End what was to come later."""
        for task in list(self._later):
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    def _half(self, want: Change) -> dict[str, Value]:
        items = list(want.items())
        if len(items) > 1:
            return dict(items[: len(items) // 2])
        key, value = items[0]
        now = self.truth.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and isinstance(now, int | float):
            return {key: float(round((now + value) / 2))}
        return {}
