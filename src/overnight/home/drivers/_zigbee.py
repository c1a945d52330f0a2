"""Pure: what Zigbee2MQTT says that a device can do, as properties, and their values on the wire.

Facts: https://www.zigbee2mqtt.io/guide/usage/exposes.html; `access` has bit 1 for published, 2 for set, 4 for get.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight.home.drivers._http import number_in
from overnight.home.things import Property, Trait, Value

SET, GET = 2, 4
CELSIUS = "°C"
MIREDS = 1_000_000  # in a kelvin's place
TRAITS = {
    "light": Trait.LIGHT,
    "switch": Trait.SWITCH,
    "cover": Trait.COVER,
    "lock": Trait.LOCK,
    "climate": Trait.CLIMATE,
}
NAMES = {  # of properties, by the names of features
    "state": "on",
    "brightness": "brightness",
    "color_temp": "colour_temperature",
    "position": "position",
    "occupied_heating_setpoint": "target",
    "current_heating_setpoint": "target",
    "local_temperature": "temperature",
    "system_mode": "mode",
    "temperature": "temperature",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One property, and how it is written on the wire."""

    property: Property
    key: str  # in a message
    askable: bool
    to_wire: Callable[[Value], object]
    from_wire: Callable[[Mapping[str, Any]], Value | None]  # Any: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A part of a device that is a device of its own: one of two switches behind one plate."""

    endpoint: str  # empty: the only one
    trait: Trait
    features: Sequence[Feature]


def channels_of(exposes: object) -> Sequence[Channel]:
    """The channels of a device; what is not known is left out."""
    found = []
    for each in exposes if isinstance(exposes, list) else []:
        if isinstance(each, dict) and (trait := TRAITS.get(str(each.get("type")))):
            given = each.get("features")
            features = [_feature(trait, one) for one in given if isinstance(one, dict)] if isinstance(given, list) else []
            known = [one for one in features if one]
            if known:
                found.append(Channel(endpoint=str(each.get("endpoint") or ""), trait=trait, features=known))
    if not found and isinstance(exposes, list):
        sensed = [_feature(Trait.SENSOR, each) for each in exposes if isinstance(each, dict) and each.get("type") == "numeric"]
        if known := [each for each in sensed if each]:
            found.append(Channel(endpoint="", trait=Trait.SENSOR, features=known))
    return found


def _feature(trait: Trait, said: Mapping[str, Any]) -> Feature | None:  # Any: JSON
    name, key, access = said.get("name"), said.get("property"), said.get("access")
    if not isinstance(name, str) or name not in NAMES or not isinstance(key, str) or not isinstance(access, int):
        return None
    if trait is Trait.COVER and name == "state":  # OPEN while it moves
        return None
    if NAMES[name] in ("target", "temperature") and said.get("unit", CELSIUS) != CELSIUS:
        return None
    property_name = "locked" if trait is Trait.LOCK else NAMES[name]
    shape = _SHAPES.get(name, _number)(said, key)
    if shape is None:
        return None
    to_wire, from_wire, bounds = shape
    if trait is Trait.LOCK:
        from_wire = _lock
    return Feature(
        property=Property(name=property_name, writable=bool(access & SET), **bounds),
        key=key,
        askable=bool(access & GET),
        to_wire=to_wire,
        from_wire=from_wire,
    )


_Shape = tuple[Callable[[Value], object], Callable[[Mapping[str, Any]], Value | None], dict[str, Any]]  # Any: JSON, fields


def _switch(said: Mapping[str, Any], key: str) -> _Shape | None:  # Any: JSON
    on, off = said.get("value_on", "ON"), said.get("value_off", "OFF")
    if on == off:
        return None

    def read(message: Mapping[str, Any]) -> Value | None:  # Any: JSON
        value = message.get(key)
        return value == on if type(value) in (type(on), type(off)) and value in (on, off) else None

    return lambda value: on if value else off, read, {}


def _lock(message: Mapping[str, Any]) -> Value | None:  # Any: JSON
    """By the bolt, if the lock says where it is: neither while it moves, nor when it is stuck halfway."""
    word = message.get("lock_state", {"LOCK": "locked", "UNLOCK": "unlocked"}.get(str(message.get("state"))))
    return {"locked": True, "unlocked": False}.get(str(word))


def _percent(said: Mapping[str, Any], key: str) -> _Shape | None:  # Any: JSON
    most = number_in(said, "value_max") or 254.0

    def read(message: Mapping[str, Any]) -> Value | None:  # Any: JSON
        value = number_in(message, key)
        return None if value is None or not 0 <= value <= most else round(100 * value / most, 1)

    return lambda value: round(float(value) * most / 100), read, {"unit": "%", "low": 0.0, "high": 100.0}


def _kelvin(said: Mapping[str, Any], key: str) -> _Shape | None:  # Any: JSON
    least, most = number_in(said, "value_min") or 153.0, number_in(said, "value_max") or 500.0
    if not 0 < least < most:
        return None

    def read(message: Mapping[str, Any]) -> Value | None:  # Any: JSON
        value = number_in(message, key)
        return round(MIREDS / value) if value and value > 1 else None

    def write(value: Value) -> object:
        return round(min(most, max(least, MIREDS / max(1.0, float(value)))))

    return write, read, {"unit": "K", "low": math.floor(MIREDS / most), "high": math.ceil(MIREDS / least)}


def _number(said: Mapping[str, Any], key: str) -> _Shape | None:  # Any: JSON
    bounds: dict[str, Any] = {"unit": str(said.get("unit") or "")[:8]}
    low, high = number_in(said, "value_min"), number_in(said, "value_max")
    return float, lambda message: number_in(message, key), {**bounds, "low": low, "high": high}


def _choice(said: Mapping[str, Any], key: str) -> _Shape | None:  # Any: JSON
    given = said.get("values")
    choices = tuple(each for each in given if isinstance(each, str))[:20] if isinstance(given, list) else ()

    def read(message: Mapping[str, Any]) -> Value | None:  # Any: JSON
        value = message.get(key)
        return value if isinstance(value, str) and value in choices else None

    return str, read, {"choices": choices}


_SHAPES = {"state": _switch, "brightness": _percent, "color_temp": _kelvin, "system_mode": _choice}
