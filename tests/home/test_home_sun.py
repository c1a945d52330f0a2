"""The sun at the home, and watches that go by it."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from home_fakes import FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.claw.agenda.conditions import Condition, check_form, compares, field_of
from overnight.home.operations import home_sun
from overnight.home.operations.home_sun import Sun, SunInput
from overnight.home.record.record import HomeRecord
from overnight.operations.operation import Context

BERLIN = "zone: Europe/Berlin\nlatitude: 52.5\nlongitude: 13.4\n"


def sun_at(monkeypatch: pytest.MonkeyPatch, text: str, zone: str) -> Sun:
    """The sun at the home at a time of its clock."""
    now = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()
    make = HomeRecord.__init__

    def made(self: HomeRecord, *given: object, **named: object) -> None:
        make(self, *given, **{**named, "clock": lambda: now})  # type: ignore[arg-type]

    monkeypatch.setattr(HomeRecord, "__init__", made)
    return home_sun.run(Context(where=Path("/")), SunInput())


def minutes(text: str) -> int:
    """Of the day."""
    return int(text[:2]) * 60 + int(text[3:])


@pytest.mark.parametrize(
    ("day", "sunrise", "sunset"),
    [("2026-06-21T12:00", "04:43", "21:33"), ("2026-12-21T12:00", "08:15", "15:54"), ("2026-03-29T12:00", "06:48", "19:34")],
)
def test_in_berlin(house: FakeHouse, monkeypatch: pytest.MonkeyPatch, day: str, sunrise: str, sunset: str) -> None:  # noqa: F811
    """As almanacs have it, to three minutes, by the clock on the wall, on the day when that is put forward as well."""
    house.settings(BERLIN)
    found = sun_at(monkeypatch, day, "Europe/Berlin")
    assert found.up and found.elevation > 10
    assert abs(minutes(found.sunrise) - minutes(sunrise)) <= 3 and abs(minutes(found.sunset) - minutes(sunset)) <= 3
    assert minutes(found.dawn) < minutes(found.sunrise) < minutes(found.sunset) < minutes(found.dusk)


def test_near_the_pole_it_may_not_set(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Then there is no time, and no fault."""
    house.settings("zone: UTC\nlatitude: 78.2\nlongitude: 15.6\n")
    found = sun_at(monkeypatch, "2026-06-21T00:00", "UTC")
    assert found.up and (found.sunrise, found.sunset) == ("", "")
    assert "sunset not today" in home_sun.render(found)


def test_without_a_place_it_says_what_is_missing(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """And where to write it."""
    house.settings("zone: UTC\n")
    assert "write `latitude` and `longitude` in home.yaml" in run_here(tmp_path, "home", "sun").stderr


def test_a_watch_can_go_by_it(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Its fields are looked at without a model."""
    house.settings(BERLIN)
    condition = Condition(operation="home sun", field="up", wanted="is false")
    check_form(condition)
    found = json.loads(run_here(tmp_path, "home", "sun", "--json").stdout)
    assert compares(field_of(found, "up"), condition, was=False) is not found["up"]
