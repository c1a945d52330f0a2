"""The families of devices: each a module of this package with a constant `FAMILY`, imported when such a device is used."""

import importlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

from overnight.errors import UserError
from overnight.home.extras import libraries
from overnight.home.port import Driver, Family, Found, Unreachable, sense
from overnight.home.things import Device
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable
from overnight.words.secret import Secret

OF_SECRET = "secret_"  # noqa: S105  # options that begin so name a secret
OPEN_S = 30.0  # for one device to say who it is, in several questions
LOOK_S = 120.0  # for all those behind a bridge


@cache
def families() -> Sequence[str]:
    """Their names; nothing is imported."""
    return sorted(
        each.stem for each in Path(__file__).parent.glob("*.py") if not each.stem.startswith("_") and each.stem != "registry"
    )


def find_family(name: str) -> Family:
    """The family of a name.

    Raises:
        UserError: there is none, or its libraries are not installed.
    """
    if name not in families():
        raise UserError(f"there is no family of devices `{printable(name, 40)}`", fix=f"one of {', '.join(families())}")
    with _needed(name):
        family: Family = importlib.import_module(f"{__package__}.{name}").FAMILY
    return family


def _needed(family: str) -> AbstractContextManager[None]:
    """Around what may import a family's libraries, which most do only when a device is used."""
    return libraries(f"devices of `{family}` need", extra="cameras" if family.startswith("camera") else "home")


@asynccontextmanager
async def opened(device: Device) -> AsyncIterator[Driver]:
    """The driver of a device, left at the end.

    Raises:
        UserError: its libraries or its secret are missing.
        Unreachable: it is not there.
    """
    family = find_family(device.family)
    with _needed(device.family), _in_time(OPEN_S):
        driver = await family.open(device, _secrets(device))
    try:
        yield driver
    finally:
        await driver.aclose()


async def look(family: str, address: str, options: Mapping[str, str]) -> Sequence[Found]:
    """The devices of a family at an address.

    Raises:
        UserError: its libraries or a secret are missing.
        DeviceError: none answers.
    """
    device = Device(number=0, identity="", family=family, address=address, options=options)
    with _needed(family), _in_time(LOOK_S):
        return await find_family(family).look(device, _secrets(device))


@contextmanager
def _in_time(within_s: float) -> Iterator[None]:
    """Whatever a device answers, and however long it goes on answering."""
    import anyio

    try:
        with sense(), anyio.fail_after(within_s):
            yield
    except TimeoutError as error:
        raise Unreachable(f"it did not answer within {within_s:g} s") from error


def _secrets(device: Device) -> Mapping[str, Secret]:
    broker = user_broker()
    found = {}
    for key, name in device.options.items():
        if key.startswith(OF_SECRET):
            secret = broker.lookup(name)
            if secret is None:
                whose = device.alias or device.address
                raise UserError(f"the secret {name} of {whose} is missing", fix=f"overnight secret set {name}")
            found[key.removeprefix(OF_SECRET)] = secret.value
    return found
