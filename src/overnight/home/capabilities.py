"""What each trait of a device has: its properties with their bounds, how bad it is to set them, how often that may be.

Bounds are of the kind of device, not of one: a driver narrows them to what its device can, the owner sets others by `limits` in
home.yaml, up to the hard bounds. Spa water above 40 °C is unsafe (U.S. Consumer Product Safety Commission), so a heater's
target ends there; baths of 42 °C are usual in Japan and the most that an owner may allow.
"""

from dataclasses import replace

from overnight.home.things import Property, Trait
from overnight.operations.operation import Tier

ON = Property(name="on")
POSITION = Property(name="position", unit="%", low=0, high=100, tolerance=3)
TEMPERATURE = Property(name="temperature", unit="°C", writable=False)
PLAYING = ("playing", "paused", "stopped")

PROPERTIES: dict[Trait, tuple[Property, ...]] = {
    Trait.LIGHT: (
        ON,
        Property(name="brightness", unit="%", low=0, high=100, tolerance=2),
        Property(name="colour_temperature", unit="K", low=1500, high=9000, tolerance=150),
    ),
    Trait.SWITCH: (ON,),
    Trait.MEDIA: (
        Property(name="playing", choices=PLAYING),
        Property(name="volume", unit="%", low=0, high=100, tolerance=1),
        Property(name="source"),
    ),
    Trait.CLIMATE: (
        Property(name="target", unit="°C", low=5, high=26, tolerance=0.3),
        Property(name="mode", choices=("off", "heat", "cool", "auto")),
        TEMPERATURE,
    ),
    Trait.COVER: (POSITION,),
    Trait.SENSOR: (TEMPERATURE,),
    Trait.CAMERA: (),
    Trait.HEATER: (ON, Property(name="target", unit="°C", low=5, high=40, tolerance=0.3), TEMPERATURE),
    Trait.PUMP: (ON, Property(name="speed", unit="%", low=0, high=100, tolerance=2)),
    Trait.OVEN: (ON, Property(name="target", unit="°C", low=30, high=250, tolerance=3), TEMPERATURE),
    Trait.LOCK: (Property(name="locked"),),
    Trait.GATE: (replace(POSITION, tolerance=0.5),),  # one that is open by a hand's breadth is not closed
}

HARD: dict[tuple[Trait, str], tuple[float, float]] = {  # that no owner's limits widen
    (Trait.CLIMATE, "target"): (5, 30),
    (Trait.HEATER, "target"): (5, 42),
    (Trait.OVEN, "target"): (30, 275),
}

WITHIN_S: dict[Trait, float] = {Trait.COVER: 90.0, Trait.GATE: 60.0}  # in which it moves from one end to the other
STEADY_S = 3.0  # after which what can hurt is read once more: a bolt that jams goes back, a breaker opens, a dry pump stops

# Starts an hour, and seconds of rest before each, so that motors and compressors last: compressors bear six starts an hour and
# want minutes between two; ten starts are what a motor of some kilowatts bears (NEMA MG 1).
STARTS: dict[Trait, tuple[int, float]] = {
    Trait.CLIMATE: (6, 180.0),
    Trait.HEATER: (10, 15.0),
    Trait.PUMP: (10, 15.0),
    Trait.OVEN: (10, 15.0),
}
MOST_A_MINUTE = 20  # commands of one device

PHYSICAL = frozenset({Trait.HEATER, Trait.PUMP, Trait.OVEN, Trait.LOCK, Trait.GATE})  # what can hurt, flood, burn or let in


def tier_of(traits: tuple[Trait, ...]) -> Tier:
    """How bad it is to set a device of these traits; one whose traits are unknown is as bad as any."""
    return Tier.PHYSICAL if not traits or PHYSICAL & set(traits) else Tier.REVERSIBLE
