"""Pure: the devices that a message announces over MQTT in Home Assistant's form.

What has no `unique_id` is left out, as it could not be known again, and so is what is asked in its own words by another driver.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight.home.drivers._announced_features import MAKERS, Feature
from overnight.home.drivers._announcement import LONGEST, Said, long, reader, topic
from overnight.home.things import Description, Trait, Value

TRAITS = {
    "switch": Trait.SWITCH,
    "light": Trait.LIGHT,
    "cover": Trait.COVER,
    "climate": Trait.CLIMATE,
    "lock": Trait.LOCK,
    "sensor": Trait.SENSOR,
}
GATES = ("garage", "gate", "door")  # kinds of covers that let somebody in
OWN = ("zigbee2mqtt", "tasmota")  # whose devices are asked in their own words, by drivers of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A topic on which a device, or its broker, says that it left."""

    topic: str
    read: Callable[[bytes], object]
    gone: str  # what is said then


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What is announced."""

    part: str  # of a message that announces several; empty: it is alone
    description: Description
    features: Sequence[Feature]
    presence: Sequence[Presence]

    def messages(self, want: Mapping[str, Value]) -> Sequence[tuple[str, str | Mapping[str, object]]]:
        """What to publish where; switching off goes first and on last."""
        found: list[tuple[str, str | Mapping[str, object]]] = []
        objects: dict[str, dict[str, object]] = {}
        known = {each.property.name: each for each in self.features}
        for name in sorted(want, key=lambda name: 0 if want[name] is False else 2 if want[name] is True else 1):
            feature = known[name]
            body = feature.write(want[name])
            if isinstance(body, str):
                found.append((feature.command, body))
            else:
                objects.setdefault(feature.command, {}).update(body)
        return [*objects.items(), *found]


def entities_of(component: str, said: object) -> Sequence[Entity]:
    """What a message of the topic `.../COMPONENT/.../config` announces; `device` announces several."""
    if not isinstance(said, dict):
        return []
    whole = long(said)
    if component != "device":
        return _entity("", component, whole)
    parts = whole.get("components")
    shared: dict[str, Any] = {
        name: whole[name] for name in ("device", "origin", "availability", "availability_topic") if name in whole
    }
    return [
        each
        for part, one in (parts.items() if isinstance(parts, dict) else ())
        if isinstance(one, dict) and isinstance(part, str)
        for each in _entity(part, str(long(one).get("platform")), {**shared, **long(one)})
    ]


def _entity(part: str, component: str, said: Said) -> Sequence[Entity]:
    identity, trait = said.get("unique_id"), TRAITS.get(component)
    if not isinstance(identity, str) or not 0 < len(identity) <= LONGEST or trait is None or _of_another(said):
        return []
    if trait is Trait.COVER and said.get("device_class") in GATES:
        trait = Trait.GATE
    features = [each for each in MAKERS[component](said) if each.state or each.command]
    if not features:
        return []
    device = said.get("device")
    about: Said = device if isinstance(device, dict) else {}
    description = Description(
        identity=identity,
        name=str(said.get("name") or about.get("name") or ""),
        maker=str(about.get("manufacturer") or ""),
        model=str(about.get("model") or ""),
        traits=(trait,),
        properties=tuple(each.property for each in features),
    )
    return [Entity(part=part, description=description, features=features, presence=_presence(said))]


def _of_another(said: Said) -> bool:
    origin, device = said.get("origin"), said.get("device")
    ids = device.get("identifiers") if isinstance(device, dict) else ()
    words = [origin.get("name") if isinstance(origin, dict) else "", *(ids if isinstance(ids, list) else [ids])]
    return any(str(each).casefold().startswith(OWN) for each in words)


def _presence(said: Said) -> Sequence[Presence]:
    listed = said.get("availability")
    given = [long(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if place := topic(said, "availability_topic"):
        given.append({**said, "topic": place, "value_template": said.get("availability_template")})
    return [
        Presence(topic=place, read=read, gone=str(each.get("payload_not_available", "offline")))
        for each in given
        if (place := topic(each, "topic")) and (read := reader(each.get("value_template")))
    ]
