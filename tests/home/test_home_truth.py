"""Done is what was read back: what a device says, does late, undoes or never did."""

from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from home_fakes import FakeDevice, FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.acting.commanding import Commander, Order, Result
from overnight.home.acting.session import command
from overnight.home.events import Commanded, DeviceSeen, Lost, Read
from overnight.home.port import Refused, Unreachable, Unsure
from overnight.home.settings import read_settings
from overnight.home.things import CommandOutcome, Property, Trait, Value


def send(house: FakeHouse, alias: str, **want: Value) -> Result:  # noqa: F811
    """Command a device."""
    return anyio.run(command, house.record, read_settings(house.record.folder), house.device(alias), Order(want=want))


def test_locking_is_not_locked(house: FakeHouse) -> None:  # noqa: F811
    """A lock that is on its way is asked until it has arrived; one that stays there has not."""
    lock = house.add("front door", Trait.LOCK, locked=False)
    left = 3

    def arrive() -> None:
        nonlocal left
        left -= lock.truth.get("moving") is True
        if not left:
            lock.truth.update(locked=True, moving=False)

    lock.on_write = lambda _: lock.truth.update(moving=True)
    lock.on_read = arrive
    result = send(house, "front door", locked=True)
    assert (result.outcome, result.after) == (CommandOutcome.DONE, {"locked": True, "moving": False})
    lock.truth.update(locked=False)
    lock.on_read = None
    assert send(house, "front door", locked=True).outcome is CommandOutcome.UNCONFIRMED


def test_what_falls_back_at_once_is_not_done(house: FakeHouse) -> None:  # noqa: F811
    """A heater that trips after it was read once: the second look finds it off."""
    heater = house.add("heater", Trait.HEATER, on=False)

    def trip() -> None:
        if heater.truth["on"] is True and heater.reads > first + 1:
            heater.truth["on"] = False

    first = heater.reads + 1  # the look before the command
    heater.on_read = trip
    result = send(house, "heater", on=True)
    assert (result.outcome, result.after) == (CommandOutcome.UNCONFIRMED, {"on": False})


def raising(error: Exception, device: FakeDevice, *, does: bool) -> None:
    """A device that does it or not, and then its driver raises."""

    def write(want: Mapping[str, Value]) -> None:
        if does:
            device.truth.update(want)
        raise error

    device.on_write = write


@pytest.mark.parametrize(
    ("error", "does", "outcome"),
    [
        (Unsure("broke off"), True, CommandOutcome.DONE),
        (Unsure("broke off"), False, CommandOutcome.UNCONFIRMED),
        (Refused("error 500"), True, CommandOutcome.DONE),
        (Refused("error 500"), False, CommandOutcome.FAILED),
        (Unreachable("no connection"), False, CommandOutcome.FAILED),
    ],
)
def test_the_state_decides_not_the_connection(house: FakeHouse, error: Exception, does: bool, outcome: CommandOutcome) -> None:  # noqa: F811
    """Whatever the write ended with."""
    lamp = house.add("lamp", Trait.LIGHT, on=False)
    raising(error, lamp, does=does)
    assert send(house, "lamp", on=True).outcome is outcome
    assert len(lamp.heard) == 1, "nothing is sent twice"


