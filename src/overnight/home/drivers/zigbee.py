"""Zigbee devices behind Zigbee2MQTT: a broker is the address, the IEEE address of the device is the option `ieee`.

What is evidence. Zigbee2MQTT publishes all that it believes of a device whenever one part of it changes: after a `set` what was
wanted (an echo), after a `get` what the device answered for that part. So each part is asked for by itself, twice, and what is
published last counts: of an echo that comes late and the answers behind it, the last one is an answer. What came before the
first question, such as answers to questions that were given up, counts for nothing.

Does not cover: two reports of a device that repeat what it said before, both between a late echo and an answer.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from overnight.home.drivers._mqtt import WILD, Mqtt
from overnight.home.drivers._opening import same
from overnight.home.drivers._steps import check_known
from overnight.home.drivers._zigbee import Channel, channels_of
from overnight.home.port import Driver, Found, Refused, Unreachable, Unsure
from overnight.home.things import Description, Device, Value
from overnight.words.foreign import one_line
from overnight.words.secret import Secret

BASE = "zigbee2mqtt"  # its usual topic; another by the option `base`
DEVICES = 500  # of a bridge that are looked at
ANSWER_S = 3.0  # for a device to answer a question
TAKEN_S = 1.0  # for the bridge to say that it passed on a command, or could not
NOISE = frozenset({"linkquality", "last_seen", "update", "update_available"})  # parts that change with any message


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A device in the bridge's list."""

    ieee: str
    topic: str
    channel: Channel
    description: Description


class ZigbeeDriver:
    """One device, or one channel of it; implements `Driver`."""

    def __init__(self, mqtt: Mqtt, base: str, entry: Entry) -> None:
        self._mqtt = mqtt
        self._log = f"{base}/bridge/logging"
        self._entry = entry
        self._topic = entry.topic
        self._asked = [each.key for each in entry.channel.features if each.askable]
        self._said: dict[str, Any] = {}  # Any: JSON

    async def describe(self) -> Description:
        """By the bridge's list."""
        return self._entry.description

    async def read(self) -> Mapping[str, Value]:
        """What it answers; see above."""
        if not self._asked and not any(each.property.writable for each in self._entry.channel.features):
            raise Refused("it cannot be asked: it reports when it likes")
        for heard in await self._mqtt.pending():
            self._said = said if heard.topic == self._topic and isinstance(said := heard.json(), dict) else self._said
        for key in (*self._asked, *self._asked):
            await self._mqtt.publish(f"{self._topic}/get", {key: ""})
            await self._answer()
        values = {each.property.name: each.from_wire(self._said) for each in self._entry.channel.features if each.askable}
        return {name: value for name, value in values.items() if value is not None}

    async def write(self, want: Mapping[str, Value]) -> None:
        """Pass it on by the bridge, and wait until it says that it did, or could not."""
        features = {each.property.name: each for each in self._entry.channel.features if each.property.writable}
        check_known(want, features)
        await self._mqtt.publish(
            f"{self._topic}/set", {features[name].key: features[name].to_wire(want[name]) for name in want}
        )
        await self._next(TAKEN_S)

    async def aclose(self) -> None:
        """Leave the broker."""
        await self._mqtt.aclose()

    async def _answer(self) -> None:
        until = time.monotonic() + ANSWER_S
        while (left := until - time.monotonic()) > 0:
            said = await self._next(left)
            if said is None:
                break
            changed = {key for key in said if said[key] != self._said.get(key)} - NOISE
            other = bool(self._said and changed) and not changed & set(self._asked)
            self._said = said
            if not other:
                return
        raise Unsure(f"it did not answer within {ANSWER_S:g} s")

    async def _next(self, within_s: float) -> dict[str, Any] | None:  # Any: JSON
        """The next state that is published; None if none is.

        Raises:
            Refused: the bridge says that the device did not take it.
        """
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0 and (heard := await self._mqtt.hear(left)):
            if heard.retained:
                continue
            said = heard.json()
            if heard.topic == self._topic:
                if not isinstance(said, dict):
                    raise Unsure("what is published of it is no object")
                return said
            message = said.get("message") if isinstance(said, dict) and said.get("level") == "error" else None
            if isinstance(message, str) and f"'{self._entry.description.name}' failed" in message:
                raise Refused(one_line(message, 160))
        return None


