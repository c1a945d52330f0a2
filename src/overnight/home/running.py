"""Pure: whether something with a motor, a flame or a compressor runs, starts or stops, by its properties."""

from collections.abc import Mapping

from overnight.home.things import Value


def runs(values: Mapping[str, Value]) -> bool | None:
    """Whether it runs, or may at any moment; None: its values do not say."""
    if isinstance(on := values.get("on"), bool):
        return on
    if isinstance(mode := values.get("mode"), str):
        return mode != "off"
    if (speed := _number(values, "speed")) is not None:
        return speed > 0
    target, temperature = _number(values, "target"), _number(values, "temperature")
    return None if target is None or temperature is None else target > temperature


def stops(want: Mapping[str, Value]) -> bool:
    """Whether a command switches it off."""
    return want.get("on") is False or want.get("mode") == "off" or want.get("speed") == 0


def drives(want: Mapping[str, Value], before: Mapping[str, Value]) -> bool:
    """Whether it may run after a command, or run harder, because of it."""
    if stops(want):
        return False
    if want.get("on") is True or "mode" in want or "speed" in want:
        return True
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
