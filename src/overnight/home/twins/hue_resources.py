"""The resources of a Hue bridge on the wire."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from overnight.home.things import Value
from overnight.home.twins.faults import Refused
from overnight.home.twins.twin import Change

MIREDS = 1_000_000  # / K
WARMEST, COLDEST = 454, 153  # mired
Lamp = tuple[str, str, Callable[[str], str], Change]  # its name, its room, its identities, its state


def resources(bridge_id: str, bridge_name: str, lamps: Sequence[Lamp]) -> list[dict[str, Any]]:
    """Everything that a bridge lists: itself, its lamps, its rooms."""

    def own(kind: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"twin:{bridge_id}/{kind}"))

    bridge_device = {
        "id": own("device"),
        "type": "device",
        "product_data": _product("BSB002", "Hue Bridge", "bridge_v2"),
        "metadata": {"archetype": "bridge_v2", "name": bridge_name},
        "services": [{"rid": own("bridge"), "rtype": "bridge"}],
    }
    bridge = {
        "id": own("bridge"),
        "type": "bridge",
        "bridge_id": bridge_id,
        "time_zone": {"time_zone": "Europe/Berlin"},
        "owner": {"rid": own("device"), "rtype": "device"},
    }
    listed: list[dict[str, Any]] = [bridge_device, bridge]
    rooms: dict[str, list[str]] = {}
    for name, room, id_of, state in lamps:
        listed += [_device(name, id_of), light(name, id_of, state), _connectivity(id_of)]
        if room:
            rooms.setdefault(room, []).append(id_of("device"))
    for room, devices in rooms.items():
        children = [{"rid": each, "rtype": "device"} for each in devices]
        metadata = {"name": room, "archetype": "other"}
        listed.append({"id": own(room), "type": "room", "children": children, "services": [], "metadata": metadata})
    return listed


def light(name: str, id_of: Callable[[str], str], state: Change) -> dict[str, Any]:
    """The light service of a lamp."""
    mirek = round(MIREDS / float(state["colour_temperature"]))
    schema = {"mirek_minimum": COLDEST, "mirek_maximum": WARMEST}
    return {
        "id": id_of("light"),
        "type": "light",
        "owner": {"rid": id_of("device"), "rtype": "device"},
        "metadata": {"name": name, "archetype": "sultan_bulb"},
        "on": {"on": state["on"]},
        "dimming": {"brightness": round(float(state["brightness"]), 2), "min_dim_level": 0.2},
        "color_temperature": {"mirek": mirek, "mirek_valid": True, "mirek_schema": schema},
        "mode": "normal",
    }


def _device(name: str, id_of: Callable[[str], str]) -> dict[str, Any]:
    services = [{"rid": id_of(kind), "rtype": kind} for kind in ("light", "zigbee_connectivity")]
    return {
        "id": id_of("device"),
        "type": "device",
        "product_data": _product("LTA011", "Hue ambiance lamp", "sultan_bulb"),
        "metadata": {"archetype": "sultan_bulb", "name": name},
        "services": services,
    }


def _connectivity(id_of: Callable[[str], str]) -> dict[str, Any]:
    identity = id_of("zigbee_connectivity")
    mac = ":".join(identity.replace("-", "")[at : at + 2] for at in range(0, 16, 2))
    owner = {"rid": id_of("device"), "rtype": "device"}
    return {"id": identity, "type": "zigbee_connectivity", "owner": owner, "status": "connected", "mac_address": mac}


def _product(model: str, name: str, archetype: str) -> dict[str, Any]:
    made = {"manufacturer_name": "Signify Netherlands B.V.", "certified": True, "software_version": "1.68.1968096020"}
    return {"model_id": model, "product_name": name, "product_archetype": archetype, **made}


def wanted(asked: Any) -> dict[str, Value]:  # whatever JSON holds
    """What a PUT of a light asks for. Raises: `Refused`."""
    want: dict[str, Value] = {}
    try:
        if "on" in asked:
            want["on"] = asked["on"]["on"]
        if "dimming" in asked:
            want["brightness"] = _ranged(asked["dimming"]["brightness"], 0, 100)
        if "color_temperature" in asked:
            want["colour_temperature"] = MIREDS / _ranged(asked["color_temperature"]["mirek"], COLDEST, WARMEST)
    except (KeyError, TypeError):
        raise Refused(400, "invalid body") from None
    if not want or not isinstance(want.get("on", True), bool):
        raise Refused(400, "invalid body")
    return want


def _ranged(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused(400, f"value {value} out of range")
    return float(value)
