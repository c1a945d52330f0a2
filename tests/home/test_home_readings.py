"""What is kept of what a device answers, and what is news: looking often does not make the record grow."""

import math
import random
from pathlib import Path

from home_fakes import FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.readings import is_news, kept
from overnight.home.things import Device, Property, Trait

SENSOR = Device(number=1, identity="x", family="fake", address="x", traits=(Trait.SENSOR,), properties=(Property(name="on"),))


def test_noise_is_no_news_and_drift_is() -> None:
    """What a thermometer jitters is not recorded; what adds up is, as it is compared with what was recorded."""
    chance, recorded, events, at = random.Random(1), {"temperature": 20.0}, 0, 20.0
    for _ in range(10_000):
        at += 0.0001  # a degree in all
        now = {"temperature": at + chance.uniform(-0.14, 0.14)}
        if is_news(SENSOR, recorded, now):
            recorded, events = now, events + 1
    assert 1 <= events <= 8
    assert abs(recorded["temperature"] - at) < 0.5


def test_what_can_be_set_has_no_noise() -> None:
    """A switch, a mode and a wanted temperature are recorded whenever they differ, as is one that begins or ceases to be."""
    device = Device(
        number=1,
        identity="x",
        family="fake",
        address="x",
        properties=(Property(name="target"), Property(name="power", writable=False)),
    )
    assert is_news(device, {"target": 20.0}, {"target": 20.1})
    assert is_news(device, {"on": True}, {"on": False}) and is_news(device, {"on": True}, {"on": 1.0})
    assert is_news(device, {"mode": "heat"}, {"mode": "off"}) and is_news(device, {}, {"on": False})
    assert not is_news(device, {"power": 100.0}, {"power": 101.9}) and is_news(device, {"power": 100.0}, {"power": 103.0})


def test_what_is_no_value_is_not_kept() -> None:
    """Numbers without an end, endless texts, and names that are none: a record that has them could not be read again."""
    found = kept({"on": True, "target": math.inf, "power": math.nan, "mode": "x" * 9_000, "<b>": 1.0, "a" * 50: 1.0})
    assert set(found) == {"on", "mode"} and len(str(found["mode"])) <= 500
    assert len(kept({f"v{number}": 1.0 for number in range(5_000)})) == 40


def test_a_device_that_answers_nonsense_can_still_be_shown(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Its record can be read: it has what could be kept."""
    house.add("spa", Trait.HEATER, on=False, target=math.nan)
    assert run_here(tmp_path, "home", "state", "spa").stdout == "spa: on no\n"
    shown = run_here(tmp_path, "home", "show", "spa")
    assert shown.returncode == 0 and "target 5..40 °C, you are asked" in shown.stdout
