"""Each family of drivers against its twin, under every fault that it knows."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from overnight.home.drivers._http import certificate_of
from overnight.home.drivers.registry import find_family
from overnight.home.record.record import home_folder
from overnight.home.things import Device, Value
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.discovery import DiscoveryNode, DiscoveryTwin
from overnight.home.twins.faults import Fault
from overnight.home.twins.hass import HassEntityTwin, HassTwin
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.hue import HueLightTwin, HueTwin
from overnight.home.twins.modbus import PoolTwin
from overnight.home.twins.shelly import ShellyTwin, ShellyTwin1
from overnight.home.twins.sonos import SonosTwin
from overnight.home.twins.tasmota import TasmotaMqtt, TasmotaTwin
from overnight.home.twins.twin import Twin
from overnight.home.twins.zigbee import BASE, ZigbeeBridge, ZigbeeTwin
from overnight.testing.home_driver import HomeDriverBasics, HomeDriverConformance, Stand
from overnight.words.secret import Secret

LAG_S = 0.05
PLACES = (f"127.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250}.{place}" for place in range(2, 250))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A device that drips or hangs is given up soon."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("overnight.home.drivers._http.CALL_S", 1.0)
    monkeypatch.setattr("overnight.home.drivers.modbus.CALL_S", 0.5)
    for name in ("zigbee", "tasmota_mqtt"):
        monkeypatch.setattr(f"overnight.home.drivers.{name}.TAKEN_S", 0.1)
        monkeypatch.setattr(f"overnight.home.drivers.{name}.ANSWER_S", 0.5)
    monkeypatch.setattr("overnight.home.drivers.tasmota_mqtt.LIST_S", 0.1)
    monkeypatch.setattr("overnight.home.drivers.mqtt.ANSWER_S", 0.5)
    monkeypatch.setattr("overnight.home.drivers.mqtt.LIST_S", 0.3)


async def stand_of(
    twin: Twin, family: str, address: str, wants: Sequence[Mapping[str, Value]], given: Mapping[str, Any] | None = None
) -> Stand:
    """A stand of a twin that listens."""
    given = dict(given or {})
    options = given.pop("options", {})
    kind = find_family(family)
    device = Device(number=1, identity="", family=family, address=address, options=options)
    driver = await kind.open(device, given.get("secrets", {}))
    said = await driver.describe()
    await driver.aclose()

    async def fail(fault: str) -> None:
        twin.fault = Fault(fault)
        if "announce" in given:
            await given["announce"]()

    async def leave() -> None:
        await (given["leave"]() if "leave" in given else twin.go_away())

    return Stand(
        family=kind,
        device=replace(device, identity=said.identity, traits=said.traits, properties=said.properties),
        truth=lambda: dict(twin.truth),
        heard=lambda: len(twin.heard),
        fail=fail,
        faults=[str(each) for each in twin.faults],
        leave=leave,
        wants=wants,
        secrets=given.get("secrets", {}),
        says_no=given.get("says_no", True),
    )


class OfHttp(HomeDriverBasics):
    """A twin with a server of its own."""

    family = ""
    wants: Sequence[Mapping[str, Value]] = ()

    def twin(self) -> HttpTwin:
        """One that does not listen yet."""
        raise NotImplementedError

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """Listening on a free port."""
        twin = self.twin()
        await twin.start("127.0.0.1", 0)
        try:
            address = f"127.0.0.1:{twin.port}"
            yield await stand_of(twin, self.family, address, self.wants)
        finally:
            await twin.stop()


class TestShellySwitch(OfHttp):
    """A relay."""

    family = "shelly"
    wants = ({"on": True}, {"on": False})

    def twin(self) -> HttpTwin:
        """A relay."""
        return ShellyTwin("Kettle", "switch", lag_s=LAG_S)


class TestShellyLight(OfHttp, HomeDriverConformance):
    """A dimmer."""

    family = "shelly"
    wants = ({"on": True, "brightness": 40}, {"brightness": 70}, {"on": False})

    def twin(self) -> HttpTwin:
        """A dimmer."""
        return ShellyTwin("Table", "light", lag_s=LAG_S)


class TestShellyCover(OfHttp):
    """A shade."""

    family = "shelly"
    wants = ({"position": 60}, {"position": 0})

    def twin(self) -> HttpTwin:
        """A shade."""
        return ShellyTwin("Shade", "cover", lag_s=LAG_S)


class TestShelly1Switch(OfHttp):
    """A relay of the first generation."""

    family = "shelly1"
    wants = ({"on": True}, {"on": False})

    def twin(self) -> HttpTwin:
        """A relay."""
        return ShellyTwin1("Kettle", "switch", lag_s=LAG_S)


class TestShelly1Light(OfHttp):
    """A dimmer of the first generation."""

    family = "shelly1"
    wants = ({"on": True, "brightness": 40}, {"on": False})

    def twin(self) -> HttpTwin:
        """A dimmer."""
        return ShellyTwin1("Table", "light", lag_s=LAG_S)


class TestShelly1Cover(OfHttp):
    """A shade of the first generation."""

    family = "shelly1"
    wants = ({"position": 60}, {"position": 0})

    def twin(self) -> HttpTwin:
        """A shade."""
        return ShellyTwin1("Shade", "cover", lag_s=LAG_S)


class TestTasmota(OfHttp, HomeDriverConformance):
    """A dimmer over HTTP."""

    family = "tasmota"
    wants = ({"on": True, "brightness": 40}, {"on": False})

    def twin(self) -> HttpTwin:
        """A dimmer."""
        return TasmotaTwin("Lamp", "light", lag_s=LAG_S)


class TestTasmotaMqtt(HomeDriverConformance):
    """A dimmer behind a real broker."""

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """With a broker of its own."""
        broker, twin = BrokerTwin(), TasmotaTwin("Lamp", "light", lag_s=LAG_S)
        await broker.start("127.0.0.1", 0)
        client = TasmotaMqtt(twin)
        await client.start("127.0.0.1", broker.port)
        given = {"options": {"mac": twin.mac.upper()}, "leave": client.stop}
        wants = ({"on": True, "brightness": 40}, {"on": False})
        try:
            yield await stand_of(twin, "tasmota_mqtt", f"127.0.0.1:{broker.port}", wants, given)
        finally:
            await client.stop()
            await broker.stop()


class TestHue(HomeDriverConformance):
    """A light of a bridge."""

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """Paired."""
        twin = HueLightTwin("Bed", lag_s=LAG_S)
        bridge = HueTwin("Bridge", [twin, HueLightTwin("Desk")], lag_s=LAG_S)
        bridge.keys.add("a-key-of-the-bridge")
        await bridge.start("127.0.0.1", 0)
        address = f"127.0.0.1:{bridge.port}"
        given = {
            "options": {"resource": twin.id_of("light"), "pin": await certificate_of(address)},
            "secrets": {"key": Secret("a-key-of-the-bridge")},
            "leave": bridge.go_away,
        }
        wants = ({"on": True, "brightness": 40.0}, {"colour_temperature": 4000.0}, {"on": False})
        try:
            yield await stand_of(twin, "hue", address, wants, given)
        finally:
            await bridge.stop()


class OfHass(HomeDriverBasics):
    """An entity of Home Assistant."""

    domain = ""
    wants: Sequence[Mapping[str, Value]] = ()

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """With a server of its own."""
        twin = HassEntityTwin("Front thing", self.domain, lag_s=LAG_S)
        server = HassTwin("Home", [twin, HassEntityTwin("Other", "switch")], lag_s=LAG_S)
        await server.start("127.0.0.1", 0)
        given = {
            "options": {"entity": twin.entity_id},
            "secrets": {"token": Secret("twin-token")},
            "leave": server.go_away,
            "says_no": False,  # its 500 is also what a command that began ends with
        }
        try:
            yield await stand_of(twin, "hass", f"127.0.0.1:{server.port}", self.wants, given)
        finally:
            await server.stop()


class TestHassLight(OfHass):
    """A dimmer."""

    domain = "light"
    wants = ({"on": True, "brightness": 40.0}, {"on": False})


class TestHassLock(OfHass, HomeDriverConformance):
    """A lock, which passes `unlocking`."""

    domain = "lock"
    wants = ({"locked": False}, {"locked": True})


class TestHassPlayer(OfHass):
    """A player."""

    domain = "media_player"
    wants = ({"volume": 55.0}, {"playing": "playing"})


class TestModbus(HomeDriverConformance):
    """The heater of a pool controller."""

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """With the map of its registers in home.yaml."""
        home_folder().mkdir(parents=True, exist_ok=True)
        (home_folder() / "home.yaml").write_text(POOL)
        twin = PoolTwin(lag_s=LAG_S)
        await twin.start("127.0.0.1", 0)
        try:
            given = {"options": {"map": "pool", "part": "spa"}}
            yield await stand_of(twin, "modbus", f"127.0.0.1:{twin.port}", ({"target": 37.5}, {"target": 30.0}), given)
        finally:
            await twin.stop()


POOL = """
modbus:
  pool:
    parts:
      spa:
        trait: heater
        registers:
          target: {at: holding 0, scale: 0.1, low: 20, high: 40}
          temperature: {at: input 0, scale: 0.1, signed: true}
      filter:
        trait: pump
        registers:
          "on": {at: coil 0}
          speed: {at: holding 1}
