"""Who may set what: approvals bound to the device and its state, the owner's rules, members' scopes, words of strangers."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from claws import approve_all, claw  # noqa: F401
from home_fakes import FakeDevice, FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.errors import UserError
from overnight.home.events import DeviceConfirmed, DeviceDropped
from overnight.home.things import Trait
from overnight.operations.operation import Context
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.principal import OWNER, Address, Kind, Origin, Principal
from overnight.operations.record import open_record
from overnight.operations.registry import find

AGENT = ("--as", "agent:claude")
ASKED = "needs the owner's approval"
PHYSICAL = {
    "front door": (Trait.LOCK, "locked=false"),
    "garage": (Trait.GATE, "position=100"),
    "oven": (Trait.OVEN, "target=200"),
    "spa": (Trait.HEATER, "target=38"),
    "pool pump": (Trait.PUMP, "speed=90"),
}


def add(house: FakeHouse, alias: str) -> FakeDevice:  # noqa: F811
    """One of those above."""
    trait, text = PHYSICAL[alias]
    truth: dict[str, Any] = {text.partition("=")[0]: True if trait is Trait.LOCK else 30.0}  # Any: also `room`
    return house.add(alias, trait, **truth)


@pytest.mark.parametrize("alias", PHYSICAL)
def test_what_is_physical_is_asked_each_time(house: FakeHouse, tmp_path: Path, alias: str) -> None:  # noqa: F811
    """By the terms in which it will be done; a yes is for once."""
    device = add(house, alias)
    words = (*AGENT, "home", "set", alias, PHYSICAL[alias][1])
    assert ASKED in run_here(tmp_path, *words).stderr
    assert not device.heard
    with open_record() as record:
        [asked] = record.pending()
    assert asked.tells.startswith(f"{alias}: ") and "(now " in asked.tells
    approve_all()
    assert run_here(tmp_path, *words).returncode == 0
    assert len(device.heard) == 1
    device.truth.update({name: True if value is False else 30.0 for name, value in device.truth.items()})
    assert ASKED in run_here(tmp_path, *words).stderr
    assert len(device.heard) == 1


@pytest.mark.parametrize("change", ["state", "address", "silent"])
def test_an_approval_is_of_the_device_as_it_was(house: FakeHouse, tmp_path: Path, change: str) -> None:  # noqa: F811
    """Set by hand meanwhile, at another address, or silent: it is another question."""
    spa = add(house, "spa")
    words = (*AGENT, "home", "set", "spa", "target=38")
    run_here(tmp_path, *words)
    approve_all()
    known = house.device("spa")
    match change:
        case "state":
            spa.truth["target"] = 20.0
        case "address":
            house.devices["elsewhere"] = house.devices.pop(known.address)
            house.record.append(DeviceConfirmed(device=known.number, alias="spa", moved_to="elsewhere"))
        case _:
            spa.answers = False
    assert ASKED in run_here(tmp_path, *words).stderr
    assert not spa.heard


def test_out_of_bounds_is_no_question(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Nobody is asked to approve what no approval allows."""
    spa = add(house, "spa")
    assert "may not be 60" in run_here(tmp_path, *AGENT, "home", "set", "spa", "target=60").stderr
    with open_record() as record:
        assert not record.pending()
    assert not spa.heard


def clock(minutes: int) -> str:
    """What a clock in UTC shows so many minutes from now."""
    return f"{datetime.now(tz=UTC) + timedelta(minutes=minutes):%H:%M}"


