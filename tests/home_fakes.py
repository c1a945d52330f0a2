"""Devices at the port of drivers, in the test's own process: what each is, and what goes wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from overnight.home.acting.commanding import Commander
from overnight.home.drivers import registry
from overnight.home.events import DeviceConfirmed, DeviceSeen
from overnight.home.port import Driver, Unreachable
from overnight.home.record.record import HomeRecord
from overnight.home.things import Description, Device, Property, Trait, Value
from overnight.words.secret import Secret


@dataclass
class FakeDevice:
    """One device; a driver of itself."""

    identity: str
    traits: tuple[Trait, ...]
    truth: dict[str, Value]
    properties: tuple[Property, ...] = ()
    answers: bool = True
    heard: list[Mapping[str, Value]] = field(default_factory=list)
    reads: int = 0
    on_write: Callable[[Mapping[str, Value]], None] | None = None  # instead of doing it
    on_read: Callable[[], None] | None = None

    async def describe(self) -> Description:
        """What it is."""
        if not self.answers:
            raise Unreachable("no connection")
        known = self.properties or tuple(Property(name=each) for each in self.truth)
        return Description(identity=self.identity, traits=self.traits, properties=known)

    async def read(self) -> Mapping[str, Value]:
        """Its truth."""
        self.reads += 1
        if self.on_read:
            self.on_read()
        if not self.answers:
            raise Unreachable("no connection")
        return dict(self.truth)

    async def write(self, want: Mapping[str, Value]) -> None:
        """Do it."""
        self.heard.append(dict(want))
        if self.on_write:
            self.on_write(want)
        else:
            self.truth.update(want)

    async def aclose(self) -> None:
        """Nothing to leave."""


@dataclass
class FakeHouse:
    """Devices by address; a family of drivers."""

    record: HomeRecord
    devices: dict[str, FakeDevice] = field(default_factory=dict)
    name: str = "fake"
    extra: str = ""

    async def open(self, device: Device, _secrets: Mapping[str, Secret]) -> Driver:
        """The one at its address."""
        found = self.devices.get(device.address)
        if found is None or not found.answers:
            raise Unreachable("no connection")
        if found.identity != device.identity:
            raise Unreachable("another device is at its address")
        return found

    def add(self, alias: str, trait: Trait, *, room: str = "", **truth: Value) -> FakeDevice:
        """A device that the owner has named."""
        made = FakeDevice(identity=f"id of {alias}", traits=(trait,), truth=dict(truth))
        address = f"address {len(self.devices)}"
        self.devices[address] = made
        known = tuple(Property(name=each) for each in truth)
        seen = DeviceSeen(identity=made.identity, family="fake", address=address, traits=made.traits, properties=known)
        number = self.record.append(seen)
        self.record.append(DeviceConfirmed(device=number, alias=alias, room=room))
        return made

    def device(self, alias: str) -> Device:
        """The device of an alias, as the record has it."""
        return next(each for each in self.record.devices() if each.alias == alias)

    def settings(self, text: str) -> None:
        """Write home.yaml."""
        (self.record.folder / "home.yaml").write_text(text)


@pytest.fixture
def house(home: HomeRecord, monkeypatch: pytest.MonkeyPatch) -> FakeHouse:
    """An empty house; commands are given up after 0.1 s."""
    made = FakeHouse(record=home)
    monkeypatch.setattr(registry, "find_family", lambda _: made)
    monkeypatch.setattr(Commander, "within_s", 0.1)
    monkeypatch.setattr(Commander, "steady_s", 0.0)
    return made