"""


class TestSonos(HomeDriverConformance):
    """A player, which always listens on the same port."""

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """On an address of its own."""
        address = next(PLACES)
        twin = SonosTwin("Study", lag_s=LAG_S)
        await twin.start(address)
        twin.truth["source"] = "x-rincon-stream:line-in"
        try:
            yield await stand_of(twin, "sonos", address, ({"playing": "playing", "volume": 33}, {"playing": "stopped"}))
        finally:
            await twin.stop()


class OfZigbee(HomeDriverBasics):
    """A device behind Zigbee2MQTT, at a real broker."""

    kind = ""
    wants: Sequence[Mapping[str, Value]] = ()

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """With a broker and a bridge of its own."""
        broker, twin = BrokerTwin(), ZigbeeTwin("Study thing", self.kind, lag_s=LAG_S)
        await broker.start("127.0.0.1", 0)
        bridge = ZigbeeBridge([twin, ZigbeeTwin("Another", "switch")])
        await bridge.start("127.0.0.1", broker.port)

        async def leave() -> None:
            await bridge.publish(f"{BASE}/bridge/state", {"state": "offline"}, retain=True)
            await bridge.stop()

        given = {"options": {"ieee": twin.ieee_address}, "announce": bridge.announce_devices, "leave": leave}
        try:
            yield await stand_of(twin, "zigbee", f"127.0.0.1:{broker.port}", self.wants, given)
        finally:
            await bridge.stop()
            await broker.stop()


class TestZigbeeLight(OfZigbee, HomeDriverConformance):
    """A bulb."""

    kind = "light"
    wants = ({"on": True, "brightness": 40.0}, {"colour_temperature": 4000.0}, {"on": False})


class TestZigbeeLock(OfZigbee):
    """A lock."""

    kind = "lock"
    wants = ({"locked": False}, {"locked": True})


class TestZigbeeClimate(OfZigbee):
    """A thermostat."""

    kind = "climate"
    wants = ({"target": 22.5},)


class TestZigbeeCover(OfZigbee):
    """A shade."""

    kind = "cover"
    wants = ({"position": 40.0},)


class OfMqtt(HomeDriverBasics):
    """What announces itself to a real broker in Home Assistant's form."""

    kind = ""
    answers = True
    wants: Sequence[Mapping[str, Value]] = ()

    @asynccontextmanager
    async def stand(self) -> AsyncIterator[Stand]:
        """With a broker of its own."""
        broker, twin = BrokerTwin(), DiscoveryTwin("Study thing", self.kind, lag_s=LAG_S, answers=self.answers)
        await broker.start("127.0.0.1", 0)
        node = DiscoveryNode(twin)
        await node.start("127.0.0.1", broker.port)

        async def leave() -> None:
            await node.publish(f"{twin.node}/status", b"offline", retain=True)
            await node.stop()

        topic = f"homeassistant/{self.kind}/{twin.node}/config"
        given = {"options": {"topic": topic}, "leave": leave, "says_no": False}
        try:
            yield await stand_of(twin, "mqtt", f"127.0.0.1:{broker.port}", self.wants, given)
        finally:
            await node.stop()
            await broker.stop()


