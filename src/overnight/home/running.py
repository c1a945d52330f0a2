"""Pure: whether something with a motor, a flame or a compressor runs, starts or stops, by its properties."""

from collections.abc import Mapping, Sequence

from overnight.home.things import Property, Value

STILL = 2.0  # %: of a speed, the tolerance with which it is read back


def runs(values: Mapping[str, Value]) -> bool | None:
    """Whether it runs, or may at any moment; None: its values do not say."""
    if isinstance(on := values.get("on"), bool):
        return on and not stands(values)
    if isinstance(mode := values.get("mode"), str):
        return mode != "off"
    if _number(values, "speed") is not None:
        return not stands(values)
    target, temperature = _number(values, "target"), _number(values, "temperature")
    return None if target is None or temperature is None else target > temperature


def stops(want: Mapping[str, Value]) -> bool:
    """Whether a command switches it off, perhaps with something else in it that switches it on."""
    return want.get("on") is False or want.get("mode") == "off" or stands(want)


def stands(values: Mapping[str, Value]) -> bool:
    """Whether a speed is none, or so little that reading back cannot tell it from none."""
    speed = _number(values, "speed")
    return speed is not None and speed <= STILL


def off_of(properties: Sequence[Property]) -> Mapping[str, Value]:
    """What switches a device off that has such properties; empty: nothing does."""
    known = {each.name: each for each in properties if each.writable}
    if "on" in known:
        return {"on": False}
    if "mode" in known and "off" in (known["mode"].choices or ("off",)):
        return {"mode": "off"}
    return {"speed": 0} if "speed" in known else {}


def drives(want: Mapping[str, Value], before: Mapping[str, Value]) -> bool:
    """Whether it may run after a command, or run harder, because of it; what is on and off at once may."""
    if want.get("on") is True or want.get("mode", "off") != "off" or ("speed" in want and not stands(want)):
        return True
    if stops(want):
        return False
    if (target := _number(want, "target")) is None or before.get("on") is False or before.get("mode") == "off":
        return False
    was = _number(before, "target")
    return was is None or target > was


def starts(want: Mapping[str, Value], before: Mapping[str, Value]) -> bool:
    """Whether a command may make it run that did not."""
    return drives(want, before) and runs(before) is not True


def _number(values: Mapping[str, Value], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
