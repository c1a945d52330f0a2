"""Days by the owner's clock: midnight and changes of clocks, weeks, and a clock that is wrong."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_spending_account import ASKED, DAY_S, NOON, Clock, charge, estimate, opened, page, rules

from overnight.files import local_zone
from overnight.models.budget import BudgetSpent
from overnight.models.spending.days import calendar_of
from overnight.models.spending.limits import Period

ZONES = ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "America/Havana", "UTC")


@given(
    zone=st.sampled_from(ZONES),
    at=st.floats(min_value=1_577_836_800.0, max_value=2_051_222_400.0),  # 2020 to 2034
)
def test_a_limit_begins_anew_when_its_day_ends(zone: str, at: float) -> None:
    """The moment before it is the same day and the moment itself the next one, wherever clocks are changed, at midnight too."""
    calendar = calendar_of(zone)
    for period, longest in ((Period.DAY, 25.0), (Period.WEEK, 7 * 24 + 1.0)):
        ends = calendar.reset(period, at)
        assert at < ends <= at + longest * 3600
        assert calendar.day(ends - 1e-3) == calendar.day(ends) - timedelta(days=1)
        assert period is Period.DAY or calendar.day(ends).weekday() == 0
    first, last = calendar.span(Period.DAY, at)
    assert (date.fromisoformat(first), date.fromisoformat(last)) == (calendar.day(at), calendar.day(at) + timedelta(days=1))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Santiago", date(2026, 9, 6), 23),  # has no midnight: its clocks are changed then
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ],
)
def test_a_day_may_be_shorter_or_longer(zone: str, day: date, hours: float) -> None:
    """As the zone's clocks are changed."""
    calendar = calendar_of(zone)
    assert (calendar.start(day + timedelta(days=1)) - calendar.start(day)) / 3600 == hours


def test_without_a_zone_it_is_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """By TZ first; where nothing names it, it is what the system does."""
    assert calendar_of("Asia/Kolkata", {"TZ": "UTC"}).name == "Asia/Kolkata"
    assert calendar_of("", {"TZ": ":Asia/Kolkata"}).name == "Asia/Kolkata"
    for path in ("LOCALTIME", "TIMEZONE"):
        monkeypatch.setattr(local_zone, path, Path("/nowhere"))
    assert calendar_of("", {"TZ": "<odd>5"}).name == "this machine's zone"


def test_a_call_over_midnight_is_yesterdays(tmp_path: Path) -> None:
    """It was reserved of that day's limit, whose last call it may be; the new day begins with nothing spent."""
    clock = Clock(NOON + DAY_S / 2 - 1)

    async def walk() -> None:
        account = opened(tmp_path, rules(day_tokens=1000), clock=clock)
        late = await account.reserve(ASKED, estimate(100, 900))
        clock.at += 2
        early = await account.reserve(ASKED, estimate(100, 1000))
        account.settle(late, charge(900))
        account.settle(early, charge(300))
        account.close()

    asyncio.run(walk())
    shown = page(tmp_path, at=clock.at)
    assert [(day.name, day.spent.tokens) for day in shown.by_day] == [("2026-12-01", 900), ("2026-12-02", 300)]


@pytest.mark.parametrize(("jump_s", "spent"), [(-3600.0, True), (-DAY_S, True), (-20 * DAY_S, False), (DAY_S, False)])
def test_a_clock_that_is_set_back_by_a_day_frees_nothing(tmp_path: Path, jump_s: float, spent: bool) -> None:
    """What is dated one day ahead counts. A clock that was set forward by mistake does not end the work for ever."""
    clock = Clock()

    async def walk() -> None:
        account = opened(tmp_path, rules(day_tokens=1000), clock=clock)
        account.settle(await account.reserve(ASKED, estimate(100, 900)), charge(1000))
        clock.at += jump_s
        try:
            account.settle(await account.reserve(ASKED, estimate(100, 900)), charge(10))
            refused = False
        except BudgetSpent:
            refused = True
        account.close()
        assert refused is spent

    asyncio.run(walk())


def test_old_days_keep_their_sums_only(tmp_path: Path) -> None:
    """After ninety days by system and provider, after three years nothing; no sum changes, and the file stays small."""
    clock = Clock()
    for day in range(0, 100, 5):
        clock.at = NOON + day * DAY_S
        account = opened(tmp_path, rules(), clock=clock, key=f"campaign:{day}")
        for role in ("a", "b"):
            account.settle(None, charge(10, usd=0.5, role=role))
        account.close()
    opened(tmp_path, rules(), clock=clock).close()
    shown = page(tmp_path, at=clock.at, days=200, by=("job", "role", "provider"))
    assert [(group.name, group.spent.calls) for group in shown.by["provider"]] == [("p", 40)]
    assert {group.name: group.spent.calls for group in shown.by["role"]} == {"a": 19, "b": 19, "": 2}
    assert len(shown.by["job"]) == 20  # nineteen, and what is not known any more
    clock.at += 1200 * DAY_S
    opened(tmp_path, rules(), clock=clock).close()
    shown = page(tmp_path, at=clock.at, days=3000)
    assert (shown.by["provider"], shown.by_day) == ([], [])
