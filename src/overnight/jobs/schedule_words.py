"""A few English forms of schedules, read and written."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from overnight.errors import UserError
from overnight.jobs.schedule import Interval, Monthly, Once, Schedule, Weekly, instant, zone_of
from overnight.words.foreign import printable

LONGEST = 100  # characters
MOST_DAYS = 366  # that an interval or a delay may last
FORMS = (
    "every 15 minutes",
    "every 2 hours",
    "every day at 02:30",
    "every night at 22:00",
    "every weekday at 8",
    "every monday and friday at 9pm",
    "every month on the 31st at 6:00",
    "in 20 minutes",
    "at 22:00",
    "2026-12-24 08:00",
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS_S = {"minute": 60, "hour": 3600, "day": 86400}
_GROUPS = {"day": range(7), "night": range(7), "weekday": range(5), "weekend": range(5, 7)}
_TIME = r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>am|pm)?"
_COUNT = r"(?P<count>\d{1,6})?\s?(?P<unit>minute|hour|day)s?"
_NOON = 12


class ScheduleError(UserError):
    """A schedule that is not understood, or never comes."""


def read_schedule(text: str, zone: str, now: float) -> Schedule:
    """The schedule that a person wrote now, in their zone.

    Raises:
        ScheduleError: it has none of the forms, its zone is not known, or its time has passed.
    """
    said = printable(text, LONGEST)
    try:
        clocks = zone_of(zone)
    except (KeyError, ValueError, OSError) as error:
        fix = "use a name such as Europe/Berlin, America/New_York or UTC"
        raise ScheduleError(f"the time zone `{printable(zone, LONGEST)}` is not known", fix=fix) from error
    words = " ".join(text[: LONGEST + 1].lower().split())
    for pattern, rule_of in _FORMS:
        if len(words) <= LONGEST and (found := pattern.fullmatch(words)):
            try:
                return Schedule(rule=rule_of(found, clocks, now), zone=zone)
            except (ValueError, OverflowError) as error:
                raise ScheduleError(f"the schedule `{said}` is not possible: {error}", fix=_fix()) from error
    raise ScheduleError(f"the schedule `{said}` is not understood", fix=_fix())


def time_words(time: float, zone: str) -> str:
    """A time as the clocks of a zone show it: `Tue 2026-12-01 22:00`."""
    return f"{datetime.fromtimestamp(time, zone_of(zone)):%a %Y-%m-%d %H:%M}"


def _fix() -> str:
    return "write it as one of: " + "; ".join(FORMS)


def _interval(found: re.Match[str], _zone: tzinfo, now: float) -> Interval:
    if found["unit"] == "day":
        raise ValueError("say at what time of the day")
    return Interval(period_s=_seconds(found), anchor=int(now))


def _later(found: re.Match[str], _zone: tzinfo, now: float) -> Once:
    return Once(at=int(now) + _seconds(found))


def _seconds(found: re.Match[str]) -> int:
    seconds = int(found["count"] or 1) * _UNITS_S[found["unit"]]
    if not 0 < seconds <= MOST_DAYS * _UNITS_S["day"]:
        raise ValueError("it must be between a minute and a year")
    return seconds


def _weekly(found: re.Match[str], _zone: tzinfo, _now: float) -> Weekly:
    hour, minute = _clock(found)
    named = re.split(r",? and |, ?", found["days"])
    days = {day for name in named for day in (_GROUPS[name] if name in _GROUPS else (DAYS.index(name),))}
    return Weekly(weekdays=frozenset(days), hour=hour, minute=minute)


def _daily(found: re.Match[str], _zone: tzinfo, _now: float) -> Weekly:
    hour, minute = _clock(found)
    return Weekly(weekdays=frozenset(_GROUPS["day"]), hour=hour, minute=minute)


def _monthly(found: re.Match[str], _zone: tzinfo, _now: float) -> Monthly:
    hour, minute = _clock(found)
    if not 1 <= (day := int(found["day"])) <= 31:  # noqa: PLR2004  # days of a month
        raise ValueError("a month has at most 31 days")
    return Monthly(day=day, hour=hour, minute=minute)


def _today(found: re.Match[str], zone: tzinfo, now: float) -> Once:
    """The next time that clocks show it."""
    hour, minute = _clock(found)
    shown = datetime.fromtimestamp(now, zone).replace(tzinfo=None, hour=hour, minute=minute, second=0, microsecond=0)
    at = instant(shown, zone)
    return Once(at=at if at > now else instant(shown + timedelta(days=1), zone))


def _dated(found: re.Match[str], zone: tzinfo, now: float) -> Once:
    hour, minute = _clock(found)
    shown = datetime(int(found["year"]), int(found["month"]), int(found["date"]), hour, minute)  # noqa: DTZ001  # a clock's
    at = instant(shown, zone)
    if at <= now:
        raise ValueError("this time has passed")
    return Once(at=at)


def _clock(found: re.Match[str]) -> tuple[int, int]:
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half:
        if not 1 <= hour <= _NOON:
            raise ValueError("with am or pm, hours go from 1 to 12")
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    if hour > 23 or minute > 59:  # noqa: PLR2004  # as clocks show
        raise ValueError("a day ends at 23:59")
    return hour, minute


_DAY_NAME = "|".join((*_GROUPS, *DAYS))
_Rule = Once | Interval | Weekly | Monthly
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], tzinfo, float], _Rule]], ...] = (
    (re.compile(rf"every {_COUNT}"), _interval),
    (re.compile(rf"in {_COUNT}"), _later),
    (re.compile(rf"every (?P<days>(?:{_DAY_NAME})(?:(?:,? and |, ?)(?:{_DAY_NAME}))*) (?:at )?{_TIME}"), _weekly),
    (re.compile(rf"(?:daily|nightly) (?:at )?{_TIME}"), _daily),
    (re.compile(rf"(?:every month|monthly) on (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:at )?{_TIME}"), _monthly),
    (re.compile(rf"at {_TIME}"), _today),
    (re.compile(rf"(?:on )?(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<date>\d\d) (?:at )?{_TIME}"), _dated),
)
