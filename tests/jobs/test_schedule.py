"""When something is due: against a clock that is watched minute by minute, in zones whose clocks jump."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.jobs.schedule import (
    MOST_COUNTED,
    Interval,
    Monthly,
    Once,
    Passed,
    Schedule,
    Weekly,
    due,
    last_until,
    next_after,
    passed,
)

EVERY_DAY = frozenset(range(7))
JUMPS = {  # zone: moments near changes of its clocks
    "Europe/Berlin": ("2026-03-29 00:30", "2026-10-25 00:00"),
    "America/New_York": ("2026-03-08 06:00", "2026-11-01 05:00"),
    "Australia/Lord_Howe": ("2026-04-04 14:00", "2026-10-03 14:00"),  # by half an hour
    "Pacific/Apia": ("2011-12-29 08:00", "2011-12-30 09:00"),  # a day that did not exist
    "America/Sao_Paulo": ("2018-11-03 22:00", "2018-02-17 23:00"),  # at midnight
    "Asia/Kathmandu": ("2026-02-28 12:00", "2028-02-28 12:00"),  # never; before and in a leap year
    "UTC": ("2026-12-31 20:00", "2027-01-30 20:00"),
}


def unix(text: str, zone: str = "UTC") -> int:
    """A time as it is shown somewhere."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def daily(hour: int, minute: int, zone: str = "Europe/Berlin") -> Schedule:
    """Every day at this time."""
    return Schedule(rule=Weekly(weekdays=EVERY_DAY, hour=hour, minute=minute), zone=zone)


