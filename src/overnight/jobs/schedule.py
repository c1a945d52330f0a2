"""When something is due: schedules as values, and arithmetic on them without a clock.

A run at a time of day is due at the first moment at which a clock in its zone shows that time or a later one of that day. So
one that falls into the hour that a change to summer time skips is due when the hour is over, and one in an hour that comes
twice is due once, the first time. In a month that is too short for its day, a run is due on the last day. Intervals count
elapsed time, whatever clocks do.

Times are Unix times. `zoneinfo` reads the database of zones; nothing else here comes from outside.
"""

import calendar
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

MOST_COUNTED = 1000  # passed runs; more are not told apart
GRACE_S = 120  # a run that begins later than this was missed
SET_BACK_S = 3600  # a clock that goes back further was wrong before; a smaller step repeats no run
EARLIEST, LATEST = 0, 250_000_000_000  # up to the year 9892, which is as far as dates go
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One time."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Again and again after so much time; the first time one period after the anchor."""

    period_s: int
    anchor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """At a time of day on some days of the week; 0: Monday."""

    weekdays: frozenset[int]
    hour: int
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Monthly:
    """At a time of day on one day of the month."""

    day: int
    hour: int
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A rule, and the IANA zone whose clocks it goes by."""

    rule: Once | Interval | Weekly | Monthly
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The runs in a stretch of time."""

    count: int  # at most MOST_COUNTED
    newest: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a schedule asks for now."""

    run: bool
    missed: int  # runs whose time passed without one
    newest_missed: int | None  # of these
    handled: float  # the time up to which nothing is open any more
    set_back: bool = False  # the clock was, so the schedule goes on from now


def next_after(schedule: Schedule, time: float) -> int | None:
    """The first run after a time, None if there is none."""
    match schedule.rule:
        case Once(at=at):
            return at if at > time else None
        case Interval(period_s=period, anchor=anchor):
            return anchor + period * max(1, math.floor((time - anchor) / period) + 1)
        case rule:
            zone = zone_of(schedule.zone)
            runs = (instant(wall, zone) for wall in _walls(rule, _date(time, zone) - _DAY, step=1))
            return next(at for at in runs if at > time)


def last_until(schedule: Schedule, time: float) -> int | None:
    """The newest run at or before a time, None if there is none."""
    match schedule.rule:
        case Once(at=at):
            return at if at <= time else None
        case Interval(period_s=period, anchor=anchor):
            count = math.floor((time - anchor) / period)
            return anchor + period * count if count >= 1 else None
        case rule:
            zone = zone_of(schedule.zone)
            runs = (instant(wall, zone) for wall in _walls(rule, _date(time, zone) + _DAY, step=-1))
            return next((at for at in runs if at <= time), None)


def passed(schedule: Schedule, after: float, until: float) -> Passed:
    """The runs after one time and up to another."""
    newest = last_until(schedule, until)
    if newest is None or newest <= after:
        return Passed(count=0, newest=None)
    count, at = 0, next_after(schedule, after)
    while at is not None and at <= until and count < MOST_COUNTED:
        count, at = count + 1, next_after(schedule, at)
    return Passed(count=count, newest=newest)


def due(schedule: Schedule, handled: float, now: float, *, busy: bool) -> Due:
    """What to do now if all up to `handled` is done: however many runs have passed, at most one begins.

    `busy`: the last one still runs, so none begins, and those whose time has passed are missed.
    """
    if now < handled - SET_BACK_S:
        return Due(run=False, missed=0, newest_missed=None, handled=now, set_back=True)
    found = passed(schedule, handled, now)
    if found.newest is None:
        return Due(run=False, missed=0, newest_missed=None, handled=handled)
    in_time = not busy and now - found.newest <= GRACE_S
    missed = found.count - in_time
    newest_missed = last_until(schedule, found.newest - in_time) if missed else None
    return Due(run=not busy, missed=missed, newest_missed=newest_missed, handled=found.newest)


def zone_of(key: str) -> tzinfo:
    """A zone by its IANA name.

    Raises:
        KeyError, ValueError, OSError: there is none with this name.
    """
    return UTC if key == "UTC" else ZoneInfo(key)


def _date(time: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(min(max(time, EARLIEST), LATEST), zone).date()


def _walls(rule: Weekly | Monthly, day: date, *, step: int) -> Iterator[datetime]:
    """What clocks show at each run, from a day on, forward or backward."""
    while True:
        if isinstance(rule, Weekly):
            fits = day.weekday() in rule.weekdays
        else:
            fits = day.day == min(rule.day, calendar.monthrange(day.year, day.month)[1])
        if fits:
            yield datetime(day.year, day.month, day.day, rule.hour, rule.minute)  # noqa: DTZ001  # what a clock shows
        day += step * _DAY


def instant(wall: datetime, zone: tzinfo) -> int:
    """The first moment at which a clock shows this time or a later one of that day."""
    at = int(wall.replace(tzinfo=zone).timestamp())
    if _shown(at, zone) == wall:
        return at
    before = int(wall.replace(tzinfo=zone, fold=1).timestamp())  # this time does not exist: see PEP 495 for `fold`
    while at - before > 1:
        middle = (before + at) // 2
        if _shown(middle, zone) >= wall:
            at = middle
        else:
            before = middle
    return at


def _shown(time: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(time, zone).replace(tzinfo=None)
