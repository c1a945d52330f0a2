"""Pages that somebody views: each is watched once for all its viewers, and made anew when what it shows has changed.

A look at a page's files is a `stat` of each, so that nothing is held open; and from time to time the page is made anyway,
since a session that is killed changes no file. Nobody views a page: nothing is done for it.

Others than the owner share half of the streams, the pages and the threads, so that none of them can take the owner's.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from overnight.files.signature import signature_of
from overnight.web.calls import Caller
from overnight.web.made_pages import MadePage, PageKey, make_page
from overnight.web.page_parts import step
from overnight.web.threads import Busy

Make = Callable[[PageKey, Caller, tuple[Path, ...]], MadePage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is done at once."""

    viewers: int = 512  # streams in all
    of_session: int = 256  # streams of one
    pages: int = 64  # that are watched
    threads: int = 2  # that make pages
    waiting: int = 32  # pages that one caller waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a page that is viewed is looked at, in seconds."""

    look: float = 0.05  # between looks at its files
    again: float = 2.0  # until it is made though no file changed
    clock: float = 15.0  # until a change of its clocks alone counts
    rest: float = 5.0  # before it is made again, as a multiple of the processor's time for it
    each: float = 0.0006  # of that time, to send a change to one viewer and to show it (2026-12-01)


class TooMany(Busy):
    """No more viewers or pages now."""


