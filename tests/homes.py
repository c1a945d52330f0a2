"""A home for tests: its record in the test's state folder, and devices that answer over real protocols."""

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from overnight.home.drivers.registry import opened
from overnight.home.events import DeviceConfirmed, DeviceSeen
from overnight.home.record.record import HomeRecord
from overnight.home.things import Description, Device


@pytest.fixture
def home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[HomeRecord]:
    """The record of an empty home, the only one of its state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with HomeRecord() as record:
        yield record


def introduce(record: HomeRecord, family: str, address: str, alias: str, *, room: str = "", **options: str) -> Device:
    """Ask a device what it is, and confirm it by a name."""
    said = anyio.run(_describe, Device(number=0, identity="", family=family, address=address, alias="x", options=options))
    number = record.append(
        DeviceSeen(
            identity=said.identity,
            family=family,
            address=address,
            traits=said.traits,
            properties=said.properties,
            name=said.name,
            maker=said.maker,
            model=said.model,
            options=options,
        )
    )
    record.append(DeviceConfirmed(device=number, alias=alias, room=room))
    device = record.device(number)
    assert device
    return device


async def _describe(device: Device) -> Description:
    async with opened(device) as driver:
        return await driver.describe()
