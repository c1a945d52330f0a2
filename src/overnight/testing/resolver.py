"""What every resolver of the proxy promises: all addresses of a name, or an error, and nobody who has to wait for it."""

# ruff: noqa: S101  # a suite consists of assertions

import asyncio
import ipaddress
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from overnight.egress.addresses import Address
from overnight.egress.port import Resolver

ADDRESSES = ("93.184.215.14", "2606:2800::1")
PATIENCE_S = 60.0  # for a loaded machine
MANY = 50


@dataclass(frozen=True, kw_only=True)
class Resolving:
    """A resolver, and names whose answers are known."""

    resolver: Resolver
    known: str  # has ADDRESSES, in this order; asked for often, it is answered as often
    unknown: str  # does not exist
    silent: str  # is not answered as long as the context is open


class ResolverConformance:
    """What every `Resolver` promises."""

    def made(self) -> AbstractContextManager[Resolving]:
        """A resolver that is asked in the event loop in which this context is opened."""
        raise NotImplementedError

    def test_a_name_has_its_addresses(self) -> None:
        """All addresses of a name come in order, each once, as values that can be looked at."""

        async def resolve() -> Sequence[Address]:
            with self.made() as resolving:
                return await resolving.resolver.resolve(resolving.known)

        assert list(asyncio.run(resolve())) == [ipaddress.ip_address(each) for each in ADDRESSES]

    def test_a_name_that_does_not_exist_is_an_error(self) -> None:
        """It is an OSError, also when it is asked for again; the next name is answered."""

        async def resolve() -> int:
            with self.made() as resolving:
                for _ in range(2):
                    try:
                        await resolving.resolver.resolve(resolving.unknown)
                    except OSError:
                        continue
                    raise AssertionError("a name that does not exist has an address")
                return len(await resolving.resolver.resolve(resolving.known))

        assert asyncio.run(resolve()) == len(ADDRESSES)

    def test_nobody_has_to_wait_for_a_look_up(self) -> None:
        """One that is not answered can be given up at any time, and the end of the program does not wait for it."""

        async def resolve() -> bool:
            with self.made() as resolving:
                asking = asyncio.ensure_future(resolving.resolver.resolve(resolving.silent))
                await asyncio.sleep(0)  # it is under way
                asking.cancel()
                await asyncio.wait([asking], timeout=PATIENCE_S)
                return asking.cancelled()

        assert asyncio.run(resolve())

    def test_many_are_asked_at_once(self) -> None:
        """As many as a job may ask for are all answered, beside one that is not."""

        async def resolve() -> set[int]:
            with self.made() as resolving:
                silent = asyncio.ensure_future(resolving.resolver.resolve(resolving.silent))
                answers = await asyncio.gather(*(resolving.resolver.resolve(resolving.known) for _ in range(MANY)))
                silent.cancel()
                return {len(answer) for answer in answers}

        assert asyncio.run(resolve()) == {len(ADDRESSES)}
