"""One device: who it is, what it may be set to, its state over time, what became of each command; what a camera shows now."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.errors import UserError
from overnight.home.drivers.registry import opened
from overnight.home.operations import home_show
from overnight.home.operations.home_show import DeviceDetail
from overnight.home.pages._chart import charts
from overnight.home.pages._words import record_files, words
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.things import Device, Trait
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page

NOW = "now"  # the name of a camera's picture
PICTURE_S = 10.0  # that a camera may take for it


def watches(_context: Context, _given: home_show.ShowInput) -> Sequence[Path]:
    """The home's record."""
    return record_files()


def links(_found: DeviceDetail, _here: str) -> Sequence[Link]:
    """The house."""
    return (Link(address="/house", about="The whole house"),)


def beside(_context: Context, _given: home_show.ShowInput, found: DeviceDetail) -> Mapping[str, object]:
    """Words for people, and its values over time."""
    return {**words(), "charts": charts(found), "orders_of": _orders(found), "now": NOW if _shows(found) else ""}


def picture(_context: Context, found: DeviceDetail, name: str) -> bytes | None:
    """What a camera shows now; it is not kept."""
    import anyio

    if name != NOW or not _shows(found):
        return None
    with HomeRecord() as record:
        device = record.device(found.state.number)
    try:
        return anyio.run(_take, device) if device else None
    except (DeviceError, UserError, TimeoutError):
        return None


async def _take(device: Device) -> bytes:
    import anyio

    with anyio.fail_after(PICTURE_S):
        async with opened(device) as driver:
            return bytes(await driver.snapshot())  # type: ignore[attr-defined]  # a camera's driver has it


def _shows(found: DeviceDetail) -> bool:
    return bool(found.state.name) and Trait.CAMERA in found.state.traits


def _orders(found: DeviceDetail) -> Sequence[tuple[str, str]]:
    """What can be done with it, and the word of its button."""
    if not found.state.name:
        return (("home name", "Name it"), ("home drop", "Drop it"))
    return (*((("home set", "Set it"),) if found.can else ()), ("home drop", "Drop it"))


PAGE = Page(
    address="/house/{device}",
    operation=home_show.OPERATION,
    title=lambda found: found.state.name or f"Device {found.state.number}",
    template="device.html.j2",
    orders=("home set", "home name", "home drop"),
    links=links,
    watches=watches,
    beside=beside,
    picture=picture,
)
