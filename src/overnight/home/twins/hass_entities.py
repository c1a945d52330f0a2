"""Entities of Home Assistant on the wire: their states, attributes and services."""

from typing import Any

from overnight.home.things import Value
from overnight.home.twins.faults import Refused
from overnight.home.twins.twin import Change

AT_POWER_ON: dict[str, Change] = {
    "light": {"on": False, "brightness": 100.0},
    "switch": {"on": False},
    "lock": {"locked": True},
    "cover": {"position": 0.0},
    "climate": {"target": 20.0, "temperature": 19.0},
    "media_player": {"playing": "paused", "volume": 30.0},
    "sensor": {"temperature": 21.3},
}
# what a change is called while it happens
PASSING: dict[tuple[str, Value], str] = {
    ("locked", True): "locking",
    ("locked", False): "unlocking",
    ("position", 100.0): "opening",
    ("position", 0.0): "closing",
}


def described(domain: str, name: str, state: Change) -> dict[str, Any]:
    """The state and the attributes of an entity."""
    attributes: dict[str, Any] = {"friendly_name": name}
    match domain:
        case "light":
            level = round(float(state["brightness"]) * 2.55) if state["on"] else None
            attributes |= {"supported_color_modes": ["brightness"], "brightness": level}
            said = "on" if state["on"] else "off"
        case "switch":
            said = "on" if state["on"] else "off"
        case "lock":
            said = "locked" if state["locked"] else "unlocked"
        case "cover":
            attributes |= {"current_position": round(float(state["position"])), "device_class": "shade"}
            said = "closed" if state["position"] == 0 else "open"
        case "climate":
            range_ = {"min_temp": 7, "max_temp": 35, "hvac_modes": ["off", "heat"]}
            attributes |= {"temperature": state["target"], "current_temperature": state["temperature"], **range_}
            said = "heat"
        case "media_player":
            attributes |= {"volume_level": float(state["volume"]) / 100}
            said = {"stopped": "idle"}.get(str(state["playing"]), str(state["playing"]))
        case _:
            attributes |= {"unit_of_measurement": "°C", "device_class": "temperature"}
            said = str(state["temperature"])
    return {"state": said, "attributes": attributes}


def wanted(domain: str, service: str, data: dict[str, Any], entity_domain: str) -> dict[str, Value]:
    """What a service asks of an entity. Raises: `Refused`."""
    if domain not in (entity_domain, "homeassistant"):
        raise Refused(400, f"Action {domain}.{service} does not support this entity.")
    match entity_domain, service:
        case "light", "turn_on":
            return {"on": True, **_brightness(data)}
        case (("light" | "switch"), "turn_on" | "turn_off"):
            return {"on": service == "turn_on"}
        case "lock", "lock" | "unlock":
            return {"locked": service == "lock"}
        case "cover", "open_cover" | "close_cover":
            return {"position": 100.0 if service == "open_cover" else 0.0}
        case "cover", "set_cover_position":
            return {"position": _ranged(data.get("position"), 0, 100)}
        case "climate", "set_temperature":
            return {"target": _ranged(data.get("temperature"), 7, 35)}
        case "media_player", "media_play" | "media_pause" | "media_stop":
            return {"playing": {"media_play": "playing", "media_pause": "paused"}.get(service, "stopped")}
        case "media_player", "volume_set":
            return {"volume": _ranged(data.get("volume_level"), 0, 1) * 100}
    raise Refused(400, f"Action {domain}.{service} not found.")


def _brightness(data: dict[str, Any]) -> dict[str, Value]:
    if "brightness_pct" in data:
        return {"brightness": _ranged(data["brightness_pct"], 0, 100)}
    return {"brightness": _ranged(data["brightness"], 0, 255) / 2.55} if "brightness" in data else {}


def _ranged(value: Any, low: float, high: float) -> float:  # whatever JSON holds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused(400, f"value must be between {low} and {high}, not {value}")
    return float(value)
