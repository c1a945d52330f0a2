"""Opening a driver: whether it is the device that is meant, before anything is sent to it; and boxes of several devices."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from overnight.home.port import DeviceError, Driver, Found, Unreachable
from overnight.home.things import Device
from overnight.words.foreign import printable
from overnight.words.secret import Secret


class Connection(Protocol):
    """What a box is reached by."""

    async def aclose(self) -> None:
        """Leave it."""
        ...


C = TypeVar("C", bound=Connection)


@dataclass(frozen=True, kw_only=True)
class BoxFamily(Generic[C]):
    """A family whose devices are parts of a box, such as its relays or the lights of a bridge; implements `Family`."""

    name: str
    option: str  # that says which part a device is
    connect: Callable[[Device, Mapping[str, Secret]], C]
    parts: Callable[[C], Awaitable[Sequence[str]]]
    driver: Callable[[C, str], Driver]  # of a part; empty: the first

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """Its driver."""
        connection = self.connect(device, secrets)
        try:
            return await same(self.driver(connection, device.options.get(self.option, "")), device)
        except BaseException:
            await connection.aclose()
            raise

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:
        """Each part of the box."""
        connection = self.connect(device, secrets)
        found = []
        try:
            for part in await self.parts(connection):
                said = await self.driver(connection, part).describe()
                options = {**device.options, self.option: part}
                found.append(Found(family=self.name, address=device.address, description=said, options=options))
        finally:
            await connection.aclose()
        return found


async def same(driver: Driver, device: Device) -> Driver:
    """The driver, if the device that answers is the one that is meant; it is left otherwise.

    Raises:
        Unreachable: another one answers, or none.
    """
    try:
        said = await driver.describe()
    except DeviceError as error:
        await driver.aclose()
        raise Unreachable(str(error)) from error
    except BaseException:
        await driver.aclose()
        raise
    if device.identity and said.identity != device.identity:
        await driver.aclose()
        raise Unreachable(f"another device is at {device.address} now: {printable(said.identity, 60)}")
    return driver
