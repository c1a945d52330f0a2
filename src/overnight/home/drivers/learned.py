"""Devices whose driver was learned: a file that the owner trusts by its hash, for one address, run in the jail on each call.

What is evidence: what the driver says after it asked the device in that very call, in a process that was never told what is
wanted; see `_jailed.py` for what it can reach.

Does not cover: a driver that lies after it was trusted, by what it asks the device or guesses; it is the owner who trusts it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from overnight.home.drivers._claims import description_of, misfit, values_of
from overnight.home.drivers._http import ERROR, Http
from overnight.home.drivers._jailed import JailedDriver
from overnight.home.drivers._opening import same
from overnight.home.drivers._pinned import source_of
from overnight.home.port import Driver, Found, Refused, Unreachable, Unsure
from overnight.home.record.record import HomeRecord
from overnight.home.things import Description, Device, Property, Trait, Value
from overnight.words.secret import Secret

PIN = "driver"  # the option with the hash
KIND = "trait"  # the option with what the owner says that it is


class LearnedDriver:
    """One device; implements `Driver`."""

    def __init__(self, source: str, digest: str, http: Http, *, trait: Trait | None, tried: Sequence[str]) -> None:
        """`tried`: properties that may be set."""
        self._http = http
        self._jailed = JailedDriver(source, http)
        self._digest = digest
        self._trait = trait
        self._tried = tried
        self._properties: Mapping[str, Property] = {}

    async def describe(self) -> Description:
        """As its driver says; the hash is a part of its identity, so that no driver stands for the device of another."""
        said = description_of(await self._jailed.call("describe"), self._trait)
        properties = tuple(replace(each, writable=each.writable and each.name in self._tried) for each in said.properties)
        self._properties = {each.name: each for each in properties}
        return replace(said, identity=f"{self._digest[:16]}/{said.identity}", properties=properties)

    async def read(self) -> Mapping[str, Value]:
        """As its driver says, if it asked the device."""
        if not self._properties:
            await self.describe()
        return await read_with(self._jailed, self._properties)

    async def write(self, want: Mapping[str, Value]) -> None:
        """Have its driver set what was tried, within the bounds that it described."""
        if not self._properties:
            await self.describe()
        for name, value in want.items():
            known = self._properties.get(name)
            if known is None or not known.writable:
                raise Unreachable(f"{name} was never tried with this driver")
            if why := misfit(known, value):
                raise Unreachable(f"{name} {why}")
        await self._jailed.aclose()  # whoever reads is another process than who writes, also afterwards
        try:
            await self._jailed.call("write", want)
        finally:
            await self._jailed.aclose()

    async def aclose(self) -> None:
        """End its process."""
        await self._jailed.aclose()
        await self._http.aclose()


async def read_with(jailed: JailedDriver, properties: Mapping[str, Property]) -> Mapping[str, Value]:
    """The values that a driver reads.

    Raises:
        Unsure: they are no such values, or the device was not asked or did not answer.
    """
    values = values_of(await jailed.call("read"), properties)
    if not jailed.in_call or any(not 0 < each.status < ERROR for each in jailed.in_call):
        raise Unsure("its driver did not ask the device, or made something up when it did not answer")
    return values


class LearnedFamily:
    """Implements `Family`."""

    name = "learned"
    extra = ""

    async def open(self, device: Device, _secrets: Mapping[str, Secret]) -> Driver:
        """With the file that the owner trusts."""
        return await same(self._made(device), device)

    async def look(self, device: Device, _secrets: Mapping[str, Secret]) -> Sequence[Found]:
        """The device at an address, by a file that is trusted for it."""
        driver = self._made(device)
        try:
            said = await driver.describe()
        finally:
            await driver.aclose()
        return [Found(family=self.name, address=device.address, description=said, options=device.options)]

    def _made(self, device: Device) -> LearnedDriver:
        digest = device.options.get(PIN, "")
        with HomeRecord() as record:
            trusted = record.trusted(digest, device.address)
        if trusted is None:
            raise Unreachable("its driver is not trusted for this address: overnight home trust")
        if (source := source_of(digest)) is None:
            raise Refused("the file of its driver is gone or was changed: overnight home learn")
        return LearnedDriver(source, digest, Http(device.address), trait=trusted.trait, tried=trusted.tried)


FAMILY = LearnedFamily()