def test_one_that_goes_silent_is_unknown_until_it_answers(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Nobody says that it is on, nor that it is not; the next look settles it, and sends nothing."""
    lamp = house.add("lamp", Trait.LIGHT, on=False)

    def vanish(want: Mapping[str, Value]) -> None:
        lamp.truth.update(want)
        lamp.answers = False

    lamp.on_write = vanish
    done = run_here(tmp_path, "home", "set", "lamp", "on=true")
    assert done.returncode == 1 and "lamp: not known whether it is on yes" in done.stdout
    assert "not known whether #" in run_here(tmp_path, "home", "devices").stdout
    lamp.answers = True
    assert run_here(tmp_path, "home", "state", "lamp").stdout == "lamp: on yes\n"
    assert house.record.commands()[0].outcome is CommandOutcome.DONE
    assert len(lamp.heard) == 1


def test_one_that_does_not_answer_is_sent_nothing(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """It is lost, which is recorded once and shown until it answers again."""
    lamp = house.add("lamp", Trait.LIGHT, on=False)
    run_here(tmp_path, "home", "state", "lamp")
    lamp.answers = False
    assert send(house, "lamp", on=True).outcome is CommandOutcome.FAILED
    assert send(house, "lamp", on=True).outcome is CommandOutcome.FAILED
    assert not lamp.heard
    events = [each.event for each in house.record.history(house.device("lamp").number)]
    assert len([each for each in events if isinstance(each, Lost)]) == 1
    assert not [each for each in events if isinstance(each, Commanded)]
    assert "lost: no connection" in run_here(tmp_path, "home", "devices").stdout
    asked = run_here(tmp_path, "home", "state", "lamp")
    assert asked.returncode == 1 and "lamp does not answer" in asked.stdout
    lamp.answers = True
    run_here(tmp_path, "home", "state", "lamp")
    assert "lost" not in run_here(tmp_path, "home", "devices").stdout
    assert isinstance(house.record.history(house.device("lamp").number)[0].event, Read)


def test_another_device_at_the_address_is_sent_nothing(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """A router gave the lamp's address to the front door's lock."""
    lamp = house.add("lamp", Trait.LIGHT, on=False)
    lamp.identity = "somebody else"
    done = run_here(tmp_path, "home", "set", "lamp", "on=true")
    assert done.returncode == 1 and "another device is at its address" in done.stdout
    assert not lamp.heard


def test_a_device_that_moved_is_asked_about(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """It is found elsewhere under its identity: nothing is sent there until the owner says so."""
    lamp = house.add("lamp", Trait.LIGHT, on=False)
    known = house.device("lamp")
    house.devices["elsewhere"] = house.devices.pop(known.address)
    house.record.append(
        DeviceSeen(
            identity=lamp.identity, family="fake", address="elsewhere", traits=lamp.traits, properties=(Property(name="on"),)
        )
    )
    assert "overnight home move" in run_here(tmp_path, "home", "devices").stdout
    assert "it was seen at elsewhere: overnight home move" in run_here(tmp_path, "home", "set", "lamp", "on=true").stdout
    asked = run_here(tmp_path, "--as", "agent:x", "home", "move", "lamp")
    assert "needs the owner's approval" in asked.stderr
    assert run_here(tmp_path, "home", "move", "lamp").returncode == 0
    assert run_here(tmp_path, "home", "set", "lamp", "on=true").returncode == 0
    assert lamp.truth["on"] is True


def test_what_a_device_says_later_changes_nothing_that_was_confirmed(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """A lock that says that it is a lamp stays a lock, and moves nowhere as one."""
    lock = house.add("front door", Trait.LOCK, locked=True)
    known = house.device("front door")
    house.record.append(
        DeviceSeen(
            identity=lock.identity,
            family="fake",
            address="elsewhere",
            traits=(Trait.LIGHT,),
            properties=(Property(name="on"),),
            options={"secret_password": "OTHER"},
        )
    )
    now = house.device("front door")
    assert (now.traits, now.address, now.properties, now.options) == (known.traits, known.address, known.properties, {})
    house.devices["elsewhere"] = lock
    assert "says now that it is light" in run_here(tmp_path, "home", "move", "front door").stderr


def test_the_record_can_be_derived_again(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Its tables come from its events alone."""
    house.add("lamp", Trait.LIGHT, on=False)
    run_here(tmp_path, "home", "set", "lamp", "on=true")
    run_here(tmp_path, "home", "undo")
    before = (house.record.devices(), house.record.commands(), house.record.reading(1))
    house.record.store.reindex()
    assert (house.record.devices(), house.record.commands(), house.record.reading(1)) == before


def test_what_is_undone_is_undone_when_that_was_read_back(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """An undo that did not work can be tried again."""
    lamp = house.add("lamp", Trait.LIGHT, on=False, brightness=80.0)
    assert run_here(tmp_path, "home", "set", "lamp", "on=true", "brightness=20").returncode == 0
    raising(Unsure("broke off"), lamp, does=False)
    assert run_here(tmp_path, "home", "undo").returncode == 1
    lamp.on_write = None
    assert run_here(tmp_path, "home", "undo").returncode == 0
    assert lamp.truth == {"on": False, "brightness": 80.0}
    assert "nothing to take back" in run_here(tmp_path, "home", "undo").stderr


def test_a_lamp_that_was_off_is_off_again(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """One that is off may say nothing of how bright it would be."""
    lamp = house.add("lamp", Trait.LIGHT, on=False, brightness=80.0)
    del lamp.truth["brightness"]
    assert run_here(tmp_path, "home", "set", "lamp", "on=true", "brightness=20").returncode == 0
    assert run_here(tmp_path, "home", "undo").stdout.startswith("lamp: on no (read back")
    assert lamp.truth["on"] is False


def test_an_undo_takes_back_nothing_older_instead(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Of the newest command it is not known what was before: that is said, and the lamp stays on."""
    lamp, shade = house.add("lamp", Trait.LIGHT, on=False), house.add("shade", Trait.COVER, position=0.0)
    shade.truth.clear()
    assert run_here(tmp_path, "home", "set", "lamp", "on=true").returncode == 0
    assert run_here(tmp_path, "home", "set", "shade", "position=40").returncode == 0
    refused = run_here(tmp_path, "home", "undo")
    assert refused.returncode == 2 and "cannot be taken back: what was before is not known, or" in refused.stderr
    assert lamp.truth["on"] is True and shade.truth["position"] == 40


def test_two_at_once_take_turns(house: FakeHouse) -> None:  # noqa: F811
    """Of two commands to one device each is read back by itself: neither sees the other's state."""
    lamp = house.add("lamp", Trait.LIGHT, brightness=0.0)
    settings, device, results = read_settings(house.record.folder), house.device("lamp"), []

    async def one(value: float) -> None:
        results.append(await command(house.record, settings, device, Order(want={"brightness": value})))

    async def both() -> None:
        async with anyio.create_task_group() as group:
            for value in (10.0, 50.0, 90.0):
                group.start_soon(one, value)

    anyio.run(both)
    assert [each.outcome for each in results] == [CommandOutcome.DONE] * 3
    assert len(lamp.heard) == 3
    assert Commander.within_s == 0.1, "none of them had longer"


def test_a_gate_that_is_not_quite_closed_is_not_closed(house: FakeHouse) -> None:  # noqa: F811
    """A shade may stand at 2 % for closed; a gate that does lets somebody in."""
    gate, shade = house.add("gate", Trait.GATE, position=100.0), house.add("shade", Trait.COVER, position=100.0)
    gate.on_write = lambda _: gate.truth.update(position=2.0)
    shade.on_write = lambda _: shade.truth.update(position=2.0)
    assert send(house, "gate", position=0.0).outcome is CommandOutcome.UNCONFIRMED
    assert send(house, "shade", position=0.0).outcome is CommandOutcome.DONE
