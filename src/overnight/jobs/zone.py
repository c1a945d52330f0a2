"""The time zone of this machine, by its IANA name."""

import os
from pathlib import Path

from overnight.jobs.schedule import zone_of

LOCALTIME, TIMEZONE = Path("/etc/localtime"), Path("/etc/timezone")
_DATABASE = "zoneinfo/"
_LONGEST = 100


def local_zone() -> str:
    """The name by TZ, else by what /etc/localtime links to, else by /etc/timezone; UTC if none of them says."""
    return next((key for key in _candidates() if _is_known(key)), "UTC")


def _candidates() -> list[str]:
    linked = str(LOCALTIME.resolve()).rpartition(_DATABASE)[2]
    try:
        named = TIMEZONE.read_text(encoding="ascii", errors="replace")[:_LONGEST].strip()
    except OSError:
        named = ""
    return [os.environ.get("TZ", "").removeprefix(":"), linked, named]


def _is_known(key: str) -> bool:
    try:
        zone_of(key)
    except (KeyError, ValueError, OSError):
        return False
    return True
