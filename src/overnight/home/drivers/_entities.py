"""Pure: entities of Home Assistant as properties, and the actions that set them.

Facts: https://developers.home-assistant.io/docs/core/entity/. A state between, such as `locking`, is no value.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from overnight.home.drivers._http import number_in
from overnight.home.port import Refused
from overnight.home.things import Property, Trait, Value

GATES = ("garage", "gate", "door")  # kinds of covers that let somebody in
TRAITS = {
    "light": Trait.LIGHT,
    "switch": Trait.SWITCH,
    "input_boolean": Trait.SWITCH,
    "cover": Trait.COVER,
    "climate": Trait.CLIMATE,
    "lock": Trait.LOCK,
    "media_player": Trait.MEDIA,
    "sensor": Trait.SENSOR,
}
ON = {"on": True, "off": False}
PLAYING = {"playing": "playing", "paused": "paused", "idle": "stopped", "off": "stopped", "standby": "stopped"}
MODES = {"off": "off", "heat": "heat", "cool": "cool", "auto": "auto", "heat_cool": "auto"}
LIGHT_MODES = {"unknown", "onoff"}  # of lights that cannot be dimmed
CELSIUS = "°C"
SOURCES = 50  # of a player
ONE_TARGET = 1  # of a thermostat's `supported_features`
ENDS = 3  # of a cover's: it can be opened and closed
AT_END = {"open": 100.0, "closed": 0.0}
Action = tuple[str, Mapping[str, object]]  # such as `turn_on`, with its data


def domain_of(entity: str) -> str:
    """The kind of an entity."""
    return entity.partition(".")[0]


def trait_of(entity: str, attributes: Mapping[str, Any]) -> Trait | None:  # Any: JSON
    """What an entity is for; None: not for us."""
    kind = attributes.get("device_class")
    if domain_of(entity) == "cover" and kind in GATES:
        return Trait.GATE
    if domain_of(entity) == "sensor" and kind != "temperature":
        return None
    return TRAITS.get(domain_of(entity))


def properties_of(entity: str, attributes: Mapping[str, Any]) -> Sequence[Property]:  # Any: JSON
    """What can be read of it, and set."""
    modes = attributes.get("supported_color_modes")
    modes = {each for each in modes if isinstance(each, str)} if isinstance(modes, list) else set()
    match domain_of(entity):
        case "light":
            found = [Property(name="on")]
            if modes - LIGHT_MODES:
                found.append(Property(name="brightness"))
            if "color_temp" in modes:
                low, high = number_in(attributes, "min_color_temp_kelvin"), number_in(attributes, "max_color_temp_kelvin")
                found.append(Property(name="colour_temperature", low=low, high=high))
            return found
        case "cover":
            return [Property(name="position")] if "current_position" in attributes or _has(attributes, ENDS) else []
        case "climate":
            low, high = number_in(attributes, "min_temp"), number_in(attributes, "max_temp")
            choices = tuple(modes_of(attributes.get("hvac_modes")))
            one_target = "supported_features" not in attributes or _has(attributes, ONE_TARGET)  # others have a range alone
            return [
                *([Property(name="target", low=low, high=high)] if one_target else []),
                Property(name="mode", choices=choices),
                Property(name="temperature", writable=False),
            ]
        case "lock":
            return [Property(name="locked")]
        case "media_player":
            return [
                Property(name="playing"),
                Property(name="volume"),
                *([Property(name="source", choices=sources)] if (sources := _sources(attributes)) else []),
            ]
        case "sensor":
            return [Property(name="temperature", writable=False)]
    return [Property(name="on")]


def values_of(entity: str, state: str, attributes: Mapping[str, Any]) -> Mapping[str, Value]:  # Any: JSON
    """What an entity says that it is."""
    found: dict[str, Value | None] = {}
    match domain_of(entity):
        case "light":
            level = number_in(attributes, "brightness")
            found["brightness"] = None if level is None else round(level / 2.55, 1)
            found["colour_temperature"] = number_in(attributes, "color_temp_kelvin")
            found["on"] = ON.get(state)
        case "cover":
            at = AT_END.get(state)
            found["position"] = (
                number_in(attributes, "current_position") if at is not None and "current_position" in attributes else at
            )
        case "climate":
            found["target"] = number_in(attributes, "temperature")
            found["temperature"] = number_in(attributes, "current_temperature")
            found["mode"] = next(
                (mode for mode, theirs in modes_of(attributes.get("hvac_modes")).items() if theirs == state), None
            )
        case "lock":
            found["locked"] = {"locked": True, "unlocked": False}.get(state)
        case "media_player":
            level = number_in(attributes, "volume_level")
            found["volume"] = None if level is None else round(level * 100, 1)
            found["playing"] = PLAYING.get(state)
            source = attributes.get("source")
            found["source"] = source[:200] if isinstance(source, str) else None
        case "sensor":
            found["temperature"] = _celsius(state, attributes)
        case _:
            found["on"] = ON.get(state)
    return {name: value for name, value in found.items() if value is not None}


def modes_of(given: object) -> Mapping[str, str]:
    """The modes of a thermostat's list by our words; of `auto` and `heat_cool`, which are two things, ours is `auto`."""
    words = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
    return {MODES[each]: each for each in words if each in MODES and not (each == "heat_cool" and "auto" in words)}