class TestMqttSwitch(OfMqtt):
    """A relay."""

    kind = "switch"
    wants = ({"on": True}, {"on": False})


class TestMqttLight(OfMqtt, HomeDriverConformance):
    """A bulb with messages in JSON."""

    kind = "light"
    wants = ({"on": True, "brightness": 40.0}, {"on": False})


class TestMqttLock(OfMqtt):
    """A lock."""

    kind = "lock"
    wants = ({"locked": False}, {"locked": True})


class TestMqttCover(OfMqtt):
    """A shade."""

    kind = "cover"
    wants = ({"position": 40.0},)


class TestMqttClimate(OfMqtt):
    """A thermostat that says all in one message."""

    kind = "climate"
    wants = ({"target": 22.5, "mode": "off"}, {"target": 18.0})


class TestMqttThatAnswersNothing(OfMqtt):
    """A device that only reports can be set, and what it reports is no evidence."""

    kind = "switch"
    answers = False
    wants = ({"on": True},)

    def test_it_reads_what_is_true(self) -> None:
        """Nothing is read."""

        async def walk(stand: Stand) -> None:
            driver = await stand.family.open(stand.device, stand.secrets)
            assert await driver.read() == {}
            await driver.aclose()

        self._run(walk)

    def test_it_sets_what_is_wanted(self) -> None:
        """It does, and says that nothing is known."""

        async def walk(stand: Stand) -> None:
            driver = await stand.family.open(stand.device, stand.secrets)
            await driver.write({"on": True})
            while stand.truth()["on"] is not True:  # it may be asked meanwhile
                assert await driver.read() == {}
            await driver.aclose()

        self._run(walk)


def test_what_was_said_before_a_question_answers_nothing() -> None:
    """Old states that wait at the client, such as answers to questions that were given up, are not what a lock is now."""

    async def walk() -> None:
        broker, lock = BrokerTwin(), ZigbeeTwin("Front door", "lock")
        await broker.start("127.0.0.1", 0)
        bridge = ZigbeeBridge([lock])
        await bridge.start("127.0.0.1", broker.port)
        stand = await stand_of(lock, "zigbee", f"127.0.0.1:{broker.port}", [], {"options": {"ieee": lock.ieee_address}})
        driver = await find_family("zigbee").open(stand.device, {})
        try:
            assert await driver.read() == {"locked": True}
            await driver.write({"locked": False})
            stale = {"state": "LOCK", "lock_state": "locked"}
            for _ in range(8):
                await bridge.publish(lock.topic, stale)
            await bridge.publish(f"{BASE}/bridge/logging", {"level": "info"})
            while len(driver._mqtt._client.messages) < 9:  # type: ignore[attr-defined]  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0)
            assert await driver.read() == {"locked": False}
        finally:
            await driver.aclose()
            await bridge.stop()
            await broker.stop()

    asyncio.run(walk())
