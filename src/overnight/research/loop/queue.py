"""The bounded queue of proposals between researchers and the laboratory, and the news that both wait for."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

SLACK = 0.05  # of a proposal: share of a trial's time that a slot may be idle for before a proposal is asked for in advance
NEWEST = 0.3  # weight of the newest proposal in the mean time that one takes


@dataclass(slots=True, kw_only=True)
class ProposalQueue:
    """What waits, what is measured, and what is being proposed.

    A role may be ahead of the laboratory by as many proposals as the slots can take up while it thinks about one: more would
    only be further behind the head by the time they are measured.
    """

    slots: int
    researchers: Mapping[str, int]  # how many there are of each role
    _waiting: dict[int, str] = field(default_factory=dict)  # the role of each experiment that waits, in their order
    _measured: set[int] = field(default_factory=set)
    _held: set[int] = field(default_factory=set)  # begun, and waiting for others
    _making: Counter[str] = field(default_factory=Counter)  # proposals in the making, by role
    _thinking_s: dict[str, float] = field(default_factory=dict)  # mean time of one, by role
    _news: anyio.Event = field(default_factory=anyio.Event)

    @property
    def making(self) -> int:
        """How many proposals are being made."""
        return self._making.total()

    @property
    def busy(self) -> bool:
        """Whether anything waits or is measured."""
        return bool(self._waiting or self._measured or self._held)

    def put(self, number: int, role: str) -> None:
        """Add an open experiment at the end."""
        self._waiting[number] = role
        self.announce()

    def take(self) -> int | None:
        """The next experiment to measure, if one waits and fewer are measured than keep the slots busy.

        One more than there are slots: it takes the slot that another leaves while the gate decides.
        """
        if not self._waiting or len(self._measured) > self.slots:
            return None
        number = next(iter(self._waiting))
        del self._waiting[number]
        self._measured.add(number)
        self.announce()
        return number

    def resize(self, slots: int) -> None:
        """There are more slots or fewer."""
        self.slots = slots
        self.announce()

    @contextmanager
    def held(self, number: int) -> Iterator[None]:
        """An experiment that is measured waits for others, so that one more may be taken up."""
        self._measured.discard(number)
        self._held.add(number)
        self.announce()
        try:
            yield
        finally:
            self._held.discard(number)
            self._measured.add(number)

    def finish(self, number: int) -> None:
        """An experiment is not measured any more."""
        self._measured.discard(number)
        self.announce()

    @contextmanager
    def proposing(self, role: str) -> Iterator[None]:
        """A proposal of a role is being made."""
        self._making[role] += 1
        try:
            yield
        finally:
            self._making[role] -= 1
            self.announce()

    def learn(self, role: str, took_s: float) -> None:
        """A role took this long for a proposal."""
        self._thinking_s[role] = took_s + (1.0 - NEWEST) * (self._thinking_s.get(role, took_s) - took_s)

    def has_room(self, role: str, trial_s: float) -> bool:
        """Whether a role may be asked for another proposal; `trial_s` is what a trial takes, 0 if that is not known."""
        if len(self._measured) + len(self._waiting) < self.slots:
            return True  # a slot is idle, or will be
        ahead = self._making[role] + sum(waiting == role for waiting in self._waiting.values())
        return ahead < self._wanted_ahead(role, trial_s)

    def _wanted_ahead(self, role: str, trial_s: float) -> int:
        """How many proposals of a role may be made or waiting while every slot has work.

        A researcher that is alone and answers at once need not be ahead, and so always knows the latest verdict.
        """
        least = int(sum(self.researchers.values()) > 1)
        if not trial_s:
            return max(least, self.researchers[role])
        thinking_s = self._thinking_s.get(role)
        if thinking_s is None:
            return self.researchers[role]
        taken_up = math.ceil(thinking_s * self.slots / trial_s - SLACK)
        return min(taken_up + 1, self.researchers[role] + 2 * self.slots) if taken_up else least

    def announce(self) -> None:
        """Wake everybody who waits for news."""
        self._news.set()
        self._news = anyio.Event()

    async def news(self) -> None:
        """Wait until something is proposed, taken up, concluded or given up."""
        await self._news.wait()
