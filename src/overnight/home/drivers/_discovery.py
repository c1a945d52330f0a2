"""Pure: what a device announces of itself over MQTT in Home Assistant's form, as properties with their topics.

Facts: https://www.home-assistant.io/integrations/mqtt/. Of templates only those that name a part of a JSON message are known;
what has another one is left out, and so is a device without a `unique_id`, which could not be known again.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from overnight.home.drivers._mqtt import WILD
from overnight.home.things import Description, Property, Trait, Value

LONGEST = 200  # characters of a topic or a name
TRAITS = {
    "switch": Trait.SWITCH,
    "light": Trait.LIGHT,
    "cover": Trait.COVER,
    "climate": Trait.CLIMATE,
    "lock": Trait.LOCK,
    "sensor": Trait.SENSOR,
}
GATES = ("garage", "gate", "door")  # kinds of covers that let somebody in
MODES = {"off": "off", "heat": "heat", "cool": "cool", "auto": "auto", "heat_cool": "auto"}
OWN = ("zigbee2mqtt", "tasmota")  # whose devices are asked in their own words, by drivers of their own
SHORT = {  # of https://www.home-assistant.io/integrations/mqtt/#supported-abbreviations-in-mqtt-discovery-messages
    "avty": "availability",
    "avty_t": "availability_topic",
    "bri_cmd_t": "brightness_command_topic",
    "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic",
    "bri_val_tpl": "brightness_value_template",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "cmps": "components",
    "curr_temp_t": "current_temperature_topic",
    "curr_temp_tpl": "current_temperature_template",
    "dev": "device",
    "dev_cla": "device_class",
    "ids": "identifiers",
    "mf": "manufacturer",
    "mdl": "model",
    "mode_cmd_t": "mode_command_topic",
    "mode_stat_t": "mode_state_topic",
    "mode_stat_tpl": "mode_state_template",
    "o": "origin",
    "opt": "optimistic",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_lock": "payload_lock",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "pl_unlk": "payload_unlock",
    "pos_clsd": "position_closed",
    "pos_open": "position_open",
    "pos_t": "position_topic",
    "pos_tpl": "position_template",
    "set_pos_t": "set_position_topic",
    "set_pos_tpl": "set_position_template",
    "stat_locked": "state_locked",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "stat_unlocked": "state_unlocked",
    "stat_val_tpl": "state_value_template",
    "t": "topic",
    "temp_cmd_t": "temperature_command_topic",
    "temp_stat_t": "temperature_state_topic",
    "temp_stat_tpl": "temperature_state_template",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
_TEMPLATE = re.compile(r"\{\{\s*value(?:_json((?:\.\w+|\[['\"][^'\"\]]+['\"]\])+))?\s*\}\}")
_STEP = re.compile(r"\.(\w+)|\[['\"]([^'\"\]]+)['\"]\]")
Said = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One property: where it is said, and where it is set."""

    property: Property
    state: str  # topic; empty: nobody says it
    read: Callable[[bytes], Value | None]
    command: str  # topic; empty: it cannot be set
    write: Callable[[Value], str | Mapping[str, object]]


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
    whole = _long(said)
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
        for each in _entity(part, str(_long(one).get("platform")), {**shared, **_long(one)})
    ]


def _entity(part: str, component: str, said: Said) -> Sequence[Entity]:
    identity, trait = said.get("unique_id"), TRAITS.get(component)
    if not isinstance(identity, str) or not 0 < len(identity) <= LONGEST or trait is None or _of_another(said):
        return []
    if trait is Trait.COVER and said.get("device_class") in GATES:
        trait = Trait.GATE
    features = [each for each in _MAKERS[component](said) if each.state or each.command]
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


