"""What lists of the home say to a person who does not know it yet."""

from pathlib import Path

from homes import home  # noqa: F401
from targets import make_repo, run_here

from overnight.home.capabilities import PROPERTIES
from overnight.home.events import DeviceConfirmed, DeviceSeen
from overnight.home.operations._home import DeviceState
from overnight.home.operations.home_devices import render
from overnight.home.record.record import HomeRecord
from overnight.home.things import Trait


def state(number: int, name: str) -> DeviceState:
    """A light without a reading."""
    return DeviceState(number=number, name=name, room="", family="zigbee", traits=["light"], values={}, asked=None)


def test_a_device_without_a_name_comes_with_the_way_to_use_it() -> None:
    """What it is of, the command that shows more, and the one that names it; nothing of that once all have a name."""
    assert render([state(1, "lamp"), state(4, "")]).splitlines() == [
        "#1 lamp [light]",
        "#4 (no name) [light] of zigbee",
        "what one without a name is: overnight home show 4; to use it: overnight home name 4 NAME",
    ]
    assert render([state(1, "lamp")]) == "#1 lamp [light]"


def test_what_is_no_camera_is_not_looked_out_at(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """A named device that is none is not said to be unknown, and without a sighting nobody claims that nothing came."""
    light = PROPERTIES[Trait.LIGHT]
    number = home.append(
        DeviceSeen(identity="it", family="shelly", address="127.0.0.1:1", traits=(Trait.LIGHT,), properties=light)
    )
    home.append(DeviceConfirmed(device=number, alias="lamp", room=""))
    found = run_here(tmp_path, "home", "lookout", "truck", "--camera", "lamp")
    assert found.returncode == 2
    assert "lamp is no camera with a name; those: overnight home scan" in found.stderr
    assert "watched: overnight home status" in run_here(tmp_path, "home", "sightings").stdout


def test_the_first_look_says_how_a_home_begins(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """As long as no device is known, `overnight home` is no dead end for who has a house, also in a repository."""
    assert not home.devices()
    assert "`overnight home scan`" in run_here(tmp_path, "home").stdout
    repository = make_repo(tmp_path / "repo", "")
    assert "`overnight home scan`" in run_here(repository, "home").stdout
    light = PROPERTIES[Trait.LIGHT]
    home.append(DeviceSeen(identity="it", family="shelly", address="127.0.0.1:1", traits=(Trait.LIGHT,), properties=light))
    assert "`overnight home scan`" not in run_here(tmp_path, "home").stdout
