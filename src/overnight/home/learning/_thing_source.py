"""The driver of a device that describes itself by a Thing Description; made from that description.

Any: values are JSON, and `http` is what the jail gives.
"""

import json
from typing import Any

MAP: dict[str, Any] = json.loads("{}")  # what the description says


def describe(http: Any) -> Any:
    """What the thing is."""
    about = json.loads(http.text("/.well-known/wot"))
    if about.get("id") != MAP["id"]:
        raise ValueError("another thing answers")
    return MAP["said"]


def read(http: Any) -> dict[str, Any]:
    """Each property."""
    return {name: decoded(way, http.get(way["read"])) for name, way in MAP["ways"].items()}


def write(http: Any, want: dict[str, Any]) -> None:
    """Set some."""
    for name, value in want.items():
        way = MAP["ways"][name]
        http.put(way["write"], encoded(way, value))


def decoded(way: dict[str, Any], value: Any) -> Any:
    """A value of the thing as ours."""
    if isinstance(value, dict) and way["own"] in value:  # as gateways of WebThings wrap it
        value = value[way["own"]]
    if way["scale"]:
        low, high, bottom, top = way["scale"]
        return round(bottom + (value - low) * (top - bottom) / (high - low), 2)
    return value


def encoded(way: dict[str, Any], value: Any) -> Any:
    """Ours as one of the thing."""
    if way["scale"]:
        low, high, bottom, top = way["scale"]
        value = low + (value - bottom) * (high - low) / (top - bottom)
    return round(value) if way["whole"] else value