def _long(said: Said) -> dict[str, Any]:  # Any: JSON
    """With whole names, and `~` in topics replaced."""
    base = said.get("~")
    found: dict[str, Any] = {}  # Any: JSON
    for key, value in said.items():
        name = SHORT.get(key, key)
        if name in ("device", "origin") and isinstance(value, dict):
            value = {SHORT.get(each, each): one for each, one in value.items()}  # noqa: PLW2901
        if name.endswith("topic") and isinstance(value, str) and isinstance(base, str):
            value = base + value[1:] if value.startswith("~") else value[:-1] + base if value.endswith("~") else value  # noqa: PLW2901
        found[name] = value
    return found


def _topic(said: Said, name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and not set(value) & set(WILD) else ""


def _reader(template: object) -> Callable[[bytes], object] | None:
    """What a value template makes of a message; None: it is not known."""
    if template is None:
        return partial(_text, ())
    found = _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) else None
    if not found:
        return None
    return partial(_text, tuple(name or key for name, key in _STEP.findall(found[1] or "")), structured=found[1] is not None)


def _text(path: Sequence[str], body: bytes, *, structured: bool = False) -> object:
    if not structured:
        return body.decode("utf-8", "replace")
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _word(value: object) -> str:
    """A value as a template of Home Assistant writes it."""
    return str(value).strip()


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _feature(
    known: Property,
    said: Said,
    *,
    state: str,
    template: str,
    command: str,
    read: Callable[[object], Value | None],
    write: Callable[[Value], str | Mapping[str, object]] = str,
) -> Feature:
    """One that is said and set as usual; it is not set by a template, and not said by one that is not known."""
    reader = _reader(said.get(template))
    told = "" if reader is None or said.get("optimistic") is True else _topic(said, state)
    templated = command.replace("_topic", "_template") in said
    return Feature(
        property=Property(
            name=known.name,
            unit=known.unit,
            low=known.low,
            high=known.high,
            choices=known.choices,
            writable=bool(command and not templated and _topic(said, command)),
        ),
        state=told,
        read=lambda body: None if reader is None else read(reader(body)),
        command="" if templated or not command else _topic(said, command),
        write=write,
    )


def _two(said: Said, yes: tuple[str, str, str], no: tuple[str, str, str]) -> tuple[Any, Any] | None:  # callables
    """How one of two words is read and written; each: the names of what is said and of what is sent, and the usual word."""
    sent = {True: str(said.get(yes[1], yes[2])), False: str(said.get(no[1], no[2]))}
    usual = {"LOCK": "LOCKED", "UNLOCK": "UNLOCKED"}
    heard = {key: str(said.get(names[0], usual.get(sent[key], sent[key]))) for key, names in ((True, yes), (False, no))}
    if heard[True] == heard[False] or sent[True] == sent[False]:
        return None
    values = {word: key for key, word in heard.items()}
    return lambda value: values.get(_word(value)), lambda value: sent[bool(value)]


def _switch(said: Said, template: str = "value_template") -> Sequence[Feature]:
    names = _two(said, ("state_on", "payload_on", "ON"), ("state_off", "payload_off", "OFF"))
    if names is None:
        return []
    read, write = names
    return [
        _feature(
            Property(name="on"),
            said,
            state="state_topic",
            template=template,
            command="command_topic",
            read=read,
            write=write,
        )
    ]


def _lock(said: Said) -> Sequence[Feature]:
    names = _two(said, ("state_locked", "payload_lock", "LOCK"), ("state_unlocked", "payload_unlock", "UNLOCK"))
    if names is None:
        return []
    read, write = names
    known = Property(name="locked")
    return [
        _feature(known, said, state="state_topic", template="value_template", command="command_topic", read=read, write=write)
    ]


