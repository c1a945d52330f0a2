"""Devices that say hostile things over their real protocols, from the first look to the pages that show them."""

import re
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from hostile import BIDI, LONG
from rest import AGENT, served
from targets import make_repo

from overnight.errors import UserError
from overnight.home.acting.session import look
from overnight.home.drivers import registry
from overnight.home.events import DeviceConfirmed
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.record.seen import take_down
from overnight.home.things import Device
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.shelly import ShellyTwin
from overnight.home.twins.zigbee import ZigbeeBridge, ZigbeeTwin

MARKUP = '"><script>window.owned = 1</script><img src=x onerror=alert(1)>'
TEXT = f"{MARKUP}\x1b[2J{BIDI}{LONG}"


async def look_around(record: HomeRecord) -> None:
    """Take down what a relay and a thermostat behind a broker say of themselves, and their states."""
    relay, heating, broker = ShellyTwin(TEXT), ZigbeeTwin(MARKUP.replace("/", "|"), "climate"), BrokerTwin()
    bridge = ZigbeeBridge([heating])
    await relay.start("127.0.0.1", 0)
    await broker.start("127.0.0.1", 0)
    await bridge.start(broker.address, broker.port)
    heating.truth["mode"] = TEXT
    try:
        for family, address in (
            ("shelly", f"{relay.address}:{relay.port}"),
            ("zigbee", f"{broker.address}:{broker.port}"),
        ):
            for found in await registry.look(family, address, {}):
                device = take_down(record, found)
                record.append(DeviceConfirmed(device=device.number, alias=f"{family} one", room="hall"))
                await ask(record, record.device(device.number))
    finally:
        await bridge.stop()
        await broker.stop()
        await relay.stop()
    for device in record.devices():  # they are gone: why is in words of the network's library
        await ask(record, device)


async def ask(record: HomeRecord, device: Device | None) -> None:
    """Whatever comes of it."""
    assert device
    with suppress(DeviceError, UserError):
        await look(record, device)


def test_what_devices_say_over_the_wire_is_text_on_every_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names and states are there to be seen, without an element, an escape or an invisible character, and bounded."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with HomeRecord() as record:
        anyio.run(look_around, record)
        numbers = [each.number for each in record.devices()]
    assert len(numbers) == 2
    seen = ""
    with served(AGENT, r=make_repo(tmp_path / "r", "no program")) as rest:
        for address in ("/house", *(f"/house/{number}" for number in numbers)):
            for form in ("", ".json", ".md"):
                text = rest.ask("GET", f"{address}{form}").text
                assert not {"\x1b", "\u202e", "\u2066", "\u200b"} & set(text), (address, form)
                assert form == ".json" or not re.search(r"(?<!\\)<(script>window|img src=x)", text), (address, form)
                assert len(text) < 60_000, (address, form)
                seen += text
        for name in ("home/status", "home/devices", f"home/show?device={numbers[0]}"):
            assert "\x1b" not in rest.get(f"/{name}").text
    assert "window.owned" in seen, "the words were there to be seen"
