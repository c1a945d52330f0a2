"""Scenes: several devices at once, and what became of each is said."""

import json
from pathlib import Path

import pytest
from claws import approve_all
from home_fakes import FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.events import SceneRun
from overnight.home.things import Trait
from overnight.operations.record import open_record

ROOMS = ("study", "kitchen", "hall", "bedroom", "garage")


@pytest.fixture
def sleepy(house: FakeHouse, tmp_path: Path) -> FakeHouse:  # noqa: F811
    """`sleepy time`: five lamps and a shade."""
    for room in ROOMS:
        house.add(f"{room} lamp", Trait.LIGHT, on=True)
    house.add("hall shade", Trait.COVER, position=100.0)
    steps = [*(f"{room} lamp:on=false" for room in ROOMS), "hall shade:position=0"]
    made = run_here(tmp_path, "home", "scene", "set", "sleepy time", *steps)
    assert made.returncode == 0, made.stderr
    return house


def test_all_of_it_is_done(sleepy: FakeHouse, tmp_path: Path) -> None:
    """Each device is read back, and all of them are taken back at once."""
    ran = run_here(tmp_path, "home", "scene", "run", "Sleepy Time")
    assert ran.returncode == 0 and "sleepy time: 6 of 6 done" in ran.stdout
    assert not [each for each in sleepy.devices.values() if each.truth not in ({"on": False}, {"position": 0})]
    undone = json.loads(run_here(tmp_path, "home", "undo", "--json").stdout)
    assert [each["outcome"] for each in undone] == ["done"] * 6
    assert not [each for each in sleepy.devices.values() if each.truth not in ({"on": True}, {"position": 100.0})]
    assert "nothing to take back" in run_here(tmp_path, "home", "undo").stderr


def test_what_is_not_done_is_said(sleepy: FakeHouse, tmp_path: Path) -> None:
    """Five of six: the shade does not answer, and only what was set is taken back."""
    shade = sleepy.devices[sleepy.device("hall shade").address]
    shade.answers = False
    ran = run_here(tmp_path, "home", "scene", "run", "sleepy time")
    assert ran.returncode == 1
    assert "sleepy time: 5 of 6 done" in ran.stdout and "hall shade was not set: no connection" in ran.stdout
    number = next(each.seq for each in sleepy.record.store.events() if isinstance(each.event, SceneRun))
    undone = json.loads(run_here(tmp_path, "home", "undo", str(number), "--json").stdout)
    assert [each["outcome"] for each in undone] == ["done"] * 5


def test_one_that_lies_is_not_among_the_done(sleepy: FakeHouse, tmp_path: Path) -> None:
    """It says nothing wrong, and does nothing."""
    sleepy.devices[sleepy.device("hall lamp").address].on_write = lambda _: None
    ran = run_here(tmp_path, "home", "scene", "run", "sleepy time")
    assert "5 of 6 done" in ran.stdout and "hall lamp did not do it" in ran.stdout


def test_a_physical_step_makes_the_scene_physical(sleepy: FakeHouse, tmp_path: Path) -> None:
    """An agent may run it with lamps alone; with a door, the owner reads which step it is about."""
    door = sleepy.add("front door", Trait.LOCK, locked=False)
    assert run_here(tmp_path, "--as", "agent:x", "home", "scene", "run", "sleepy time").returncode == 0
    steps = ("study lamp:on=false", "front door:locked=true")
    assert (
        "needs the owner's approval"
        in run_here(tmp_path, "--as", "agent:x", "home", "scene", "set", "sleepy time", *steps).stderr
    )
    assert run_here(tmp_path, "home", "scene", "set", "sleepy time", *steps).returncode == 0
    assert "needs the owner's approval" in run_here(tmp_path, "--as", "agent:x", "home", "scene", "run", "sleepy time").stderr
    with open_record() as record:
        told = [each.tells for each in record.pending() if each.call.operation == "home scene run"]
    assert told == ["front door: locked yes (now locked no)"], "the lamp is not what it is about"
    assert door.truth == {"locked": False}
    approve_all()
    assert run_here(tmp_path, "--as", "agent:x", "home", "scene", "run", "sleepy time").returncode == 0
    assert door.truth == {"locked": True}


def test_an_approved_scene_is_that_scene(sleepy: FakeHouse, tmp_path: Path) -> None:
    """What is put into it after the owner said yes is asked about again."""
    door, spa = sleepy.add("front door", Trait.LOCK, locked=False), sleepy.add("spa", Trait.HEATER, target=30.0)
    run_here(tmp_path, "home", "scene", "set", "bath", "front door:locked=true")
    assert run_here(tmp_path, "--as", "agent:x", "home", "scene", "run", "bath").returncode == 2
    approve_all()
    run_here(tmp_path, "home", "scene", "set", "bath", "front door:locked=true", "spa:target=40")
    again = run_here(tmp_path, "--as", "agent:x", "home", "scene", "run", "bath")
    assert "needs the owner's approval" in again.stderr
    assert (door.truth, spa.truth) == ({"locked": False}, {"target": 30.0})


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        (["study lamp"], "no step of a scene"),
        (["study lamp:on"], "sets nothing"),
        (["attic lamp:on=true"], "no device is called"),
        (["study lamp:brightness=20"], "cannot be set"),
        (["hall shade:position=120"], "may not be 120"),
    ],
)
def test_a_step_with_a_mistake_is_refused(sleepy: FakeHouse, tmp_path: Path, steps: list[str], says: str) -> None:
    """When the scene is made, not at night when it is run."""
    made = run_here(tmp_path, "home", "scene", "set", "other", *steps)
    assert made.returncode == 2 and says in made.stderr
    assert list(sleepy.record.scenes()) == ["sleepy time"]


def test_scenes_are_listed_and_dropped(sleepy: FakeHouse, tmp_path: Path) -> None:
    """By name, whichever way it is written."""
    assert "sleepy time: study lamp: on no" in run_here(tmp_path, "home", "scenes").stdout
    assert run_here(tmp_path, "home", "scene", "drop", "Sleepy time").returncode == 0
    assert not sleepy.record.scenes()
    assert "there is no scene" in run_here(tmp_path, "home", "scene", "run", "sleepy time").stderr


def test_off_is_a_mode_where_it_is_one(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """`off` means false for what is true or false, and itself for what has it as a choice; also in rules and scenes."""
    heating = house.add("heating", Trait.CLIMATE, target=20.0, mode="heat", temperature=19.0)
    assert run_here(tmp_path, "home", "set", "heating", "mode=off").returncode == 0
    assert heating.heard == [{"mode": "off"}]
    assert run_here(tmp_path, "home", "scene", "set", "away", "heating:mode=off").returncode == 0
    assert run_here(tmp_path, "home", "rule", "heating", "mode", "heat|off").returncode == 0
