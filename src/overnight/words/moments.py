"""How a point in time is written, the same in every view and for every reader: UTC."""

from datetime import UTC, datetime

UNKNOWN = "at an unknown time"


def moment(at: float) -> str:
    """A Unix time to the minute: `2026-12-01 17:40 UTC`."""
    try:
        return f"{datetime.fromtimestamp(at, tz=UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):  # it came from a file
        return UNKNOWN
