"""A small subnet of loopback with twins and other servers on it, run by a thread while a test scans it."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from loop_threads import loop_thread

from overnight.home.twins.http import HttpTwin

HOSTS = 6  # of a /29
Serve = Callable[[str], Awaitable[Any]]  # starts something at an address; what it gives is kept until the end


@dataclass(slots=True, kw_only=True)
class Neighbourhood:
    """Addresses in order, and what stands at them."""

    subnet: str
    addresses: list[str]
    _loop: asyncio.AbstractEventLoop
    _kept: list[Any] = field(default_factory=list)

    def start(self, twin: HttpTwin, at: int, port: int) -> str:
        """Start a twin at the address of a place; the address."""
        self.call(twin.start(self.addresses[at], port))
        self._kept.append(twin)
        return self.addresses[at]

    def stop(self, twin: HttpTwin) -> None:
        """Switch a twin off."""
        self.call(twin.stop())
        self._kept.remove(twin)

    def serve(self, serve: Serve, at: int) -> None:
        """Start a server of a test's own."""
        self._kept.append(self.call(serve(self.addresses[at])))

    def call(self, work: Any) -> Any:
        """Do something in the thread of the twins."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def end(self) -> None:
        """Stop everything."""
        for each in self._kept:
            if isinstance(each, HttpTwin):
                await each.stop()
            elif isinstance(each, asyncio.Server):
                each.close()
            else:
                each.close()


@contextmanager
def neighbourhood() -> Iterator[Neighbourhood]:
    """A /29 of loopback on which nothing else listens; a scan of it waits longer, for the machine may be loaded."""
    first = _free()
    addresses = [f"{first}.{at}" for at in range(1, HOSTS + 1)]
    with loop_thread() as loop, pytest.MonkeyPatch.context() as patch:
        for limit in ("ports.WITHIN_S", "questions.WITHIN_S", "scan.DRIVER_S", "scan.LOOK_S", "scan.WITHIN_S"):
            patch.setattr(f"overnight.home.finding.{limit}", 60.0)
        place = Neighbourhood(subnet=f"{first}.0/29", addresses=addresses, _loop=loop)
        try:
            yield place
        finally:
            place.call(place.end())


def _free() -> str:
    draw = random.SystemRandom().randrange
    while True:
        first = f"127.{draw(1, 255)}.{draw(256)}"
        try:
            for at in range(1, HOSTS + 1):
                with socket.socket() as probe:
                    probe.bind((f"{first}.{at}", 8080))
        except OSError:
            continue
        return first
