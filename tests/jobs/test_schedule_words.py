"""The forms of schedules that a person can write, and what is wrong with others."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.jobs.schedule import next_after
from overnight.jobs.schedule_words import FORMS, LONGEST, ScheduleError, read_schedule, time_words

ZONE = "Europe/Berlin"
NOW = datetime(2026, 12, 1, 14, 30, tzinfo=ZoneInfo(ZONE)).timestamp()  # a Tuesday
NEXT = {
    "every 15 minutes": "Tue 2026-12-01 14:45",
    "Every  Minute": "Tue 2026-12-01 14:31",
    "every 2 hours": "Tue 2026-12-01 16:30",
    "every day at 02:30": "Wed 2026-12-02 02:30",
    "daily 02:30": "Wed 2026-12-02 02:30",
    "every night at 22:00": "Tue 2026-12-01 22:00",
    "nightly at 10 pm": "Tue 2026-12-01 22:00",
    "every weekday at 8": "Wed 2026-12-02 08:00",
    "every weekend at 12am": "Sat 2026-12-05 00:00",
    "every monday and friday at 9pm": "Fri 2026-12-04 21:00",
    "every sunday, monday, and tuesday at 12pm": "Sun 2026-12-06 12:00",
    "every month on the 31st at 6:00": "Thu 2026-12-31 06:00",
    "monthly on 1 at 6": "Fri 2027-01-01 06:00",
    "in 20 minutes": "Tue 2026-12-01 14:50",
    "in 3 days": "Fri 2026-12-04 14:30",
    "at 22:00": "Tue 2026-12-01 22:00",
    "at 14:30": "Wed 2026-12-02 14:30",
    "2026-12-24 08:00": "Thu 2026-12-24 08:00",
    "on 2028-02-29 at 8": "Tue 2028-02-29 08:00",
}


@pytest.mark.parametrize("text", NEXT)
def test_a_form_means_what_it_says(text: str) -> None:
    """Its first run, by the clocks of its zone."""
    at = next_after(read_schedule(text, ZONE, NOW), NOW)
    assert at is not None and time_words(at, ZONE) == NEXT[text]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not understood"),
        ("every fortnight", "not understood"),
        ("every 2 days", "say at what time"),
        ("every day at 24:00", "ends at 23:59"),
        ("every day at 8:75", "ends at 23:59"),
        ("every day at 0pm", "from 1 to 12"),
        ("every month on the 32nd at 8", "at most 31 days"),
        ("in 0 minutes", "between a minute and a year"),
        ("every 999999 days", "say at what time"),
        ("in 999999 hours", "between a minute and a year"),
        ("2026-11-30 08:00", "has passed"),
        ("2026-02-30 08:00", "day is out of range"),
        ("0000-01-01 08:00", "out of range"),
        ("every day at 8; rm -rf /", "not understood"),
        ("every day at 8\x1b[2J", r"not understood"),
        ("every " + "monday and " * 1000 + "monday at 8", "not understood"),
    ],
)
def test_anything_else_is_refused_with_the_forms(text: str, why: str) -> None:
    """In one printable line that says what is wrong, and how to write it."""
    with pytest.raises(ScheduleError, match=why) as refused:
        read_schedule(text, ZONE, NOW)
    message = str(refused.value)
    assert message.isprintable() and all(form in message for form in FORMS) and len(message) < 600


@pytest.mark.parametrize("zone", ["", "Europe", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "a\0b", "x" * 5000])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """Also one that is a path, before any file is looked for outside of the database."""
    with pytest.raises(ScheduleError, match=r"time zone .* is not known; use a name such as"):
        read_schedule("at 8", zone, NOW)


@given(text=st.text(max_size=2 * LONGEST) | st.from_regex(r"(every|in|at) [0-9a-z: ]{1,30}", fullmatch=True))
def test_no_text_is_an_error_of_ours(text: str) -> None:
    """It is a schedule whose next run can be computed, or it is refused."""
    try:
        found = read_schedule(text, ZONE, NOW)
    except ScheduleError:
        return
    at = next_after(found, NOW)
    assert at is None or at > NOW


def test_a_schedule_is_read_again_as_it_was_written() -> None:
    """`in 20 minutes` counts from when it was written, however late it is read."""
    assert read_schedule("in 20 minutes", ZONE, NOW) == read_schedule("in 20 minutes", ZONE, NOW)
    assert next_after(read_schedule("in 20 minutes", ZONE, NOW), NOW + 1201) is None
