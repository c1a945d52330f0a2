"""Devices with Tasmota behind an MQTT broker: the broker is the address, the MAC of the device is the option `mac`.

What a device publishes after a command (`RESULT`) is an echo; `STATUS11` is published as the answer to a question alone, and a
message that the broker kept is neither. See `_tasmota.py`.

Does not cover: others who may publish at the broker in the device's place.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight.home.drivers._mqtt import WILD, Mqtt
from overnight.home.drivers._opening import same
from overnight.home.drivers._tasmota import TasmotaDriver
from overnight.home.port import DeviceError, Driver, Found, Refused, Unreachable, Unsure
from overnight.home.things import Device
from overnight.words.secret import Secret

DISCOVERY = "tasmota/discovery"
ANSWER_S = 3.0  # for a device to answer a question
TAKEN_S = 1.0  # for it to say that it took a command, or did not
LIST_S = 0.5  # without another device in the list, after which it is complete
STATE_LARGEST = 64 * 1024  # bytes
DEVICES = 500  # of a broker that are looked at


class MqttWire:
    """Implements `Wire` at a broker."""

    def __init__(self, mqtt: Mqtt, said: Mapping[str, Any]) -> None:  # Any: JSON
        self._mqtt = mqtt
        self._said = said
        form, topic = str(said.get("ft")), str(said.get("t"))
        prefixes = said.get("tp")
        ask, stat = (
            (str(each) for each in prefixes[:2]) if isinstance(prefixes, list) and len(prefixes) > 1 else ("cmnd", "stat")
        )
        self._command, self._stat = (
            form.replace("%topic%", topic).replace("%prefix%", prefix).rstrip("/") for prefix in (ask, stat)
        )
        if not topic or set(WILD) & {*self._command, *self._stat} or "%" in self._command:
            raise Unreachable("its topic cannot be used")

    async def start(self) -> "MqttWire":
        """Hear its answers."""
        await self._mqtt.subscribe(f"{self._stat}/+")
        return self

    async def ask(self, command: str, value: str) -> Mapping[str, Any]:  # Any: JSON
        """What it answers to this very question."""
        await self._mqtt.pending()
        await self._mqtt.publish(f"{self._command}/{command}", value)
        said = await self._heard(f"{self._stat}/{command.upper()}{value}", ANSWER_S)
        if said is None:
            raise Unsure(f"it did not answer within {ANSWER_S:g} s")
        return said

    async def tell(self, command: str, value: str) -> None:
        """Send it, and wait for the echo, which may be a refusal."""
        await self._mqtt.publish(f"{self._command}/{command}", value)
        said = await self._heard(f"{self._stat}/RESULT", TAKEN_S)
        if said and isinstance(word := said.get("Command"), str):
            raise Refused(f"it says to {command}: {word[:20]}")

    async def identity(self) -> Mapping[str, str]:
        """By what it says of itself to the broker."""
        return {"mac": mac_of(self._said), "name": str(self._said.get("dn") or ""), "model": str(self._said.get("md") or "")}

    async def aclose(self) -> None:
        """Leave the broker."""
        await self._mqtt.aclose()

    async def _heard(self, topic: str, within_s: float) -> Mapping[str, Any] | None:  # Any: JSON
        until = time.monotonic() + within_s
        while heard := await self._mqtt.hear(until - time.monotonic()):
            if heard.retained or heard.topic != topic:
                continue
            said = heard.json(STATE_LARGEST)
            if not isinstance(said, dict):
                raise Unsure("it answers no object")
            return said
        return None


def mac_of(said: Mapping[str, Any]) -> str:  # Any: JSON
    """The MAC that a device gives itself."""
    return str(said.get("mac") or "")[:20].upper()


@dataclass(frozen=True, slots=True)
class TasmotaMqttFamily:
    """Implements `Family`."""

    name: str = "tasmota_mqtt"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """Its driver."""
        mqtt = await _connect(device, secrets)
        try:
            mac = device.options.get("mac", "")
            said = await _listed(mqtt, f"{DISCOVERY}/{mac or '+'}/config", one=bool(mac))
            if not said:
                raise Unreachable(f"no Tasmota {mac} is known to the broker at {device.address}")
            wire = await MqttWire(mqtt, said[0]).start()
            return await same(TasmotaDriver(wire, device.options.get("part", "")), device)
        except BaseException:
            await mqtt.aclose()
            raise

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:
        """Each relay of each device that answers."""
        mqtt = await _connect(device, secrets)
        found = []
        try:
            for said in await _listed(mqtt, f"{DISCOVERY}/+/config"):
                try:
                    wire = await MqttWire(mqtt, said).start()
                    for part in await TasmotaDriver(wire).parts():
                        options = {**device.options, "mac": mac_of(said), "part": part}
                        description = await TasmotaDriver(wire, part).describe()
                        found.append(Found(family=self.name, address=device.address, description=description, options=options))
                except DeviceError:  # it left, and the broker kept what it said
                    continue
        finally:
            await mqtt.aclose()
        return found


async def _connect(device: Device, secrets: Mapping[str, Secret]) -> Mqtt:
    password = secrets["password"].reveal() if "password" in secrets else None
    return await Mqtt.connect(device.address, device.options, password)


async def _listed(mqtt: Mqtt, topic: str, *, one: bool = False) -> Sequence[Mapping[str, Any]]:  # Any: JSON
    """What the devices at a broker said of themselves."""
    await mqtt.subscribe(topic)
    found: dict[str, Mapping[str, Any]] = {}  # Any: JSON
    while len(found) < DEVICES and not (one and found) and (heard := await mqtt.hear(LIST_S)):
        said = heard.json(STATE_LARGEST)
        if heard.topic.startswith(DISCOVERY) and isinstance(said, dict):
            found[heard.topic] = said
    return list(found.values())


FAMILY = TasmotaMqttFamily()
