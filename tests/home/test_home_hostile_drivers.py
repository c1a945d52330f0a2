"""Devices, brokers and neighbours on the wire that mean harm, against real drivers."""

import asyncio
import gc
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from overnight.home.drivers import _listener
from overnight.home.drivers._entities import values_of
from overnight.home.drivers._listener import serve
from overnight.home.drivers._music import find_file
from overnight.home.drivers._soap import parse
from overnight.home.drivers._zigbee import channels_of
from overnight.home.drivers.registry import find_family
from overnight.home.drivers.sonos import near
from overnight.home.drivers.zigbee import BASE
from overnight.home.port import DeviceError, Refused, Unsure
from overnight.home.things import Device, Value
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.hass import HassEntityTwin, HassTwin
from overnight.home.twins.mqtt import MqttClient
from overnight.home.twins.zigbee import ZigbeeTwin
from overnight.words.secret import Secret

IEEE = "0x00158d0001020304"
FLOOD = 3000  # messages
DEEP = 100_000  # elements in each other


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not answer is given up soon."""
    monkeypatch.setattr("overnight.home.drivers.zigbee.TAKEN_S", 0.05)
    monkeypatch.setattr("overnight.home.drivers.zigbee.ANSWER_S", 0.5)


class ScriptedBridge(MqttClient):
    """Zigbee2MQTT with one switch, `lamp`, which says what a script says."""

    def __init__(self, said: Callable[["ScriptedBridge", str], Awaitable[None]], name: str = "lamp") -> None:
        super().__init__(subscribe=f"{BASE}/{name}/+", will=f"{BASE}/bridge/state")
        self.name = name
        self._said = said
        self.asked = 0

    async def greet(self) -> None:
        """List it; what was wanted last is retained as its state."""
        exposes = ZigbeeTwin("x", "switch").described()["definition"]["exposes"]
        definition = {"vendor": "X", "model": "Y", "exposes": exposes}
        listed = [{"ieee_address": IEEE, "friendly_name": self.name, "definition": definition}]
        await self.publish(f"{BASE}/bridge/state", {"state": "online"}, retain=True)
        await self.publish(f"{BASE}/bridge/devices", listed, retain=True)
        await self.state("ON", retain=True)

    async def state(self, word: Any, *, retain: bool = False, **more: Any) -> None:  # whatever JSON holds
        """Publish its state."""
        await self.publish(f"{BASE}/{self.name}", {"state": word, **more}, retain=retain)

    async def received(self, topic: str, payload: bytes) -> None:
        """As the script has it."""
        verb = topic.rpartition("/")[2]
        self.asked += verb == "get"
        await self._said(self, verb)


def at_bridge(
    said: Callable[[ScriptedBridge, str], Awaitable[None]], want: Mapping[str, Value] | None, *, name: str = "lamp"
) -> Mapping[str, Value] | DeviceError:
    """What is read of the lamp after a command, or what went wrong."""

    async def walk() -> Mapping[str, Value] | DeviceError:
        broker, bridge = BrokerTwin(), ScriptedBridge(said, name)
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        address = f"127.0.0.1:{broker.port}"
        device = Device(number=1, identity=IEEE, family="zigbee", address=address, options={"ieee": IEEE})
        try:
            driver = await find_family("zigbee").open(device, {})
            try:
                if want:
                    await driver.write(want)
                return await driver.read()
            finally:
                await driver.aclose()
        except DeviceError as error:
            return error
        finally:
            await bridge.stop()
            await broker.stop()

    return asyncio.run(walk())


def test_what_a_broker_keeps_is_no_state() -> None:
    """A device that is silent is not read, though its wanted state is retained."""

    async def silent(bridge: ScriptedBridge, verb: str) -> None:
        """Say nothing."""

    assert isinstance(at_bridge(silent, {"on": True}), Unsure)


def test_an_echo_that_comes_late_is_no_answer() -> None:
    """It comes after the question was asked, and before the device answers."""

    async def late(bridge: ScriptedBridge, verb: str) -> None:
        if verb == "get":
            if bridge.asked == 1:
                await bridge.state("ON")
            await bridge.state("OFF")

    assert at_bridge(late, {"on": True}) == {"on": False}


def test_an_echo_alone_is_no_answer() -> None:
    """The device never answers: neither the echo nor the reports that repeat it are its state."""

    async def echoes(bridge: ScriptedBridge, verb: str) -> None:
        if verb == "set":
            await bridge.state("ON")
        elif bridge.asked == 1:
            await bridge.state("ON", power=4.2)
            await bridge.state("ON", power=4.3)

    assert isinstance(at_bridge(echoes, {"on": True}), Unsure)


@pytest.mark.parametrize("word", [["ON"], {"on": True}, True, 1, None, "on", "TOGGLE", "x" * 5000])
def test_a_state_of_another_type_is_none(word: Any) -> None:
    """Nothing but the words that its list names is a state."""

    async def odd(bridge: ScriptedBridge, verb: str) -> None:
        await bridge.state(word)

    assert at_bridge(odd, None) == {}


def test_a_flood_is_no_answer() -> None:
    """Thousands of messages are dropped or looked at, and what is read is what was said last."""

    async def flood(bridge: ScriptedBridge, verb: str) -> None:
        if bridge.asked == 1:
            for _ in range(FLOOD // 10):
                await bridge.publish(f"{BASE}/lamp", b"[" * 50)
        await bridge.state("OFF")

    found = at_bridge(flood, None)
    assert isinstance(found, Unsure) or found == {"on": False}


def test_a_broker_that_goes_away_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """It is an error of the next question, and nothing is written on the terminal if there is none."""

    async def silent(bridge: ScriptedBridge, verb: str) -> None:
        """Say nothing."""

    async def walk(*, asks: bool) -> None:
        broker, bridge = BrokerTwin(), ScriptedBridge(silent)
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        address = f"127.0.0.1:{broker.port}"
        device = Device(number=1, identity=IEEE, family="zigbee", address=address, options={"ieee": IEEE})
        driver = await find_family("zigbee").open(device, {})
        await broker.drop()
        if asks:
            with pytest.raises(Unsure):
                await driver.write({"on": True})
        else:
            await asyncio.sleep(0)
        await driver.aclose()
        await bridge.stop()
        await broker.stop()

    for asks in (True, False):
        asyncio.run(walk(asks=asks))
    gc.collect()
    assert not [each for each in caplog.records if "never retrieved" in each.getMessage() and "Mqtt" in str(each.exc_info)]


@pytest.mark.parametrize("name", ["+", "#", "a/#", "lamp\x00"])
def test_a_name_that_is_a_wildcard_is_not_listed(name: str) -> None:
    """It would hear, and be taken for, every other device."""
    from overnight.home.drivers.zigbee import _entries

    exposes = ZigbeeTwin("x", "switch").described()["definition"]["exposes"]
    assert not _entries({"ieee_address": IEEE, "friendly_name": name, "definition": {"exposes": exposes}}, BASE)


ENTITIES = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><r>&b;</r>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]><r>&a;</r>'


@pytest.mark.parametrize(
    "text",
    [ENTITIES, OUTSIDE.encode(), ENTITIES.encode("utf-16"), b"\xff\xfe<", "<r>", "", "<r/>" * 2, "\x00<r/>", b"\xef\xbb\xbf"],
)
def test_xml_that_declares_anything_is_refused(text: str | bytes) -> None:
    """So is text that is no XML, or in another encoding."""
    with pytest.raises(Unsure):
        parse(text)


def test_xml_may_be_deep() -> None:
    """It is read, or refused, without an end of the stack."""
    with suppress(Unsure):
        assert sum(1 for _ in parse("<a>" * DEEP + "</a>" * DEEP).iter()) == DEEP


@pytest.mark.parametrize(
    "location",
    ["http://198.51.100.7:1400/x", "http://192.168.2.20:1400/x", "http://metadata/x", "", "http://[::1]:1400/", "file:///etc"],
)
def test_a_player_does_not_send_us_elsewhere(location: str) -> None:
    """The coordinator of its group is beside it, or not used."""
    with pytest.raises(Refused):
        near(location, "192.168.1.20")
    assert near("http://192.168.1.21:1400/xml/device_description.xml", "192.168.1.20") == "192.168.1.21"


def ask(address: str, **headers: str) -> tuple[int, bytes]:
    """What the listener answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_the_listener_serves_one_file_at_one_place(tmp_path: Path) -> None:
    """Whole or a range of it, at its own random path; nothing else, and nothing beside it."""
    file, beside = tmp_path / "a.mp3", tmp_path / "b.mp3"
    file.write_bytes(bytes(range(256)) * 40)
    beside.write_bytes(b"secret")
    served = asyncio.run(serve(file, "127.0.0.1"))
    other = asyncio.run(serve(file, "127.0.0.1"))
    try:
        assert served.address.rpartition("/")[2] != other.address.rpartition("/")[2]
        base = served.address.rpartition("/")[0]
        assert not served.fetched()
        for path in ("/", "/a.mp3", "/b.mp3", "/../b.mp3", "/%2e%2e/b.mp3", served.address.removeprefix(base)[:-5]):
            assert ask(base + path)[0] == 404
        assert not served.fetched()
        assert ask(served.address, Range="bytes=256-511") == (206, bytes(range(256)))
        assert ask(served.address) == (200, file.read_bytes())
        assert served.fetched()
    finally:
        for each in (served, other):
            os.kill(each.process, 15)


