"""Devices that announce themselves to an MQTT broker in Home Assistant's form: the broker is the address.

What is evidence. What is on a state topic may be kept by the broker, or the echo of a command. The protocol has one question:
on `homeassistant/status` Home Assistant says `online` when it starts, and devices say again what they are. It is asked twice,
and what is said last counts: of an echo that comes late and the answers behind it, the last one is an answer. A device that
does not answer it, or has no state topic, can be set, and nobody knows whether it was.

Does not cover: a device that answers the question with what was wanted, and not with what is; two reports of a device between a
late echo and an answer.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.home.drivers._discovery import Entity, entities_of
from overnight.home.drivers._mqtt import WILD, Heard, Mqtt
from overnight.home.drivers._opening import same
from overnight.home.drivers._steps import check_known
from overnight.home.port import Driver, Found, Refused, Unreachable, Unsure
from overnight.home.things import Description, Device, Value
from overnight.words.secret import Secret

BASE = "homeassistant"  # the usual topic of announcements; another by the option `base`
ANSWER_S = 2.0  # for a device to say again what it is
LIST_S = 0.5  # without another announcement, after which they are complete
STATE_LARGEST = 64 * 1024  # bytes
CONFIGS = 2000  # announcements of a broker that are looked at


class MqttDriver:
    """One thing that is announced; implements `Driver`."""

    def __init__(self, mqtt: Mqtt, base: str, entity: Entity) -> None:
        self._mqtt = mqtt
        self._question = f"{base}/status"
        self._entity = entity
        self._topics = frozenset(each.state for each in entity.features if each.state)
        self._said: dict[str, bytes] = {}
        self._present: dict[str, bool] = {}  # by topics that say so

    async def start(self) -> "MqttDriver":
        """Hear it; what the broker kept tells only whether it has left."""
        topics = {*self._topics, *(each.topic for each in self._entity.presence)}
        if topics:
            await self._mqtt.subscribe(*sorted(topics))
        while len(self._present) < len({each.topic for each in self._entity.presence}):
            if (heard := await self._mqtt.hear(LIST_S)) is None:
                break
            self._note(heard)
        return self

    async def describe(self) -> Description:
        """As it is announced, unless it has left."""
        self._check_present()
        return self._entity.description

    async def read(self) -> Mapping[str, Value]:
        """What it says when it is asked; see above."""
        if not self._topics and not any(each.property.writable for each in self._entity.features):
            raise Refused("nobody says how it is")
        for heard in await self._mqtt.pending():
            self._note(heard)
        for _ in range(2 if self._topics else 0):
            await self._mqtt.publish(self._question, "online")
            if not await self._answers():
                return {}
        values = {each.property.name: each.read(self._said[each.state]) for each in self._entity.features if each.state}
        return {name: value for name, value in values.items() if value is not None}

    async def write(self, want: Mapping[str, Value]) -> None:
        """Publish it; the protocol has no word for no."""
        self._check_present()
        check_known(want, [each.property.name for each in self._entity.features if each.property.writable])
        for topic, body in self._entity.messages(want):
            await self._mqtt.publish(topic, body)

    async def aclose(self) -> None:
        """Leave the broker."""
        await self._mqtt.aclose()

    async def _answers(self) -> bool:
        """Whether it said all that it is, in time.

        Raises:
            Unsure: it did not, and nothing says that it is there.
        """
        waiting, until = set(self._topics), time.monotonic() + ANSWER_S
        while waiting and (heard := await self._mqtt.hear(until - time.monotonic())):
            self._note(heard)
            if not heard.retained and heard.topic in waiting:
                waiting.discard(heard.topic)
        self._check_present()
        if waiting and not any(self._present.values()):
            raise Unsure(f"it did not answer within {ANSWER_S:g} s")
        return not waiting

    def _note(self, heard: Heard) -> None:
        if len(heard.body) > STATE_LARGEST:
            raise Unsure(f"it says more than {STATE_LARGEST:,} bytes")
        for each in self._entity.presence:
            if each.topic == heard.topic:
                self._present[heard.topic] = str(each.read(heard.body)) != each.gone
        if heard.topic in self._topics and not heard.retained:
            self._said[heard.topic] = heard.body

    def _check_present(self) -> None:
        if not all(self._present.values()):
            raise Unreachable("it has left the broker")


@dataclass(frozen=True, slots=True)
class MqttFamily:
    """Implements `Family`."""

    name: str = "mqtt"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """Its driver, by its announcement as it is now."""
        topic, part = device.options.get("topic", ""), device.options.get("part", "")
        mqtt, base = await _connect(device, secrets)
        try:
            if not topic or set(topic) & set(WILD):
                raise Unreachable("which device is meant is the option `topic`, that of its announcement")
            for entity in (await _listed(mqtt, base, topic)).get(topic, ()):
                if entity.part == part:
                    return await same(await MqttDriver(mqtt, base, entity).start(), device)
            raise Unreachable(f"nothing is announced at `{topic}`")
        except BaseException:
            await mqtt.aclose()
            raise

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:
        """All that is announced; what is announced twice is nothing."""
        mqtt, base = await _connect(device, secrets)
        try:
            listed = await _listed(mqtt, base, f"{base}/+/+/config", f"{base}/+/+/+/config")
        finally:
            await mqtt.aclose()
        names = [each.description.identity for entities in listed.values() for each in entities]
        return [
            Found(
                family=self.name,
                address=device.address,
                description=each.description,
                options={**device.options, "topic": topic, **({"part": each.part} if each.part else {})},
            )
            for topic, entities in listed.items()
            for each in entities
            if names.count(each.description.identity) == 1
        ]


async def _connect(device: Device, secrets: Mapping[str, Secret]) -> tuple[Mqtt, str]:
    password = secrets["password"].reveal() if "password" in secrets else None
    base = device.options.get("base", BASE)
    return await Mqtt.connect(device.address, device.options, password), base


async def _listed(mqtt: Mqtt, base: str, *topics: str) -> Mapping[str, Sequence[Entity]]:
    """What is announced, by topics, or at one topic; it is retained, and an empty message takes it back."""
    await mqtt.subscribe(*topics)
    found: dict[str, Sequence[Entity]] = {}
    while len(found) < CONFIGS and found.keys() != {*topics} and (heard := await mqtt.hear(LIST_S)):
        is_meant = heard.topic in topics or set(topics[0]) & set(WILD)  # some brokers bring what was asked for before
        if is_meant and heard.topic.startswith(f"{base}/") and heard.topic.endswith("/config"):
            component = heard.topic.removeprefix(f"{base}/").partition("/")[0]
            found[heard.topic] = entities_of(component, heard.json(STATE_LARGEST))
    return found


FAMILY = MqttFamily()
