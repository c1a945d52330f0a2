"""`home.yaml` as a checked record: where the home is, what may be scanned, and bounds that the owner sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.errors import ProgramError, UserError
from overnight.files.local_zone import local_zone

if TYPE_CHECKING:
    from overnight.home.setup.registers import MapKeys

SETTINGS = "home.yaml"
LARGEST = 64 * 1024  # bytes
FROST_C = 3.0  # °C, where water in thin pipes may freeze by night


@dataclass(frozen=True, slots=True, kw_only=True)
class Interlock:
    """What must be so elsewhere before a device is set; names are the owner's."""

    needs: str = ""  # what must run before this one is switched on, such as the pump of a heater
    frost: str = ""  # what says the temperature outside
    below: float = FROST_C  # °C, at which this one is not switched off


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a member may use without the owner."""

    rooms: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSettings:
    """What the owner says of the home."""

    zone: str
    languages: tuple[str, ...] = ()  # that are spoken at home, such as en; empty: found out by the words of a sentence
    subnets: tuple[str, ...] = ()  # that a scan may look at
    latitude: float | None = None  # degrees, for the sun
    longitude: float | None = None
    limits: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)  # by alias and property
    keep_pictures_days: float = 7.0  # of sightings
    pictures_to_cloud: bool = False  # whether models elsewhere may look at them
    interlocks: Mapping[str, Interlock] = field(default_factory=dict)  # by alias
    members: Mapping[str, Scope] = field(default_factory=dict)  # by the name of a person
    read_only: bool = False  # nothing is ever set
    music: Mapping[str, str] = field(default_factory=dict)  # the owner's names of addresses and folders that can be played
    modbus: "Mapping[str, MapKeys]" = field(
        default_factory=dict
    )  # what the registers of controllers mean, by the owner's names

    def limits_of(self, alias: str) -> Mapping[str, tuple[float, float]]:
        """The owner's own bounds of a device."""
        return self.limits.get(alias.lower(), {})

    def interlock_of(self, alias: str) -> Interlock:
        """What a device depends on."""
        return self.interlocks.get(alias.lower(), Interlock())


def parse_settings(text: str, path: str = SETTINGS) -> HomeSettings:
    """What a text says of the home; an empty one says nothing.

    Raises:
        ProgramError: it has mistakes; the message has all of them, each with its line, key and fix.
    """
    from overnight.home.setup.schema import WORDING, HomeKeys
    from overnight.program.front_matter import load_front_matter
    from overnight.program.mistakes import checked

    zone = local_zone() or "UTC"
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return HomeSettings(zone=zone)
    keys = checked(HomeKeys, load_front_matter(text, path, first_line=1), WORDING, path)
    return HomeSettings(
        zone=keys.zone or zone,
        languages=keys.languages,
        subnets=keys.subnets,
        latitude=keys.latitude,
        longitude=keys.longitude,
        limits={
            alias.lower(): {name: (low, high) for name, (low, high) in each.items()} for alias, each in keys.limits.items()
        },
        keep_pictures_days=keys.cameras.keep_days,
        pictures_to_cloud=keys.cameras.cloud,
        interlocks={
            alias.lower(): Interlock(
                needs=each.needs or "", frost=each.frost or "", below=FROST_C if each.below is None else each.below
            )
            for alias, each in keys.interlocks.items()
        },
        members={name: Scope(rooms=each.rooms, devices=each.devices) for name, each in keys.members.items()},
        read_only=keys.read_only,
        music=keys.music,
        modbus=keys.modbus,
    )


def read_settings(folder: Path) -> HomeSettings:
    """The settings in the home's folder; without a file, the usual ones.

    Raises:
        UserError: they cannot be read, or have mistakes.
    """
    path = folder / SETTINGS
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return parse_settings("", str(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", fix="make it readable, or remove it") from error
    if len(content) > LARGEST:
        raise ProgramError(f"has more than {LARGEST:,} bytes", path=str(path))
    return parse_settings(content.decode("utf-8", "replace"), str(path))
