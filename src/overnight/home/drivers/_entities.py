"""Pure: entities of Home Assistant as properties, and the actions that set them.

Facts: https://developers.home-assistant.io/docs/core/entity/. A state between, such as `locking`, is no value.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from overnight.home.drivers._http import number_in
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
            return [Property(name="position")] if "current_position" in attributes else []
        case "climate":
            low, high = number_in(attributes, "min_temp"), number_in(attributes, "max_temp")
            given = attributes.get("hvac_modes")
            words = [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
            choices = tuple(dict.fromkeys(MODES[each] for each in words if each in MODES))
            return [
                Property(name="target", low=low, high=high),
                Property(name="mode", choices=choices),
                Property(name="temperature", writable=False),
            ]
        case "lock":
            return [Property(name="locked")]
        case "media_player":
            return [
                Property(name="playing"),
                Property(name="volume"),
                *([Property(name="source")] if _sources(attributes) else []),
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
            found["position"] = number_in(attributes, "current_position") if state in ("open", "closed") else None
        case "climate":
            found["target"] = number_in(attributes, "temperature")
            found["temperature"] = number_in(attributes, "current_temperature")
            found["mode"] = MODES.get(state)
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


def actions_for(entity: str, want: Mapping[str, Value]) -> Sequence[Action]:
    """What to call, in order."""
    match domain_of(entity):
        case "light":
            return [_light(want)]
        case "cover":
            return [("set_cover_position", {"position": round(float(want["position"]))})]
        case "climate":
            mode: list[Action] = [("set_hvac_mode", {"hvac_mode": want["mode"]})] if "mode" in want else []
            return [*mode, *([("set_temperature", {"temperature": want["target"]})] if "target" in want else [])]
        case "lock":
            return [("lock" if want["locked"] else "unlock", {})]
        case "media_player":
            return _player(want)
    return [("turn_on" if want["on"] else "turn_off", {})]


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


def _sources(attributes: Mapping[str, Any]) -> bool:  # Any: JSON
    return isinstance(attributes.get("source_list"), list)


def _celsius(state: str, attributes: Mapping[str, Any]) -> float | None:  # Any: JSON
    try:
        value = number_in({"state": float(state)}, "state")
    except ValueError:
        return None
    unit = attributes.get("unit_of_measurement")
    if value is not None and unit == "°F":
        return round((value - 32) / 1.8, 2)
    return value if unit == CELSIUS else None
