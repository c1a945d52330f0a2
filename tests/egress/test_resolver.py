"""The resolver of this machine, and the one of the tests, keep the port's promises."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from conformance import holds
from proxied import Names

from overnight.egress.addresses import Address
from overnight.egress.resolver import SystemResolver
from overnight.testing.resolver import ADDRESSES, ResolverConformance, Resolving

KNOWN, UNKNOWN, SILENT = "known.example.com", "unknown.example.com", "silent.example.com"


@contextmanager
def system() -> Iterator[Resolving]:
    """The machine's resolver with answers of the test's own: no test asks the network."""
    released = threading.Event()

    def getaddrinfo(host: str, *_: Any, **__: Any) -> Sequence[tuple[Any, ...]]:  # Any: as `socket` has it
        assert host.endswith(".com."), "a name is asked for as a whole, never within a search domain"
        if host.startswith("unknown"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if host.startswith("silent"):
            released.wait()
        return [(0, 0, 0, "", (address, 0)) for address in (*ADDRESSES, *ADDRESSES)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        try:
            yield Resolving(resolver=SystemResolver(), known=KNOWN, unknown=UNKNOWN, silent=SILENT)
        finally:
            released.set()


class TestSystemResolver(ResolverConformance):
    """The resolver of this machine."""

    made = staticmethod(system)


class _Silent(Names):
    async def resolve(self, host: str) -> Sequence[Address]:
        if host == SILENT:
            await asyncio.Event().wait()
        return await super().resolve(host)


class TestNames(ResolverConformance):
    """The resolver that other tests use."""

    @contextmanager
    def made(self) -> Iterator[Resolving]:
        yield Resolving(resolver=_Silent({KNOWN: [ADDRESSES]}), known=KNOWN, unknown=UNKNOWN, silent=SILENT)


class _Forgetful(Names):
    async def resolve(self, host: str) -> Sequence[Address]:
        return (await super().resolve(host))[:1]


class _Lenient(Names):
    async def resolve(self, host: str) -> Sequence[Address]:
        return [] if host == UNKNOWN else await super().resolve(host)


@pytest.mark.parametrize(
    ("broken", "promise"),
    [(_Forgetful, "test_a_name_has_its_addresses"), (_Lenient, "test_a_name_that_does_not_exist_is_an_error")],
)
def test_the_suite_can_fail(broken: type[Names], promise: str) -> None:
    """A resolver that leaves out an address, or has none instead of an error, does not pass."""

    class Broken(ResolverConformance):
        @contextmanager
        def made(self) -> Iterator[Resolving]:
            yield Resolving(resolver=broken({KNOWN: [ADDRESSES]}), known=KNOWN, unknown=UNKNOWN, silent=SILENT)

    assert not holds(Broken(), promise)
