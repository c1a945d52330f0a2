"""A heater needs its pump, a pump does not stop in frost, and nothing is started too often."""

from pathlib import Path

import anyio
import pytest
from home_fakes import FakeDevice, FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.errors import UserError
from overnight.home.acting.commanding import Order, Result
from overnight.home.acting.interlocks import Blocked
from overnight.home.acting.pace import TooOften
from overnight.home.acting.session import command
from overnight.home.running import drives
from overnight.home.settings import read_settings
from overnight.home.things import CommandOutcome, Trait, Value

Pool = tuple[FakeHouse, FakeDevice, FakeDevice, FakeDevice]


@pytest.fixture
def pool(house: FakeHouse) -> Pool:  # noqa: F811
    """A heater that needs a pump that must not stop in frost."""
    heater = house.add("spa heater", Trait.HEATER, on=False, target=30.0, temperature=26.0)
    pump = house.add("pool pump", Trait.PUMP, on=False, speed=60.0)
    sensor = house.add("outside", Trait.SENSOR, temperature=12.0)
    house.settings("zone: UTC\ninterlocks: {spa heater: {needs: pool pump}, pool pump: {frost: outside}}\n")
    return house, heater, pump, sensor


def send(house: FakeHouse, alias: str, **want: Value) -> Result:  # noqa: F811
    """Command a device."""
    return anyio.run(command, house.record, read_settings(house.record.folder), house.device(alias), Order(want=want))


def test_a_heater_starts_only_when_its_pump_runs(pool: Pool) -> None:
    """Nothing is sent while the pump is off, or does not answer; afterwards it is."""
    house, heater, pump, _ = pool  # noqa: F811
    with pytest.raises(Blocked, match="needs pool pump, which does not run"):
        send(house, "spa heater", on=True)
    pump.answers = False
    with pytest.raises(Blocked, match="does not answer"):
        send(house, "spa heater", on=True)
    assert not heater.heard
    pump.answers = True
    assert send(house, "pool pump", on=True).outcome is CommandOutcome.DONE
    assert send(house, "spa heater", on=True, target=38.0).outcome is CommandOutcome.DONE


def test_what_heats_no_more_is_always_allowed(pool: Pool) -> None:
    """A heater can be switched off and turned down without its pump; a higher target needs it."""
    house, heater, _, _ = pool  # noqa: F811
    heater.truth["on"] = True
    with pytest.raises(Blocked):
        send(house, "spa heater", target=35.0)
    assert send(house, "spa heater", target=20.0).outcome is CommandOutcome.DONE
    assert send(house, "spa heater", on=False).outcome is CommandOutcome.DONE
    assert send(house, "spa heater", target=38.0).outcome is CommandOutcome.DONE, "it is off"


@pytest.mark.parametrize("state", [{"on": True}, None])
def test_a_pump_does_not_stop_under_its_heater(pool: Pool, state: dict[str, Value] | None) -> None:
    """While the heater is on, or does not answer."""
    house, heater, pump, _ = pool  # noqa: F811
    pump.truth["on"] = True
    heater.truth.update(state or {})
    heater.answers = state is not None
    with pytest.raises(Blocked, match="spa heater"):
        send(house, "pool pump", on=False)
    with pytest.raises(Blocked, match="spa heater"):
        send(house, "pool pump", speed=0)
    assert not pump.heard


@pytest.mark.parametrize("cold", [2.9, -5.0, None, "warm", float("nan")])
def test_a_pump_does_not_stop_in_frost(pool: Pool, cold: Value | None) -> None:
    """Below 3 °C outside, or when nobody can tell; at 3 °C it may."""
    house, _, pump, sensor = pool  # noqa: F811
    pump.truth["on"] = True
    sensor.truth.clear()
    sensor.truth.update({} if cold is None else {"temperature": cold})
    with pytest.raises(Blocked, match="not switched off below 3 °C"):
        send(house, "pool pump", on=False)
    sensor.truth["temperature"] = 3.0
    assert send(house, "pool pump", on=False).outcome is CommandOutcome.DONE


def test_a_name_that_is_not_there_stops_what_depends_on_it_alone(pool: Pool) -> None:
    """An interlock with a mistake is a mistake of that device, and no way around it."""
    house, heater, pump, _ = pool  # noqa: F811
    house.settings("interlocks: {spa heater: {needs: the pomp}, pool pump: {}}\n")
    with pytest.raises(UserError, match=r"home.yaml: interlocks: spa heater: no device is called `the pomp`"):
        send(house, "spa heater", on=True)
    assert not heater.heard
    assert send(house, "pool pump", on=True).outcome is CommandOutcome.DONE
    assert pump.heard