@dataclass(frozen=True, slots=True)
class ZigbeeFamily:
    """Implements `Family`."""

    name: str = "zigbee"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """Its driver, by the bridge's list as it is now."""
        ieee = device.options.get("ieee", "")
        mqtt, base = await _connect(device, secrets)
        try:
            for entry in await _listed(mqtt, base):
                if entry.ieee == ieee and entry.channel.endpoint == device.options.get("endpoint", ""):
                    await mqtt.subscribe(entry.topic, f"{base}/bridge/logging")
                    return await same(ZigbeeDriver(mqtt, base, entry), device)
            raise Unreachable(f"Zigbee2MQTT at {device.address} has no device {ieee or '(give the option ieee)'}")
        except BaseException:
            await mqtt.aclose()
            raise

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:
        """All devices of the bridge."""
        mqtt, base = await _connect(device, secrets)
        try:
            entries = await _listed(mqtt, base)
        finally:
            await mqtt.aclose()
        return [
            Found(
                family=self.name,
                address=device.address,
                description=each.description,
                options={
                    **device.options,
                    "ieee": each.ieee,
                    **({"endpoint": each.channel.endpoint} if each.channel.endpoint else {}),
                },
            )
            for each in entries
        ]


async def _connect(device: Device, secrets: Mapping[str, Secret]) -> tuple[Mqtt, str]:
    password = secrets["password"].reveal() if "password" in secrets else None
    base = device.options.get("base", BASE)
    return await Mqtt.connect(device.address, device.options, password), base


async def _listed(mqtt: Mqtt, base: str) -> Sequence[Entry]:
    """What the bridge's list has; it is retained, and a bridge that has left says so too.

    Raises:
        Unreachable: no bridge is there.
    """
    state, listed = f"{base}/bridge/state", f"{base}/bridge/devices"
    await mqtt.subscribe(state, listed)
    until = time.monotonic() + ANSWER_S
    online, found = False, None
    while not (online and found is not None):
        heard = await mqtt.hear(until - time.monotonic())
        if heard is None:
            raise Unreachable(f"no Zigbee2MQTT answers at `{base}`")
        said = heard.json()
        if heard.topic == state:
            online = (said.get("state") if isinstance(said, dict) else heard.body.decode("latin-1")) == "online"
            if not online:
                raise Unreachable("Zigbee2MQTT says that it is not running")
        elif heard.topic == listed and isinstance(said, list):
            found = entries_of(said, base)
    return found


def entries_of(said: Sequence[object], base: str) -> Sequence[Entry]:
    """The devices of a bridge's list."""
    found = (entry for each in said if isinstance(each, dict) for entry in _entries(each, base))
    return list(islice(found, DEVICES))


def _entries(said: Mapping[str, Any], base: str) -> Sequence[Entry]:  # Any: JSON
    ieee, name, definition = said.get("ieee_address"), said.get("friendly_name"), said.get("definition")
    if not isinstance(ieee, str) or not isinstance(name, str) or not isinstance(definition, dict):
        return []
    if not name or len(name) > 200 or set(name) & set(WILD):  # noqa: PLR2004  # characters
        return []
    found = []
    for channel in channels_of(definition.get("exposes")):
        description = Description(
            identity=f"{ieee}/{channel.endpoint}" if channel.endpoint else ieee,
            name=name,
            maker=str(definition.get("vendor") or ""),
            model=str(definition.get("model") or ""),
            traits=(channel.trait,),
            properties=tuple(each.property for each in channel.features if each.askable or each.property.writable),
        )
        found.append(Entry(ieee=ieee, topic=f"{base}/{name}", channel=channel, description=description))
    return found


FAMILY = ZigbeeFamily()
