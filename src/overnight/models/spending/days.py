"""Which day a call belongs to, by the owner's clock, and when the next one begins.

A day begins at midnight of the zone of the settings, else of this machine's; a week on Monday. What is dated one day ahead
counts as today's as well: a clock that is set back by up to a day, or a process in another zone, frees nothing.
Does not cover: a clock that is set back further, which has that day's limit once more, less what was spent on its date.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from overnight.files.local_zone import find_zone, local_zone
from overnight.models.spending.limits import Period

_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days of one zone."""

    zone: tzinfo | None  # None: this machine's, of which only the system knows the rules
    name: str  # for people

    def day(self, at: float) -> date:
        """The day of a Unix time."""
        return datetime.fromtimestamp(at, self.zone).date()

    def span(self, period: Period, at: float) -> tuple[str, str]:
        """The first and the last day that count for a limit at this time, as text that sorts."""
        today = self.day(at)
        if period is Period.DAY:
            return today.isoformat(), (today + _AHEAD).isoformat()
        monday = today - timedelta(days=today.weekday())
        return monday.isoformat(), max(monday + timedelta(days=6), today + _AHEAD).isoformat()

    def reset(self, period: Period, at: float) -> float:
        """When a limit begins anew, Unix time."""
        today = self.day(at)
        days = 1 if period is Period.DAY else 7 - today.weekday()
        return self.start(today + timedelta(days=days))

    def start(self, day: date) -> float:
        """When a day begins, Unix time; also of one whose midnight a change of clocks leaves out."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp()


def calendar_of(name: str, environment: Mapping[str, str] = os.environ) -> Calendar:
    """The days of a zone; of this machine's if the name is empty or not known."""
    for known in (name, local_zone(environment)):
        if known and (zone := find_zone(known)):
            return Calendar(zone=zone, name=known)
    return Calendar(zone=None, name="this machine's zone")
