"""A heater is switched off when its pump stops later on: by the watch, read back, recorded, said; not in a read-only home."""

from pathlib import Path

import anyio
import pytest
from home_fakes import FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.events import Commanded, Tripped
from overnight.home.record.trips import open_trip
from overnight.home.things import CommandOutcome, Trait
from overnight.home.watching.interlocks import InterlockWatch

SETTINGS = "zone: UTC\ninterlocks: {spa heater: {needs: pool pump}}\n"


class Spa:
    """A heater that runs, its pump, and their watch by a clock that is set by hand."""

    def __init__(self, house: FakeHouse) -> None:  # noqa: F811
        self.house, self.now, self.said = house, 1000.0, list[str]()
        self.heater = house.add("spa heater", Trait.HEATER, on=True, target=38.0, temperature=30.0)
        self.pump = house.add("pool pump", Trait.PUMP, on=True)
        house.settings(SETTINGS)
        self.number = house.device("spa heater").number
        self.watch = self.begin()

    def begin(self) -> InterlockWatch:
        """A watch, as of a new process."""
        return InterlockWatch(self.house.record, say=self.said.append, monotonic=lambda: self.now)

    def look(self, times: int = 1) -> None:
        """Let it look, every 10 s."""
        for _ in range(times):
            anyio.run(self.watch.look)
            self.now += 10

    def trips(self) -> int:
        """How many are recorded."""
        return sum(isinstance(each.event, Tripped) for each in self.house.record.history(self.number))


@pytest.fixture
def spa(house: FakeHouse) -> Spa:  # noqa: F811
    """One."""
    return Spa(house)


def test_a_heater_whose_pump_stops_is_switched_off(spa: Spa, tmp_path: Path) -> None:
    """Read back, recorded in this order, said, and in the status until somebody sets it."""
    spa.look(3)
    assert not spa.heater.heard and not spa.said and not spa.trips()
    spa.pump.truth["on"] = False
    spa.look(3)
    assert spa.heater.heard == [{"on": False}] and spa.heater.truth["on"] is False
    assert spa.said == [
        "spa heater runs, and pool pump does not run: it is switched off",
        f"spa heater is off (read back; #{spa.house.record.commands()[0].number})",
    ]
    kinds = [type(each.event) for each in reversed(spa.house.record.history(spa.number))]
    assert kinds.index(Tripped) < kinds.index(Commanded) and spa.trips() == 1
    shown = run_here(tmp_path, "home", "status")
    assert "spa heater was switched off, as pool pump does not run" in shown.stdout and shown.returncode == 1
    spa.pump.truth["on"] = True
    assert run_here(tmp_path, "home", "set", "spa heater", "target=39").returncode == 0
    assert "switched off" not in run_here(tmp_path, "home", "status").stdout
    spa.heater.truth["on"] = True  # by hand
    spa.look(2)
    spa.pump.truth["on"] = False
    spa.look()
    assert spa.trips() == 2 and spa.heater.truth["on"] is False


def test_a_pump_that_does_not_answer_once_is_asked_again(spa: Spa) -> None:
    """At the second look in a row that it does not, the heater goes off."""
    for answers in (False, True, False):
        spa.pump.answers = answers
        spa.look()
    assert not spa.heater.heard
    spa.look()
    assert spa.heater.heard == [{"on": False}] and "pool pump does not answer" in spa.said[0]


def test_one_that_does_not_go_off_is_tried_again_ever_more_seldom(spa: Spa, tmp_path: Path) -> None:
    """It is said each time, never that it is off; the trip is recorded once."""
    spa.heater.on_write, spa.pump.truth["on"] = (lambda _: None), False
    spa.look(16)  # 160 s
    assert len(spa.heater.heard) == 5, "after 0, 10, 30, 70 and 150 s"
    assert [each for each in spa.said if "may still be on" in each] == spa.said[1:] and len(spa.said) == 6
    assert spa.trips() == 1
    assert "spa heater may be on, as pool pump does not run" in run_here(tmp_path, "home", "status").stdout


def test_one_that_is_lost_is_as_it_was(spa: Spa) -> None:
    """A heater that ran and does not answer while its pump stands is said, and tried."""
    spa.look()
    spa.heater.answers, spa.pump.truth["on"] = False, False
    spa.look()
    assert "spa heater may still be on" in spa.said[1]
    spa.heater.answers = True
    spa.look(2)
    assert spa.heater.truth["on"] is False and spa.said[-1].startswith("spa heater is off (read back")


def test_a_kill_at_any_step_loses_nothing(spa: Spa) -> None:
    """After the trip, after the command: the next process switches it off, and nothing is recorded as another trip."""

    class Killed(BaseException):
        pass

    def kill(_: object) -> None:
        raise Killed

    spa.pump.truth["on"] = False
    append = spa.house.record.append
    spa.house.record.append = lambda *events: kill(0) if isinstance(events[0], Commanded) else append(*events)  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        spa.look()
    spa.house.record.append = append  # type: ignore[method-assign]
    assert spa.trips() == 1 and not spa.heater.heard
    spa.heater.on_write = kill
    spa.watch = spa.begin()
    with pytest.raises(Killed):
        spa.look()
    assert spa.trips() == 1 and len(spa.heater.heard) == 1
    spa.heater.on_write = None
    spa.watch = spa.begin()
    spa.look()
    assert spa.heater.truth["on"] is False
    trip = open_trip(spa.house.record, spa.number)
    assert trip and trip.is_off
    assert spa.house.record.commands()[0].outcome is CommandOutcome.DONE


def test_nothing_is_set_in_a_read_only_home(spa: Spa, tmp_path: Path) -> None:
    """Not by the watch, and by nobody else."""
    spa.house.settings(f"{SETTINGS}read_only: true\n")
    spa.pump.truth["on"] = False
    spa.look(3)
    refused = run_here(tmp_path, "home", "set", "spa heater", "on=false")
    assert refused.returncode == 2 and "read_only: true" in refused.stderr
    assert not spa.heater.heard and not spa.trips()


def test_a_mistake_in_home_yaml_is_said_once(spa: Spa) -> None:
    """And the watch goes on when it is corrected."""
    spa.house.settings("interlocks: {spa heater: {needs: the pomp}}\n")
    spa.look(3)
    assert len(spa.said) == 1 and "no device is called `the pomp`" in spa.said[0]
    spa.house.settings(SETTINGS)
    spa.pump.truth["on"] = False
    spa.look()
    assert spa.heater.truth["on"] is False
