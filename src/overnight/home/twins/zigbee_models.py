"""Models of Zigbee devices: what Zigbee2MQTT says of them, and their state on the wire."""

from dataclasses import dataclass
from typing import Any

from overnight.home.things import Value
from overnight.home.twins.faults import Refused
from overnight.home.twins.twin import Change

READ, WRITE, GET = 1, 2, 4  # bits of `access`
ALL = READ | WRITE | GET
SIDES = ("left", "right")
MODES = ("off", "heat", "auto")
NUMBERS = {  # the property, and what the wire lets through
    ("light", "brightness"): ("brightness", 0, 254),
    ("light", "color_temp"): ("colour_temperature", 153, 454),
    ("cover", "position"): ("position", 0, 100),
    ("climate", "occupied_heating_setpoint"): ("target", 5, 35),
}
MIREDS = 1_000_000  # / K


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What stands on the box, and how it is when it gets power."""

    vendor: str
    model: str
    description: str
    at_power_on: Change


MODELS = {
    "light": Model(
        vendor="IKEA",
        model="LED2109G6",
        description="TRADFRI bulb E27, white spectrum, 806 lm",
        at_power_on={"on": False, "brightness": 100.0, "colour_temperature": 2700.0},
    ),
    "switch": Model(vendor="Sonoff", model="S26R2ZB", description="Zigbee smart plug", at_power_on={"on": False}),
    "double": Model(  # two switches behind one plate: each is a device of its own
        vendor="Aqara",
        model="QBKG12LM",
        description="Double wall switch",
        at_power_on={"left": False, "right": False},
    ),
    "cover": Model(vendor="IKEA", model="E1757", description="FYRTUR roller blind", at_power_on={"position": 100.0}),
    "lock": Model(vendor="Yale", model="YRD426NRSC", description="Assure lock", at_power_on={"locked": True}),
    "climate": Model(
        vendor="Danfoss",
        model="014G2461",
        description="Ally thermostat",
        at_power_on={"target": 20.0, "temperature": 19.5, "mode": "heat"},
    ),
    "sensor": Model(
        vendor="Aqara",
        model="WSDCGQ11LM",
        description="Temperature and humidity sensor",
        at_power_on={"temperature": 21.3, "humidity": 48.0},
    ),
}


def _number(name: str, access: int, low: float, high: float, unit: str = "") -> dict[str, Any]:
    said = {"type": "numeric", "name": name, "label": name, "property": name, "access": access}
    return {**said, "value_min": low, "value_max": high, **({"unit": unit} if unit else {})}


def _binary(name: str, on: str, off: str, access: int = ALL) -> dict[str, Any]:
    return {"type": "binary", "name": name, "label": name, "property": name, "access": access, "value_on": on, "value_off": off}


def exposes(kind: str) -> list[dict[str, Any]]:
    """What the bridge says that a device can do."""
    match kind:
        case "light":
            warm = _number("color_temp", ALL, 153, 454, "mired")
            features = [_binary("state", "ON", "OFF"), _number("brightness", ALL, 0, 254), warm]
        case "switch":
            features = [_binary("state", "ON", "OFF")]
        case "double":
            sides = [(side, _binary("state", "ON", "OFF")) for side in SIDES]
            return [
                {"type": "switch", "endpoint": side, "features": [{**said, "property": f"state_{side}", "endpoint": side}]}
                for side, said in sides
            ]
        case "cover":
            choices = {"type": "enum", "name": "state", "property": "state", "access": 3, "values": ["OPEN", "CLOSE", "STOP"]}
            features = [choices, _number("position", ALL, 0, 100, "%")]
        case "lock":
            modes = ["not_fully_locked", "locked", "unlocked"]
            said = {"type": "enum", "name": "lock_state", "property": "lock_state", "access": 1, "values": modes}
            features = [_binary("state", "LOCK", "UNLOCK"), said]
        case "climate":
            wanted = _number("occupied_heating_setpoint", ALL, 5, 35, "°C")
            mode = {"type": "enum", "name": "system_mode", "property": "system_mode", "access": ALL, "values": list(MODES)}
            features = [wanted, _number("local_temperature", READ | GET, -40, 100, "°C"), mode]
        case _:
            return [
                {"type": "numeric", "name": "temperature", "property": "temperature", "access": READ, "unit": "°C"},
                {"type": "numeric", "name": "humidity", "property": "humidity", "access": READ, "unit": "%"},
            ]
    return [{"type": kind, "features": features}]


def to_wire(kind: str, state: Change) -> dict[str, Any]:
    """A state in the words of the wire."""
    match kind:
        case "light":
            kelvin = float(state["colour_temperature"])
            level = round(float(state["brightness"]) * 2.54)
            return {"state": _on(state), "brightness": level, "color_temp": round(MIREDS / kelvin), "color_mode": "color_temp"}
        case "switch":
            return {"state": _on(state)}
        case "double":
            return {f"state_{side}": "ON" if state[side] else "OFF" for side in SIDES}
        case "cover":
            at = round(float(state["position"]))
            return {"state": "CLOSE" if at == 0 else "OPEN", "position": at}
        case "lock":
            locked = bool(state["locked"])
            return {"state": "LOCK" if locked else "UNLOCK", "lock_state": "locked" if locked else "unlocked"}
        case "climate":
            degrees = {"occupied_heating_setpoint": state["target"], "local_temperature": state["temperature"]}
            return {**degrees, "system_mode": state["mode"]}
        case _:
            return dict(state)


def from_wire(kind: str, message: dict[str, Any], now: Change) -> dict[str, Value]:
    """What a `set` asks for. Raises: `Refused` if the device does not know it."""
    want: dict[str, Value] = {}
    for key, value in message.items():
        if key != "transition":
            want |= _asked(kind, key, value, now)
    if not want:
        raise Refused(reason="Empty message")
    return want


def _asked(kind: str, key: str, value: Any, now: Change) -> dict[str, Value]:  # whatever JSON holds
    match kind, key, value:
        case (("light" | "switch"), "state", "ON" | "OFF" | "TOGGLE"):
            return {"on": not now["on"] if value == "TOGGLE" else value == "ON"}
        case "double", "state_left" | "state_right", "ON" | "OFF":
            return {key.removeprefix("state_"): value == "ON"}
        case "cover", "state", "OPEN" | "CLOSE" | "STOP":
            return {"position": {"OPEN": 100.0, "CLOSE": 0.0}.get(value, float(now["position"]))}
        case "lock", "state", "LOCK" | "UNLOCK":
            return {"locked": value == "LOCK"}
        case "climate", "system_mode", "off" | "heat" | "auto":
            return {"mode": value}
    if (kind, key) not in NUMBERS:
        raise Refused(reason=f"No converter available for '{key}' ({value})")
    name, low, high = NUMBERS[kind, key]
    number = _ranged(value, low, high)
    match name:
        case "brightness":
            return {"brightness": number / 2.54, "on": number > 0}
        case "colour_temperature":
            return {"colour_temperature": MIREDS / number}
    return {name: number}


def _on(state: Change) -> str:
    return "ON" if state["on"] else "OFF"


def _ranged(value: Any, low: float, high: float) -> float:  # whatever JSON holds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused(reason=f"{value} is not within {low} and {high}")
    return float(value)