def _light(said: Said) -> Sequence[Feature]:
    scale = _number(said.get("brightness_scale", 255)) or 255.0
    level = Property(name="brightness", unit="%", low=0, high=100)

    def percent(value: object) -> Value | None:
        number = _number(value)
        return None if number is None or not 0 <= number <= scale else round(100 * number / scale, 1)

    def raw(value: Value) -> int:
        return round(float(value) * scale / 100)

    if said.get("schema") == "json":
        given = {**said, "value_template": "{{ value_json.state }}", "level_template": "{{ value_json.brightness }}"}
        found = [
            _feature(
                Property(name="on"),
                given,
                state="state_topic",
                template="value_template",
                command="command_topic",
                read=lambda value: {"ON": True, "OFF": False}.get(_word(value)),
                write=lambda value: {"state": "ON" if value else "OFF"},
            )
        ]
        if said.get("brightness"):
            found.append(
                _feature(
                    level,
                    given,
                    state="state_topic",
                    template="level_template",
                    command="command_topic",
                    read=percent,
                    write=lambda value: {"state": "ON", "brightness": raw(value)},
                )
            )
        return found
    if said.get("schema") not in (None, "basic", "default"):
        return []
    found = list(_switch(said, "state_value_template"))
    if found and "brightness_command_topic" in said:
        found.append(
            _feature(
                level,
                said,
                state="brightness_state_topic",
                template="brightness_value_template",
                command="brightness_command_topic",
                read=percent,
                write=lambda value: str(raw(value)),
            )
        )
    return found


def _cover(said: Said) -> Sequence[Feature]:
    opened, closed = _number(said.get("position_open", 100)), _number(said.get("position_closed", 0))
    if opened is None or closed is None or opened == closed:
        return []

    def percent(value: object) -> Value | None:
        number = _number(value)
        share = None if number is None else round(100 * (number - closed) / (opened - closed), 1)
        return share if share is not None and 0 <= share <= 100 else None  # noqa: PLR2004  # percent

    known = Property(name="position", unit="%", low=0, high=100)
    return [
        _feature(
            known,
            said,
            state="position_topic",
            template="position_template",
            command="set_position_topic",
            read=percent,
            write=lambda value: str(round(closed + float(value) * (opened - closed) / 100)),
        )
    ]


def _climate(said: Said) -> Sequence[Feature]:
    given = said.get("modes")
    modes = {MODES[each]: each for each in given if each in MODES} if isinstance(given, list) else {}
    target = Property(name="target", unit="°C", low=_number(said.get("min_temp")), high=_number(said.get("max_temp")))
    found = [
        _feature(
            target,
            said,
            state="temperature_state_topic",
            template="temperature_state_template",
            command="temperature_command_topic",
            read=_number,
            write=lambda value: f"{float(value):g}",
        ),
        _feature(
            Property(name="temperature", unit="°C"),
            said,
            state="current_temperature_topic",
            template="current_temperature_template",
            command="",
            read=_number,
        ),
    ]
    if modes:
        found.append(
            _feature(
                Property(name="mode", choices=tuple(modes)),
                said,
                state="mode_state_topic",
                template="mode_state_template",
                command="mode_command_topic",
                read=lambda value: MODES.get(_word(value)),
                write=lambda value: modes[str(value)],
            )
        )
    return found if said.get("temperature_unit", "C") == "C" else []


def _sensor(said: Said) -> Sequence[Feature]:
    if said.get("device_class") != "temperature" or said.get("unit_of_measurement", "°C") != "°C":
        return []
    known = Property(name="temperature", unit="°C")
    return [_feature(known, said, state="state_topic", template="value_template", command="", read=_number)]


_MAKERS: Mapping[str, Callable[[Said], Sequence[Feature]]] = {
    "switch": _switch,
    "light": _light,
    "cover": _cover,
    "climate": _climate,
    "lock": _lock,
    "sensor": _sensor,
}


def _presence(said: Said) -> Sequence[Presence]:
    listed = said.get("availability")
    given = [_long(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if topic := _topic(said, "availability_topic"):
        given.append({**said, "topic": topic, "value_template": said.get("availability_template")})
    return [
        Presence(topic=topic, read=reader, gone=str(each.get("payload_not_available", "offline")))
        for each in given
        if (topic := _topic(each, "topic")) and (reader := _reader(each.get("value_template")))
    ]
