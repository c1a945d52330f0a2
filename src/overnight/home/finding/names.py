"""Pure: names that the owner may take for what was found, made of our own words. Nothing that a device says is copied.

A room is one that a device's words name, in a language that we have rooms in; the noun is that of its kind.
"""

import re
from collections.abc import Iterable

from overnight.home.naming import key_of
from overnight.home.things import Trait

ROOMS = (
    "living room", "dining room", "laundry room", "guest room", "kids room", "bathroom", "bedroom", "kitchen", "study",
    "office", "nursery", "hallway", "hall", "attic", "basement", "cellar", "garage", "garden", "patio", "terrace", "balcony",
    "porch", "drive", "pool", "spa", "workshop", "lounge",
    "wohnzimmer", "esszimmer", "schlafzimmer", "kinderzimmer", "arbeitszimmer", "badezimmer", "bad", "küche", "flur", "keller",
    "dachboden", "garten", "terrasse", "balkon", "büro",
    "salon", "cuisine", "chambre", "bureau", "salle de bain", "entrée", "jardin", "cave",
    "salón", "cocina", "dormitorio", "baño", "pasillo", "jardín", "oficina",
)  # fmt: skip
NOUNS = {
    Trait.LIGHT: "lamp",
    Trait.SWITCH: "switch",
    Trait.MEDIA: "speaker",
    Trait.CLIMATE: "thermostat",
    Trait.COVER: "shade",
    Trait.SENSOR: "sensor",
    Trait.CAMERA: "camera",
    Trait.HEATER: "heater",
    Trait.PUMP: "pump",
    Trait.OVEN: "oven",
    Trait.LOCK: "lock",
    Trait.GATE: "gate",
}
_ROOM = re.compile(rf"(?<!\w)({'|'.join(sorted(map(re.escape, ROOMS), key=len, reverse=True))})(?!\w)")


def room_in(*texts: str) -> str:
    """The room that texts name, the first one; empty: none."""
    for text in texts:
        if found := _ROOM.search(" ".join(re.split(r"[\W_]+", text.casefold()))):
            return found[1]
    return ""


def suggested(traits: Iterable[Trait], noun: str, room: str, taken: Iterable[str]) -> str:
    """A name that nobody has yet, such as `study speaker`."""
    what = next((NOUNS[trait] for trait in traits), "") or noun or "device"
    name = f"{room} {what}".strip()
    used = {key_of(each) for each in taken}
    number = 2
    found = name
    while key_of(found) in used:
        found = f"{name} {number}"
        number += 1
    return found
