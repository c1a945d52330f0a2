"""The families of devices: each a module of this package with a constant `FAMILY`, imported when such a device is used."""

import importlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from overnight.errors import UserError
from overnight.home.port import Driver, Family, Found
from overnight.home.things import Device
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable
from overnight.words.secret import Secret

OF_SECRET = "secret_"  # noqa: S105  # options that begin so name a secret


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
    try:
        module = importlib.import_module(f"{__package__}.{name}")
        family: Family = module.FAMILY
    except ImportError as error:
        raise UserError(f"devices of `{name}` need `{error.name}`", fix="pip install 'overnight[home]'") from error
    return family


@asynccontextmanager
async def opened(device: Device) -> AsyncIterator[Driver]:
    """The driver of a device, left at the end.

    Raises:
        UserError: its libraries or its secret are missing.
        Unreachable: it is not there.
    """
    family = find_family(device.family)
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
    return await find_family(family).look(device, _secrets(device))


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