def actions_for(entity: str, want: Mapping[str, Value], attributes: Mapping[str, Any]) -> Sequence[Action]:  # Any: JSON
    """What to call, in order."""
    match domain_of(entity):
        case "light":
            return [_light(want)]
        case "cover":
            return [_cover(float(want["position"]), attributes)]
        case "climate":
            theirs = modes_of(attributes.get("hvac_modes")).get(str(want.get("mode")))
            mode: list[Action] = [("set_hvac_mode", {"hvac_mode": theirs})] if theirs else []
            return [*mode, *([("set_temperature", {"temperature": want["target"]})] if "target" in want else [])]
        case "lock":
            return [("lock" if want["locked"] else "unlock", {})]
        case "media_player":
            return _player(want)
    return [("turn_on" if want["on"] else "turn_off", {})]


def _has(attributes: Mapping[str, Any], features: int) -> bool:  # Any: JSON
    given = attributes.get("supported_features")
    return isinstance(given, int) and given & features == features


def _cover(position: float, attributes: Mapping[str, Any]) -> Action:  # Any: JSON
    """To a position; one that knows no positions, as most garage doors, is opened or closed."""
    if "current_position" in attributes:
        return "set_cover_position", {"position": round(position)}
    if position not in AT_END.values():
        raise Refused("it can be open (100) or closed (0), and nothing between")
    return "open_cover" if position else "close_cover", {}


def _light(want: Mapping[str, Value]) -> Action:
    if want.get("on") is False:
        return "turn_off", {}
    data: dict[str, object] = {}
    if "brightness" in want:
        data["brightness_pct"] = float(want["brightness"])
    if "colour_temperature" in want:
        data["color_temp_kelvin"] = round(float(want["colour_temperature"]))
    return "turn_on", data


def _player(want: Mapping[str, Value]) -> Sequence[Action]:
    found: list[Action] = []
    if "volume" in want:
        found.append(("volume_set", {"volume_level": float(want["volume"]) / 100}))
    if "source" in want:
        found.append(("select_source", {"source": want["source"]}))
    if "playing" in want:
        found.append(({"playing": "media_play", "paused": "media_pause"}.get(str(want["playing"]), "media_stop"), {}))
    return found


def _sources(attributes: Mapping[str, Any]) -> tuple[str, ...]:  # Any: JSON
    given = attributes.get("source_list")
    return tuple(each for each in given if isinstance(each, str))[:SOURCES] if isinstance(given, list) else ()


def _celsius(state: str, attributes: Mapping[str, Any]) -> float | None:  # Any: JSON
    try:
        value = number_in({"state": float(state)}, "state")
    except ValueError:
        return None
    unit = attributes.get("unit_of_measurement")
    if value is not None and unit == "°F":
        return round((value - 32) / 1.8, 2)
    return value if unit == CELSIUS else None
