"""Pure: what can be spoken of in a home: its devices by the names that the owner confirmed, its rooms, its scenes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.home.naming import key_of
from overnight.home.things import Device, Reading, Trait

# What home-assistant-intents calls each trait: a sentence such as `lock …` is about some of them alone.
DOMAINS: Mapping[Trait, tuple[str, ...]] = {
    Trait.LIGHT: ("light",),
    Trait.SWITCH: ("switch",),
    Trait.MEDIA: ("media_player",),
    Trait.CLIMATE: ("climate",),
    Trait.COVER: ("cover",),
    Trait.GATE: ("cover",),
    Trait.LOCK: ("lock",),
    Trait.HEATER: ("switch",),
    Trait.PUMP: ("switch",),
    Trait.OVEN: ("switch",),
    Trait.SENSOR: ("sensor",),
    Trait.CAMERA: ("camera",),
}
KINDS: Mapping[str, tuple[str, ...]] = {  # of what can be looked for, by what people call it
    "sonos": (
        "sonos",
        "sonos (player|speaker|players|speakers|lautsprecher)",
        "(speaker|speakers|music player)",
        "lautsprecher",
    ),
    "hue": ("hue", "hue bridge", "(philips|phillips) hue"),
    "shelly": ("shelly", "shellies", "shellys"),
    "tasmota": ("tasmota",),
    "hass": ("home assistant",),
    "mqtt": ("(mqtt broker|zigbee|zigbee2mqtt)", "zigbee devices"),
    "modbus": ("(pool|spa) controller", "modbus"),
    "camera": ("(camera|cameras|webcam)", "(kamera|kameras)", "(caméra|caméras)", "(cámara|cámaras)", "(camera|camera's)"),
    "": (
        "(device|devices|things)",
        "(gerät|geräte)",
        "(appareil|appareils)",
        "(dispositivo|dispositivos)",
        "(apparaat|apparaten)",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A home, as one person may speak of it."""

    devices: Sequence[Device]  # that have a name
    scenes: Sequence[str]
    music: Sequence[str]  # the owner's names of what can be played
    reading: Callable[[int], Reading | None]  # what a device said last
    newest: Sequence[Device] = ()  # that were found and have no name yet

    @property
    def rooms(self) -> Sequence[str]:
        """Their names."""
        return sorted({each.room for each in self.devices if each.room})

    def names(self) -> Iterator[tuple[str, str, Sequence[int]]]:
        """What may be said for devices, in which domain of sentences, and for which of them."""
        meant: dict[tuple[str, str], list[int]] = {}
        for each in self.devices:
            said = {each.alias, *((f"{each.room} {each.alias}", f"{each.alias} in the {each.room}") if each.room else ())}
            for name in sorted(map(key_of, said)):
                for domain in sorted({domain for trait in each.traits for domain in DOMAINS[trait]}):
                    meant.setdefault((name, domain), []).append(each.number)
        for (name, domain), numbers in meant.items():
            yield name, domain, numbers

    def numbered(self, numbers: Sequence[int]) -> Sequence[Device]:
        """The devices of some numbers."""
        return [each for each in self.devices if each.number in numbers]

    def in_room(self, room: str) -> Sequence[Device]:
        """The devices of a room."""
        return [each for each in self.devices if key_of(each.room) == key_of(room)]

    def with_trait(self, *traits: Trait) -> Sequence[Device]:
        """The devices of some traits."""
        return [each for each in self.devices if {*traits} & {*each.traits}]
