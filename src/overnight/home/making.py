"""Making a home: a commented `home.yaml` from a few answers; nothing of the network is touched."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.local_zone import local_zone
from overnight.files.own import make_folder
from overnight.home.settings import SETTINGS, parse_settings

TEXT = """\
# What the home is. Each line can be changed at any time; the next command reads it. See: overnight docs home
zone: {zone}

# The networks that `overnight home scan` may look at. It looks at no other one.
{subnets}

# Where it is, in degrees, for sunrise and sunset.
{place}

# Who else may use what, by the name that the claw has for them.
{members}

# Bounds of your own, within the hard ones (spa 42, heating 30, oven 275 °C); without them: spa 40, heating 26, oven 250.
# limits: {{spa: {{target: [20, 39]}}}}

# What must run before something is switched on, and what is not switched off in frost.
# interlocks: {{spa heater: {{needs: pool pump}}, pool pump: {{frost: garden thermometer}}}}

# What can be played by name: an address of a radio station, or a folder of this machine.
# music: {{jazz: "http://radio.example/jazz.mp3"}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeWishes:
    """What was answered."""

    zone: str = ""  # empty: this machine's
    subnets: Sequence[str] = ()
    latitude: float | None = None
    longitude: float | None = None
    members: Sequence[str] = ()  # who may use the devices of rooms that the owner names later


def check_new(folder: Path) -> None:
    """Raises UserError if there are settings already."""
    if (folder / SETTINGS).exists():
        raise UserError(f"{folder / SETTINGS} is there already", fix="edit it; the next command reads it")


def make_home(folder: Path, wishes: HomeWishes) -> Path:
    """Write the settings; their file.

    Raises:
        UserError: they are there already, or an answer cannot be.
    """
    check_new(folder)
    known = wishes.latitude is not None and wishes.longitude is not None
    members = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {{rooms: []}}" for name in wishes.members)
    text = TEXT.format(
        zone=wishes.zone or local_zone() or "UTC",
        subnets=f"subnets: [{', '.join(wishes.subnets)}]" if wishes.subnets else "# subnets: [192.168.1.0/24]",
        place=f"latitude: {wishes.latitude}\nlongitude: {wishes.longitude}" if known else "# latitude: 52.5\n# longitude: 13.4",
        members=f"members: {{{members}}}" if members else "# members: {ann: {rooms: [kitchen], devices: [spa]}}",
    )
    parse_settings(text, str(folder / SETTINGS))
    make_folder(folder)
    write_atomically(folder / SETTINGS, text.encode())
    return folder / SETTINGS