@pytest.mark.parametrize("line", ["interlocks: {spa heeter: {needs: pool pump}}", "limits: {spa: {target: [20, 38]}}"])
def test_a_misspelt_line_protects_nothing_so_nothing_physical_is_set(house: FakeHouse, line: str) -> None:  # noqa: F811
    """Until it is corrected; a lamp goes on."""
    house.add("spa heater", Trait.HEATER, on=False)
    house.add("lamp", Trait.LIGHT, on=False)
    house.settings(f"{line}\n")
    with pytest.raises(UserError, match=r"home\.yaml: (interlocks|limits): no device is called `spa"):
        send(house, "spa heater", on=True)
    assert send(house, "lamp", on=True).outcome is CommandOutcome.DONE


def test_a_scene_starts_the_pump_before_the_heater(pool: Pool, tmp_path: Path) -> None:
    """In whatever order its steps stand, and it is taken back the other way around."""
    _, heater, pump, _ = pool
    made = run_here(tmp_path, "home", "scene", "set", "spa", "spa heater:on=true,target=38", "pool pump:on=true")
    assert made.returncode == 0, made.stderr
    ran = run_here(tmp_path, "home", "scene", "run", "spa")
    assert "spa: 2 of 2 done" in ran.stdout, ran.stdout + ran.stderr
    assert heater.truth["on"] is True and pump.truth["on"] is True
    undone = run_here(tmp_path, "home", "undo")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert (heater.truth["on"], heater.truth["target"], pump.truth["on"]) == (False, 30.0, False)


def test_a_pump_rests_and_is_not_started_all_the_time(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start just after a stop, and the eleventh in an hour, are refused; a stop never is."""
    house, *_ = pool  # noqa: F811
    clock = Clock(1_800_000_000.0)
    monkeypatch.setattr(house.record, "clock", clock)
    monkeypatch.setattr(house.record.store, "_clock", clock)
    assert send(house, "pool pump", on=True).outcome is CommandOutcome.DONE
    assert send(house, "pool pump", on=False).outcome is CommandOutcome.DONE
    with pytest.raises(TooOften, match="has to rest"):
        send(house, "pool pump", on=True)
    for _ in range(9):
        clock.now += 60
        assert send(house, "pool pump", on=True).outcome is CommandOutcome.DONE
        assert send(house, "pool pump", on=False).outcome is CommandOutcome.DONE
    clock.now += 60
    with pytest.raises(TooOften, match="10 times in an hour"):
        send(house, "pool pump", on=True)
    clock.now += 3600
    assert send(house, "pool pump", on=True).outcome is CommandOutcome.DONE


def test_a_lamp_is_not_set_more_than_twenty_times_a_minute(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Then it waits, but can be switched off."""
    lamp = house.add("lamp", Trait.LIGHT, on=False, brightness=1.0)
    clock = Clock(1_800_000_000.0)
    monkeypatch.setattr(house.record, "clock", clock)
    monkeypatch.setattr(house.record.store, "_clock", clock)
    for number in range(20):
        assert send(house, "lamp", brightness=float(number)).outcome is CommandOutcome.DONE
    with pytest.raises(TooOften, match="20 times in a minute"):
        send(house, "lamp", brightness=50.0)
    assert send(house, "lamp", on=False).outcome is CommandOutcome.DONE
    assert lamp.truth["brightness"] == 19


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("want", [{"speed": 0.4}, {"speed": 1.0}, {"on": True, "speed": 0.0}])
def test_a_speed_that_is_read_back_as_none_stops_a_pump(pool: Pool, want: dict[str, Value]) -> None:
    """A controller rounds 0.4 % to nothing, and within the tolerance of reading back that is done."""
    house, heater, pump, _ = pool  # noqa: F811
    pump.truth["on"], heater.truth["on"] = True, True
    with pytest.raises(Blocked, match="spa heater"):
        send(house, "pool pump", **want)
    assert not pump.heard


def test_a_pump_that_is_on_and_stands_still_does_not_run(pool: Pool) -> None:
    """Its relay is on, and its speed is nothing: no water passes the heater."""
    house, heater, pump, _ = pool  # noqa: F811
    pump.truth.update(on=True, speed=0.5)
    with pytest.raises(Blocked, match="does not run"):
        send(house, "spa heater", on=True)
    assert not heater.heard


@pytest.mark.parametrize("want", [{"on": True, "mode": "off"}, {"on": True, "speed": 0.0}, {"mode": "heat", "on": False}])
def test_what_switches_on_and_off_at_once_switches_on(want: dict[str, Value]) -> None:
    """Which of both a device obeys is not known: it is a start, with all that a start needs."""
    assert drives(want, {"on": False, "mode": "off", "speed": 0.0})