class ViewedPage:
    """A page that has viewers."""

    def __init__(self, pace: Pace) -> None:
        self.viewers = 0
        self.made: MadePage | None = None  # what viewers are shown
        self.ended = False
        self._pace = pace
        self._step: tuple[str, str | None] = "", None  # the version before, and what is new since
        self._announced_s = 0.0  # when viewers last got a new version
        self._changed = asyncio.Event()

    async def keep(self, make: Callable[[tuple[Path, ...]], Awaitable[MadePage]]) -> None:
        """Make it now, and again each time that it changes, until cancelled; what it watches is asked at second looks."""
        watched: tuple[Path, ...] = ()
        while True:
            made = await make(watched)
            self._take(made)
            watched = made.watched if await self._change(made) else ()

    async def changed(self, most_s: float) -> None:
        """Wait until there is another version, or it ended, or some seconds passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._changed.wait()

    def since(self, version: str | None) -> str | None:
        """What is new to who has a version, as JSON; None: they need the whole page."""
        before, new = self._step
        return new if version == before else None

    def end(self) -> None:
        """Let all viewers go."""
        self.ended = True
        self._changed.set()

    def _take(self, made: MadePage) -> None:
        """Show what was made, if it is another page to who reads it."""
        shown, now = self.made, time.monotonic()
        if shown and made.essence == shown.essence and now - self._announced_s < self._pace.clock:
            return
        if shown is None or made.version != shown.version:
            self._step = (shown.version, step(shown.version, shown.parts, made.parts)) if shown else ("", None)
            self._announced_s = now
            self._changed.set()
            self._changed = asyncio.Event()
        self.made = made

    async def _change(self, made: MadePage) -> bool:
        """Wait until its files change, or it is to be made anyway; whether they changed."""
        rest_s = self._pace.rest * (made.cost_s + self.viewers * self._pace.each)
        await asyncio.sleep(rest_s)
        looks = max(1, round(max(self._pace.again, 4 * rest_s) / self._pace.look))
        for _ in range(looks):
            if signature_of(made.watched) != made.signature:
                return True
            await asyncio.sleep(self._pace.look)
        return False


class LivePages:
    """All pages that are viewed now."""

    def __init__(self, limits: Limits = Limits(), pace: Pace = Pace(), make: Make = make_page) -> None:
        self._limits = limits
        self._pace = pace
        self._make_page = make
        self._viewed: dict[PageKey, ViewedPage] = {}
        self._keepers: dict[PageKey, asyncio.Task[None]] = {}
        self._making: dict[PageKey, asyncio.Task[MadePage]] = {}
        self._sessions = Counter[str]()
        self._threads = CapacityLimiter(limits.threads)
        self._threads_of_others = CapacityLimiter(max(1, limits.threads // 2))
        self._others = 0  # streams that are not the owner's
        self._closed = False

    @property
    def watched(self) -> int:
        """How many pages are."""
        return len(self._viewed)

    @property
    def viewers(self) -> int:
        """How many there are."""
        return self._sessions.total()

    async def page(self, address: PageKey, caller: Caller) -> MadePage:
        """A page as its viewers have it; without any, as it is now. Who asks for the same at once gets the same.

        Raises:
            TooMany: this caller waits for too many.
        """
        viewed = self._viewed.get(address)
        if viewed and viewed.made:
            return viewed.made
        self._check_waiting(address)
        return await self._make(address, caller)

    @contextmanager
    def viewing(self, address: PageKey, caller: Caller, session: str) -> Iterator[ViewedPage]:
        """Have a page watched.

        Raises:
            TooMany: there are as many viewers or pages as can be.
        """
        page = self._viewed.get(address)
        self._check(page, session, address)
        if page is None:
            page = self._viewed[address] = ViewedPage(self._pace)
            keeper = asyncio.create_task(page.keep(partial(self._make, address, caller)))
            keeper.add_done_callback(partial(self._over, address, page))
            self._keepers[address] = keeper
        page.viewers += 1
        self._others += not address.is_of_owner
        self._sessions[session] += 1
        try:
            yield page
        finally:
            page.viewers -= 1
            self._others -= not address.is_of_owner
            self._sessions[session] -= 1
            self._sessions += Counter()  # forgets those that have none
            if not page.viewers and self._viewed.get(address) is page:
                self._keepers[address].cancel()
                self._forget(address)

    async def close(self) -> None:
        """Let all viewers go, and end all that is under way."""
        self._closed = True
        for page in self._viewed.values():
            page.end()
        tasks = [*self._keepers.values(), *self._making.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _check_waiting(self, address: PageKey) -> None:
        """Refuse what a flood asks for; what was asked for by who has gone is made all the same."""
        waiting = sum(each.principal == address.principal for each in self._making)
        if address not in self._making and waiting >= self._limits.waiting:
            raise TooMany("you wait for too many pages already", fix="ask again later")

    def _check(self, page: ViewedPage | None, session: str, address: PageKey) -> None:
        limits = self._limits
        if self._closed:
            raise TooMany("the server ends")
        if self._sessions.total() >= limits.viewers or self._sessions[session] >= limits.of_session:
            raise TooMany("too many pages are open at once", fix="close some of them")
        if not address.is_of_owner and self._others >= limits.viewers // 2:
            raise TooMany("too many pages are open at once", fix="close some of them")
        if page is None:
            others = sum(not each.is_of_owner for each in self._viewed)
            if len(self._viewed) >= limits.pages or (not address.is_of_owner and others >= limits.pages // 2):
                raise TooMany("too many different pages are open at once", fix="close some of them")
            self._check_waiting(address)

    def _over(self, address: PageKey, page: ViewedPage, keeper: "asyncio.Task[None]") -> None:
        """Its keeper ended; if by a fault of ours, viewers go and come again."""
        page.end()
        if self._viewed.get(address) is page:
            self._forget(address)
        if not keeper.cancelled() and (error := keeper.exception()):
            logging.getLogger(__name__).error("a page could not be made", exc_info=error)

    def _forget(self, address: PageKey) -> None:
        del self._viewed[address], self._keepers[address]

    async def _make(self, address: PageKey, caller: Caller, watched: tuple[Path, ...] = ()) -> MadePage:
        """Make a page in a thread, once for all who want it at this moment."""
        if address not in self._making:
            task = asyncio.create_task(self._made(address, partial(self._make_page, address, caller, watched)))
            self._making[address] = task
            task.add_done_callback(lambda _: self._making.pop(address, None))
        return await asyncio.shield(self._making[address])

    async def _made(self, address: PageKey, work: Callable[[], MadePage]) -> MadePage:
        if address.is_of_owner:
            return await to_thread.run_sync(work, limiter=self._threads)
        async with self._threads_of_others:
            return await to_thread.run_sync(work, limiter=self._threads)