def stepped(schedule: Schedule, first: int, last: int) -> Iterator[int]:
    """The runs between two full minutes, found by watching a clock: the first minute of each that shows its time or more."""
    rule, zone = schedule.rule, ZoneInfo(schedule.zone)
    assert isinstance(rule, Weekly | Monthly)
    start = datetime.fromtimestamp(first, zone).date() - timedelta(days=2)
    open_walls = []
    for offset in range((last - first) // 86400 + 6):
        day = start + timedelta(days=offset)
        if isinstance(rule, Weekly):
            fits = day.weekday() in rule.weekdays
        else:
            fits = day.day == rule.day or (day.day < rule.day and (day + timedelta(days=1)).day == 1)
        if fits:
            open_walls.append(datetime.combine(day, time(rule.hour, rule.minute)))
    found = []
    for minute in range(first - 3 * 86400, last + 60, 60):
        shown = datetime.fromtimestamp(minute, zone).replace(tzinfo=None)
        reached = [wall for wall in open_walls if shown >= wall]
        if reached:
            found.append(minute)
            open_walls = [wall for wall in open_walls if wall not in reached]
    yield from (minute for minute in found if first < minute <= last)


@given(
    place=st.sampled_from([(zone, moment) for zone, moments in JUMPS.items() for moment in moments]),
    rule=st.one_of(
        st.builds(
            Weekly,
            weekdays=st.frozensets(st.integers(0, 6), min_size=1),
            hour=st.integers(0, 23),
            minute=st.integers(0, 59),
        ),
        st.builds(Monthly, day=st.integers(1, 31), hour=st.integers(0, 23), minute=st.integers(0, 59)),
    ),
    offset=st.integers(-1440, 1440),
)
def test_runs_are_those_that_a_watched_clock_shows(place: tuple[str, str], rule: Weekly | Monthly, offset: int) -> None:
    """Over two days around a jump, at a month's end or in a leap year: each once, in order, forward and backward."""
    schedule = Schedule(rule=rule, zone=place[0])
    first = unix(place[1]) + offset * 60
    last = first + 2 * 86400
    expected, at, walked = list(stepped(schedule, first, last)), next_after(schedule, first), []
    while at is not None and at <= last:
        walked.append(at)
        at = next_after(schedule, at)
    assert walked == expected
    assert passed(schedule, first, last) == Passed(count=len(expected), newest=expected[-1] if expected else None)
    if expected:
        assert last_until(schedule, last) == expected[-1]
        assert last_until(schedule, expected[-1]) == expected[-1]


@given(period=st.integers(1, 10_000), anchor=st.integers(0, 10**6), after=st.integers(0, 10**6))
def test_an_interval_counts_elapsed_time(period: int, anchor: int, after: int) -> None:
    """The next run is the first multiple of the period after the anchor that has not passed."""
    schedule = Schedule(rule=Interval(period_s=period, anchor=anchor), zone="Europe/Berlin")
    at = next_after(schedule, after)
    assert at is not None and at > after and at > anchor and (at - anchor) % period == 0
    assert at - period in (anchor, last_until(schedule, after)) or at - period <= after
    assert passed(schedule, after, at) == Passed(count=1, newest=at)


def test_a_time_that_is_skipped_is_due_when_the_gap_is_over() -> None:
    """02:30 does not exist on that night: the run is at 03:00, once, and the next one at 02:30 again."""
    schedule = daily(2, 30)
    at = next_after(schedule, unix("2026-03-28 12:00"))
    assert at == unix("2026-03-29 01:00") == unix("2026-03-29 03:00", "Europe/Berlin")
    assert next_after(schedule, at) == unix("2026-03-30 00:30")


def test_a_time_that_comes_twice_is_due_once() -> None:
    """02:30 is shown at 00:30 and at 01:30 UTC on that night; the run is at the first of them."""
    at = next_after(daily(2, 30), unix("2026-10-24 12:00"))
    assert at == unix("2026-10-25 00:30")
    assert next_after(daily(2, 30), at) == unix("2026-10-26 01:30")


def test_a_short_month_has_its_run_on_its_last_day() -> None:
    """The 31st is the 28th of February, the 29th in a leap year, and the 30th of April."""
    schedule = Schedule(rule=Monthly(day=31, hour=6, minute=0), zone="UTC")
    shown = []
    at = next_after(schedule, unix("2028-01-31 06:00"))
    for _ in range(3):
        assert at is not None
        shown.append(f"{datetime.fromtimestamp(at, UTC):%m-%d}")
        at = next_after(schedule, at)
    assert shown == ["02-29", "03-31", "04-30"]
    assert next_after(schedule, unix("2027-02-01 00:00")) == unix("2027-02-28 06:00")


def test_one_time_comes_once() -> None:
    """Before it, it is next; from then on it has passed."""
    schedule = Schedule(rule=Once(at=1000), zone="UTC")
    assert (next_after(schedule, 999), next_after(schedule, 1000)) == (1000, None)
    assert (last_until(schedule, 999), last_until(schedule, 1000)) == (None, 1000)


def test_what_was_missed_is_reported_and_run_once() -> None:
    """Three nights without the machine: one run now, three missed. Nothing is due again until the next time."""
    schedule, now = daily(22, 0, "UTC"), unix("2026-12-04 07:00")
    found = due(schedule, unix("2026-12-01 12:00"), now, busy=False)
    assert (found.run, found.missed, found.newest_missed) == (True, 3, unix("2026-12-03 22:00"))
    again = due(schedule, found.handled, now + 60, busy=False)
    assert (again.run, again.missed) == (False, 0)


def test_a_run_in_time_is_not_missed() -> None:
    """A few seconds late is in time; the run before it was missed."""
    found = due(daily(22, 0, "UTC"), unix("2026-12-01 12:00"), unix("2026-12-02 22:00") + 5, busy=False)
    assert (found.run, found.missed, found.newest_missed) == (True, 1, unix("2026-12-01 22:00"))


def test_nothing_begins_beside_a_run_that_goes_on() -> None:
    """Its time has passed then, so it is missed, and not made up for."""
    schedule, now = daily(22, 0, "UTC"), unix("2026-12-01 22:00")
    found = due(schedule, now - 3600, now, busy=True)
    assert (found.run, found.missed, found.handled) == (False, 1, now)
    assert not due(schedule, found.handled, now + 10, busy=False).run


@pytest.mark.parametrize(("back_s", "runs"), [(600, False), (3 * 3600, True)])
def test_a_clock_that_is_set_back_repeats_nothing_and_stops_nothing(back_s: int, runs: bool) -> None:
    """By some minutes: no run comes twice. From a date years ahead, or by hours: the schedule goes on from there."""
    schedule, ran = daily(22, 0, "UTC"), unix("2026-12-01 22:00")
    found = due(schedule, ran, ran - back_s, busy=False)
    assert (found.run, found.set_back) == (False, runs)
    assert due(schedule, found.handled, ran + 1, busy=False).run is runs
    years = due(schedule, unix("2040-01-01 00:00"), ran - 60, busy=False)
    assert due(schedule, years.handled, ran, busy=False).run


def test_a_clock_that_jumps_far_ahead_is_counted_within_bounds() -> None:
    """From 1970 to the year 3000: one run, and a number that was not counted to its end."""
    found = due(daily(2, 30), 0.0, unix("3000-01-01 00:00"), busy=False)
    assert (found.run, found.missed) == (True, MOST_COUNTED)
