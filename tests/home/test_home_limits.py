"""What a device may be set to: bounds of its kind, of the owner, of itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.home.acting.limits import OutOfBounds, bounds_of, check
from overnight.home.capabilities import HARD, PROPERTIES
from overnight.home.things import Device, Property, Trait, Value


def device(trait: Trait, *properties: Property) -> Device:
    """A device of a trait; by default with all that its trait can have."""
    known = properties or tuple(Property(name=each.name, writable=each.writable) for each in PROPERTIES[trait])
    return Device(number=1, identity="x", family="x", address="x", traits=(trait,), properties=known, alias="it")


REFUSED: list[tuple[Trait, str, Value]] = [
    (Trait.HEATER, "target", 41),
    (Trait.HEATER, "target", 4),
    (Trait.HEATER, "target", math.nan),
    (Trait.HEATER, "target", math.inf),
    (Trait.HEATER, "target", 1e308),
    (Trait.HEATER, "target", "38"),
    (Trait.HEATER, "target", True),
    (Trait.HEATER, "temperature", 30),  # is read alone
    (Trait.CLIMATE, "target", 27),
    (Trait.CLIMATE, "mode", "turbo"),
    (Trait.CLIMATE, "mode", True),
    (Trait.OVEN, "target", 300),
    (Trait.LIGHT, "brightness", -1),
    (Trait.LIGHT, "brightness", 101),
    (Trait.LIGHT, "on", "maybe"),
    (Trait.LIGHT, "on", 1),
    (Trait.LIGHT, "locked", False),  # no property of a light
    (Trait.LOCK, "locked", "no"),
    (Trait.LOCK, "locked", 0.0),
    (Trait.MEDIA, "volume", 150),
    (Trait.MEDIA, "playing", "loud"),
    (Trait.MEDIA, "source", ""),
    (Trait.MEDIA, "source", "x" * 501),
    (Trait.GATE, "position", -math.inf),
    (Trait.PUMP, "speed", 200),
    (Trait.SENSOR, "temperature", 20),
    (Trait.CAMERA, "on", True),
]


@pytest.mark.parametrize(("trait", "name", "value"), REFUSED)
def test_what_is_out_of_bounds_is_refused(trait: Trait, name: str, value: Value) -> None:
    """Too much, too little, no number, no choice, no property that can be set."""
    with pytest.raises(OutOfBounds):
        check(device(trait), {name: value}, {})


def test_what_is_within_is_not() -> None:
    """What each kind of device is for."""
    allowed: list[tuple[Trait, dict[str, Value]]] = [
        (Trait.HEATER, {"target": 38, "on": True}),
        (Trait.CLIMATE, {"target": 21.5, "mode": "heat"}),
        (Trait.LIGHT, {"on": True, "brightness": 0}),
        (Trait.MEDIA, {"playing": "paused", "source": "jazz"}),
        (Trait.LOCK, {"locked": True}),
    ]
    for trait, want in allowed:
        check(device(trait), want, {})
    with pytest.raises(OutOfBounds):
        check(device(Trait.LIGHT), {}, {})


def test_the_owner_sets_others_up_to_what_is_sane() -> None:
    """`limits` narrow and widen, and end at the hard bounds."""
    spa = device(Trait.HEATER)
    check(spa, {"target": 42}, {"target": (20, 42)})
    with pytest.raises(OutOfBounds, match="may not be 43"):
        check(spa, {"target": 43}, {"target": (20, 60)})
    with pytest.raises(OutOfBounds):
        check(spa, {"target": 15}, {"target": (20, 42)})
    check(device(Trait.CLIMATE), {"target": 28}, {"target": (5, 28)})


NONSENSE = [math.nan, math.inf, -math.inf, 1e9, -1e9]


@given(low=st.sampled_from([None, *NONSENSE]), high=st.sampled_from([None, *NONSENSE]), value=st.floats())
def test_what_a_device_says_of_itself_widens_nothing(low: float | None, high: float | None, value: float) -> None:
    """A device with nonsense for bounds is held to those of its kind, by whatever is said."""
    spa = device(Trait.HEATER, Property(name="target", low=low, high=high, choices=("boiling",)))
    known = bounds_of(spa, {"target": (0, 100)})["target"]
    least, most = HARD[Trait.HEATER, "target"]
    try:
        check(spa, {"target": value}, {"target": (0, 100)})
    except OutOfBounds:
        return
    assert least <= value <= most and known.name == "target"


def test_two_kinds_at_once_have_the_narrower_bounds() -> None:
    """A thermostat that is also an oven may not be set as an oven may."""
    both = Device(
        number=1,
        identity="x",
        family="x",
        address="x",
        traits=(Trait.OVEN, Trait.CLIMATE),
        properties=(Property(name="target"),),
        alias="it",
    )
    assert (bounds_of(both, {})["target"].low, bounds_of(both, {})["target"].high) == (30, 26)
    with pytest.raises(OutOfBounds):
        check(both, {"target": 28}, {})
