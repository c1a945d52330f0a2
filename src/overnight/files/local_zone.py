"""The time zone of this machine, by its IANA name."""

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME, TIMEZONE = Path("/etc/localtime"), Path("/etc/timezone")
_DATABASE = "zoneinfo/"
_LONGEST = 100


def find_zone(name: str) -> ZoneInfo | None:
    """A zone, None if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no zone, a path, or a folder
        return None


def local_zone(environment: Mapping[str, str] = os.environ) -> str:
    """The name by TZ, else by what /etc/localtime links to, else by /etc/timezone; empty if none of them says."""
    told = (environment.get("TZ", "").removeprefix(":"), *_of_system())
    return next((name for name in told if name and find_zone(name)), "")


def _of_system() -> tuple[str, str]:
    linked = str(LOCALTIME.resolve()).rpartition(_DATABASE)[2]
    try:
        named = TIMEZONE.read_text(encoding="ascii", errors="replace")[:_LONGEST].strip()
    except OSError:
        named = ""
    return linked, named
