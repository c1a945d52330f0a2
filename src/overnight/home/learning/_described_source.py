"""The driver of a device that describes itself; made from its Thing Description or its OpenAPI document.

Any: values are JSON, and `http` is what the jail gives.
"""

import json
from typing import Any

MAP: dict[str, Any] = json.loads("{}")  # what the description says


def describe(http: Any) -> Any:
    """What the thing is."""
    who = MAP["who"]
    if inside(json.loads(http.text(who["path"])), who["field"]) != who["value"]:
        raise ValueError("another thing answers")
    return MAP["said"]


def read(http: Any) -> dict[str, Any]:
    """Each property; a resource with several is asked for once."""
    answers: dict[str, Any] = {}
    for way in MAP["ways"].values():
        if way["read"] not in answers:
            answers[way["read"]] = http.get(way["read"])
    return {name: decoded(way, inside(answers[way["read"]], way["own"])) for name, way in MAP["ways"].items()}


def write(http: Any, want: dict[str, Any]) -> None:
    """Set some; what goes to one place goes there at once, with what has to stand beside it as it is now."""
    bodies: dict[tuple[str, str], Any] = {}
    for name, value in want.items():
        way = MAP["ways"][name]
        place = way["method"], way["write"]
        if way["wrapped"]:
            if place not in bodies:
                now = http.get(way["read"]) if way["beside"] else {}
                bodies[place] = {each: now[each] for each in way["beside"]}
            bodies[place][way["own"]] = encoded(way, value)
        else:
            bodies[place] = encoded(way, value)
    for (method, path), body in bodies.items():
        (http.post if method == "POST" else http.put)(path, body)


def inside(value: Any, own: str) -> Any:
    """A field of an object; anything else is the value itself."""
    return value[own] if isinstance(value, dict) and own in value else value


def decoded(way: dict[str, Any], value: Any) -> Any:
    """A value of the thing as ours."""
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