def test_a_rule_lets_an_agent_do_that_and_no_more(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """In its range and hours without a question; above it, out of hours, or undone to what it does not cover, with one."""
    house.settings("zone: UTC\n")
    spa = add(house, "spa")
    spa.truth["target"] = 25.0
    assert (
        run_here(tmp_path, "home", "rule", "spa", "target", "30..38", "--from", clock(-60), "--to", clock(60)).returncode == 0
    )
    assert "spa: target 30..38 from" in run_here(tmp_path, "home", "rules").stdout
    assert run_here(tmp_path, *AGENT, "home", "set", "spa", "target=38").returncode == 0
    assert ASKED in run_here(tmp_path, *AGENT, "home", "set", "spa", "target=39").stderr
    assert ASKED in run_here(tmp_path, *AGENT, "home", "undo").stderr, "25 is not in the rule"
    with open_record() as record:
        for each in record.pending():
            record.answer(each.number, granted=False, by="owner:terminal", address=None)
    [number] = house.record.rules()
    assert run_here(tmp_path, "home", "unrule", str(number)).returncode == 0
    assert ASKED in run_here(tmp_path, *AGENT, "home", "set", "spa", "target=37").stderr
    run_here(tmp_path, "home", "rule", "spa", "target", "30..38", "--from", clock(60), "--to", clock(120))
    assert ASKED in run_here(tmp_path, *AGENT, "home", "set", "spa", "target=36").stderr
    assert len(spa.heard) == 1


def test_a_rule_is_the_owner_s_alone(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """No approval lets another make one; and it ends with its device."""
    add(house, "front door")
    for who in (AGENT, ("--as", "member:ann")):
        assert "for the owner alone" in run_here(tmp_path, *who, "home", "rule", "front door", "locked", "false").stderr
    assert run_here(tmp_path, "home", "rule", "front door", "locked", "true").returncode == 0
    assert len(house.record.rules()) == 1
    house.record.append(DeviceDropped(device=house.device("front door").number))
    assert not house.record.rules()


@pytest.mark.parametrize(
    "words",
    [
        ("spa", "target", "30..60"),
        ("spa", "target", "38..30"),
        ("spa", "target", "hot"),
        ("spa", "locked", "true"),
        ("spa", "target", "30..38", "--from", "25:00"),
        ("spa", "target", "30|38"),
        ("boiler", "target", "30..38"),
    ],
)
def test_a_rule_with_a_mistake_is_none(house: FakeHouse, tmp_path: Path, words: tuple[str, ...]) -> None:  # noqa: F811
    """Out of bounds, upside down, not a time, not a device."""
    add(house, "spa")
    made = run_here(tmp_path, "home", "rule", *words)
    assert made.returncode == 2 and "Traceback" not in made.stderr
    assert not house.record.rules()


def test_a_member_uses_what_is_theirs(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Rooms and devices of home.yaml; what is physical there is asked about all the same; others use nothing."""
    lamp = house.add("kitchen lamp", Trait.LIGHT, room="kitchen", on=False)
    other = house.add("study lamp", Trait.LIGHT, room="study", on=False)
    spa = add(house, "spa")
    house.settings("members: {ann: {rooms: [Kitchen], devices: [spa]}}\n")
    ann, bob = ("--as", "member:ann"), ("--as", "member:bob")
    assert run_here(tmp_path, *ann, "home", "set", "kitchen lamp", "on=true").returncode == 0
    assert "not for ann to use" in run_here(tmp_path, *ann, "home", "set", "study lamp", "on=true").stderr
    assert "not for ann to use" in run_here(tmp_path, *ann, "home", "state", "study lamp").stderr
    assert ASKED in run_here(tmp_path, *ann, "home", "set", "spa", "target=35").stderr
    assert "not for bob to use" in run_here(tmp_path, *bob, "home", "set", "kitchen lamp", "on=false").stderr
    assert "there is nothing to take back" in run_here(tmp_path, *bob, "home", "undo").stderr
    run_here(tmp_path, "home", "scene", "set", "all", "kitchen lamp:on=false", "study lamp:on=true")
    assert "there is no scene `all`" in run_here(tmp_path, *ann, "home", "scene", "run", "all").stderr
    assert lamp.truth["on"] is True and not other.heard and not spa.heard


def test_a_member_is_shown_what_is_theirs(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Lists and rooms of a member have their devices alone, an agent that follows a member those of all members."""
    house.add("kitchen lamp", Trait.LIGHT, room="kitchen", on=False)
    house.add("bed lamp", Trait.LIGHT, room="bedroom", on=False)
    house.settings("members: {ann: {rooms: [kitchen]}, bob: {rooms: [kitchen, bedroom]}}\n")
    for words in (("home", "devices"), ("home", "rooms"), ("home", "status"), ("home", "now")):
        shown = run_here(tmp_path, "--as", "member:ann", *words, "--json").stdout
        assert "kitchen lamp" in shown and "bed lamp" not in shown, words
        assert "bed lamp" in run_here(tmp_path, *words, "--json").stdout, words
    house.add("bed spa", Trait.HEATER, room="bedroom", on=False)
    assert run_here(tmp_path, "home", "rule", "bed spa", "on", "true").returncode == 0
    assert run_here(tmp_path, "home", "scene", "set", "dusk", "kitchen lamp:on=false", "bed lamp:on=false").returncode == 0
    assert run_here(tmp_path, "home", "scene", "set", "morning", "kitchen lamp:on=true").returncode == 0
    for words in (("home", "rules"), ("home", "scenes"), ("home", "status")):
        theirs = run_here(tmp_path, "--as", "member:ann", *words).stdout
        assert "bed" not in theirs and "dusk" not in theirs, words
        assert "morning" in theirs or words[1] == "rules"
        assert "bed" in run_here(tmp_path, *words).stdout, words
    devices = find("home devices")
    assert devices
    found = perform(devices, context(Origin.MEMBER), devices.input())
    assert [each.name for each in found] == ["kitchen lamp"]


def context(origin: Origin, kind: Kind = Kind.AGENT) -> Context:
    """A call that follows somebody's words, from a chat."""
    principal = OWNER if kind is Kind.OWNER else Principal(kind, "claw")
    return Context(where=Path("/"), principal=principal, origin=origin, address=Address("terminal", "owner"))


@pytest.mark.parametrize("origin", [Origin.TOOL, Origin.FOREIGN])
def test_what_follows_foreign_words_is_asked_even_with_a_rule(house: FakeHouse, origin: Origin) -> None:  # noqa: F811
    """A lamp, and a spa that a rule allows: an agent that has read a stranger's words asks first."""
    lamp, spa = house.add("lamp", Trait.LIGHT, on=False), add(house, "spa")
    run_here(Path("/"), "home", "rule", "spa", "target", "30..40")
    operation = find("home set")
    assert operation
    for device, setting in (("lamp", "on=true"), ("spa", "target=38")):
        given = operation.input(device=device, settings=(setting,))
        with pytest.raises(ApprovalAsked):
            perform(operation, context(origin), given)
    assert not lamp.heard and not spa.heard
    given = operation.input(device="lamp", settings=("on=true",))
    perform(operation, context(Origin.CLAW), given)
    assert lamp.heard


def test_an_agent_that_follows_a_member_asks_for_what_not_all_members_use(house: FakeHouse) -> None:  # noqa: F811
    """Which member it is cannot be seen: what each of them may use is done, the rest is asked about."""
    lamp, other = house.add("lamp", Trait.LIGHT, on=False), house.add("study lamp", Trait.LIGHT, on=False)
    house.settings("members: {ann: {devices: [lamp]}, bob: {devices: [lamp, study lamp]}}\n")
    operation = find("home set")
    assert operation
    perform(operation, context(Origin.MEMBER), operation.input(device="lamp", settings=("on=true",)))
    with pytest.raises(ApprovalAsked):
        perform(operation, context(Origin.MEMBER), operation.input(device="study lamp", settings=("on=true",)))
    assert lamp.heard and not other.heard
    house.settings("")
    with pytest.raises(ApprovalAsked):
        perform(operation, context(Origin.MEMBER), operation.input(device="lamp", settings=("on=false",)))


def test_a_device_without_a_name_is_not_used(house: FakeHouse) -> None:  # noqa: F811
    """Not even by the owner: nobody said what it is."""
    lamp = house.add("", Trait.LIGHT, on=False)
    operation = find("home set")
    assert operation
    with pytest.raises(UserError, match="has no name yet"):
        perform(
            operation,
            replace(context(Origin.OWNER, Kind.OWNER), key=str(time.time())),
            operation.input(device="1", settings=("on=true",)),
        )
    assert not lamp.heard


def test_a_camera_without_a_name_shows_nothing(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Nobody said that it is one: it is not connected to, and given no login."""
    camera = house.add("", Trait.CAMERA)
    assert "has no name yet" in run_here(tmp_path, "home", "snapshot", str(house.record.devices()[0].number)).stderr
    assert not camera.reads


def test_a_sentence_of_the_owner_is_asked_about_if_it_is_physical(house: FakeHouse, claw: Any) -> None:  # noqa: F811
    """In the chat a lamp is switched at once; a heater when the owner has approved its terms, unless a rule allows it."""
    lamp, heater = house.add("lamp", Trait.LIGHT, on=False), house.add("heater", Trait.HEATER, on=False)
    assert "read back" in claw.tell("turn on the lamp")[-1]
    said = "\n".join(claw.tell("turn on the heater"))
    assert ASKED in said, said
    assert lamp.heard and not heater.heard
    with open_record() as record:
        [asked] = record.pending()
    assert asked.tells == "heater: on yes (now on no)"
    said = "\n".join(claw.tell(f"approve {asked.number}"))
    assert heater.truth["on"] is True and "read back" in said, said
    run_here(Path("/"), "home", "rule", "heater", "on", "false")
    assert "read back" in claw.tell("turn off the heater")[-1]


def approved(claw: Any, text: str) -> str:  # noqa: F811
    """What is answered to a sentence that the owner approves."""
    claw.tell(text)
    with open_record() as record:
        [asked] = record.pending()
    return "\n".join(claw.tell(f"approve {asked.number}"))


def test_who_asked_is_told_that_it_is_not_so_any_more(house: FakeHouse, claw: Any) -> None:  # noqa: F811
    """The door was locked, and a minute later its bolt went back: that is said once, in quiet hours too."""
    settings = claw.folder / "claw.yaml"
    settings.write_text(settings.read_text() + 'quiet: {begin: "0:00", end: "23:59"}\n')
    door = house.add("front door", Trait.LOCK, locked=False)
    said = approved(claw, "lock the front door")
    assert "front door: locked yes (read back" in said and said.endswith("say if it changes.")
    claw.clock.now += 61
    assert claw.run() == []
    door.truth["locked"] = False
    claw.clock.now += 61
    [told] = claw.run()
    [command] = house.record.commands()
    assert told == f"🔔 front door was read back as locked yes (#{command.number}) (not so any more)"
    claw.clock.now += 11 * 60
    assert claw.run() == []


def test_a_command_is_looked_at_again(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """As long as it is the newest of its device: still so, not so any more, silent."""
    door = house.add("front door", Trait.LOCK, locked=False)
    run_here(tmp_path, "home", "set", "front door", "locked=true")
    number = str(house.record.commands()[0].number)
    so = run_here(tmp_path, "home", "recheck", number)
    assert so.returncode == 0 and so.stdout == f"front door was read back as locked yes (#{number}); still so\n"
    door.truth["locked"] = False
    changed = run_here(tmp_path, "home", "recheck", number)
    assert changed.returncode == 1 and changed.stdout.endswith("not so any more: locked no\n")
    door.answers = False
    assert run_here(tmp_path, "home", "recheck", number).stdout.endswith("it does not answer\n")
    door.answers = True
    run_here(tmp_path, "home", "set", "front door", "locked=true")
    assert run_here(tmp_path, "home", "recheck", number).stdout.endswith("over\n")
    assert "no command #999" in run_here(tmp_path, "home", "recheck", "999").stderr


def test_what_was_set_again_is_not_followed_any_more(house: FakeHouse, claw: Any) -> None:  # noqa: F811
    """The owner unlocked it: nobody is told, and nothing looks at it again."""
    door = house.add("front door", Trait.LOCK, locked=False)
    approved(claw, "lock the front door")
    run_here(Path("/"), "home", "set", "front door", "locked=false")
    claw.clock.now += 61
    assert claw.run() == []
    reads, newest = door.reads, claw.record.store.newest()
    claw.clock.now += 61
    assert claw.run() == [] and (door.reads, claw.record.store.newest()) == (reads, newest)