def test_the_listener_answers_its_device_alone(tmp_path: Path) -> None:
    """Another address is cut off before it has said anything."""
    file = tmp_path / "a.mp3"
    file.write_bytes(b"x" * 1000)
    ours = _address_of_this_machine()
    if ours is None:
        pytest.skip("this machine has no address beside loopback")
    served = asyncio.run(serve(file, ours))
    try:
        host, port = served.address.removeprefix("http://").partition("/")[0].split(":")
        assert host == ours
        stranger = socket.create_connection((host, int(port)), timeout=20, source_address=("127.0.0.1", 0))
        with stranger, suppress(ConnectionError):
            stranger.sendall(f"GET /{served.address.rpartition('/')[2]} HTTP/1.1\r\n\r\n".encode())
            assert stranger.recv(100) == b""
        assert ask(served.address)[0] == 200
    except OSError as error:
        pytest.skip(f"loopback does not reach it: {error}")
    finally:
        os.kill(served.process, 15)


def test_the_listener_is_held_by_no_drip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that never ends has its time, however often a byte of it comes."""
    monkeypatch.setattr(_listener, "WAIT_S", 0.2)
    ours, theirs = socket.socketpair()
    ended = threading.Event()

    def drip() -> None:
        with suppress(OSError):
            while not ended.wait(0.02):
                theirs.send(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        (tmp_path / "a.mp3").write_bytes(b"x")
        file = os.open(tmp_path / "a.mp3", os.O_RDONLY)
        with ours:
            assert not _listener._answer(ours, file, "/word.mp3", time.monotonic() + 60)
        os.close(file)
        assert not ended.is_set()
    finally:
        ended.set()
        dripping.join()
        theirs.close()


def _address_of_this_machine() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.168.255.254", 9))
        return str(probe.getsockname()[0])
    return None


@pytest.mark.parametrize("name", ["../outside.mp3", "/etc/passwd", "link", "text", "sub/../../outside.mp3"])
def test_music_is_what_is_in_the_folder(tmp_path: Path, name: str) -> None:
    """No path leads out of it, no link does, and a file of another kind is no music."""
    folder = tmp_path / "music"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside.mp3").write_bytes(b"x")
    (folder / "link.mp3").symlink_to(tmp_path / "outside.mp3")
    (folder / "text.txt").write_text("x")
    (folder / "sub" / "blue.mp3").write_bytes(b"x")
    assert find_file(folder, "blue").name == find_file(folder, "SUB/blue.mp3").name == find_file(folder, "").name == "blue.mp3"
    with pytest.raises(Refused):
        find_file(folder, name)


@pytest.mark.parametrize("unit", ["°F", "K", ""])
def test_degrees_of_another_kind_are_none(unit: str) -> None:
    """21 is no target for a Home Assistant in °F, and 35 °F no warm day for a frost interlock."""
    entity = HassEntityTwin("Hall", "climate")

    async def walk() -> None:
        twin = HassTwin("Home", [entity], unit=unit)
        await twin.start("127.0.0.1", 0)
        options = {"entity": entity.entity_id}
        device = Device(number=1, identity=entity.entity_id, family="hass", address=f"127.0.0.1:{twin.port}", options=options)
        try:
            with pytest.raises(DeviceError, match="°C"):
                await find_family("hass").open(device, {"token": Secret("twin-token")})
        finally:
            await twin.stop()

    asyncio.run(walk())
    attributes = {"device_class": "temperature", "unit_of_measurement": unit}
    said = values_of("sensor.outside", "35", attributes)
    assert said == ({"temperature": 1.67} if unit == "°F" else {})
    assert not channels_of([{"type": "numeric", "name": "temperature", "property": "t", "access": 1, "unit": unit}])
