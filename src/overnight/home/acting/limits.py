"""Pure: whether a device may be set so at all. No approval and no prompt widens these bounds; the owner's home.yaml does."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from overnight.errors import UserError
from overnight.home.capabilities import HARD, PROPERTIES
from overnight.home.things import Device, Property, Trait, Value
from overnight.words.foreign import printable

SHOWN = 40  # characters of a value in a message
CHOSEN = frozenset({each.name for known in PROPERTIES.values() for each in known if each.choices})
TEXTS = CHOSEN | {"source"}  # properties whose values are words: `off` is one of a mode
LONGEST = 500  # characters of a text


class OutOfBounds(UserError):  # noqa: N818  # a state
    """A device may not be set so."""


def bounds_of(device: Device, limits: Mapping[str, tuple[float, float]]) -> dict[str, Property]:
    """The properties of a device that can be set: within what its traits allow, narrowed to what the device says it can.

    `limits`: the owner's own low and high by property, which count instead of those of a trait, up to its hard bounds.
    """
    found: dict[str, Property] = {}
    for said in device.properties:
        known = [
            _of_trait(trait, each, limits) for trait in device.traits for each in PROPERTIES[trait] if each.name == said.name
        ]
        if known and said.writable and all(each.writable for each in known):
            found[said.name] = _narrowed(known, said)
    return found


def _narrowed(known: Sequence[Property], said: Property) -> Property:
    """Within what each trait allows; what the device says of itself, perhaps nonsense, widens nothing."""
    first = known[0]
    if first.choices:
        return replace(first, choices=tuple(each for each in first.choices if each in said.choices or not said.choices))
    if first.low is None:
        return first
    lows, highs = [each.low for each in (*known, said)], [each.high for each in (*known, said)]
    return replace(first, low=max(_finite(lows)), high=min(_finite(highs)))


def _finite(values: Sequence[float | None]) -> Sequence[float]:
    return [each for each in values if each is not None and math.isfinite(each)]


def _of_trait(trait: Trait, known: Property, limits: Mapping[str, tuple[float, float]]) -> Property:
    if known.low is None or known.high is None or known.name not in limits:
        return known
    low, high = limits[known.name]
    least, most = HARD.get((trait, known.name), (known.low, known.high))
    return replace(known, low=max(low, least), high=min(high, most))


def check(device: Device, want: Mapping[str, Value], limits: Mapping[str, tuple[float, float]]) -> None:
    """Whether a device may be set so.

    Raises:
        OutOfBounds: it may not.
    """
    if not want:
        raise OutOfBounds("nothing is wanted of it", fix="say what to set, such as `on=true`")
    bounds = bounds_of(device, limits)
    for name, value in want.items():
        _check(device, bounds.get(name), name, value)


def _check(device: Device, known: Property | None, name: str, value: Value) -> None:
    what = f"`{printable(name, SHOWN)}` of {device.alias or f'#{device.number}'}"
    if known is None:
        can = ", ".join(sorted(bounds_of(device, {}))) or "nothing"
        raise OutOfBounds(f"{what} cannot be set", fix=f"it has: {can}")
    if known.low is not None and known.high is not None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise OutOfBounds(f"{what} is a number, not `{_shown(value)}`", fix=_range(known))
        if not known.low <= value <= known.high:
            raise OutOfBounds(f"{what} may not be {value:g} {known.unit}".rstrip(), fix=_range(known))
    elif known.choices or known.name in CHOSEN:
        if value not in known.choices:
            raise OutOfBounds(f"{what} cannot be `{_shown(value)}`", fix=f"one of {', '.join(known.choices)}")
    elif name == "source":
        if not isinstance(value, str) or not value or len(value) > LONGEST:
            raise OutOfBounds(f"{what} is a text of up to {LONGEST} characters", fix="name what to play")
    elif not isinstance(value, bool):
        raise OutOfBounds(f"{what} is true or false, not `{_shown(value)}`", fix=f"write {name}=true or {name}=false")


def _range(known: Property) -> str:
    return f"between {known.low:g} and {known.high:g} {known.unit}".rstrip()


def _shown(value: Value) -> str:
    return printable(str(value), SHOWN)
