"""Opening a driver: whether it is the device that is meant, before anything is sent to it."""

from overnight.home.port import DeviceError, Driver, Unreachable
from overnight.home.things import Device
from overnight.words.foreign import printable


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
