"""Whom each operation of the home shows what: one table, which has all of them, tried with a member and with their agent."""

import json
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from home_fakes import FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401

from overnight.errors import OvernightError
from overnight.home.events import LookoutSet, RuleSet, SceneSet, Sighted
from overnight.home.operations import home_set
from overnight.home.record.record import HomeRecord
from overnight.home.sentences import understand
from overnight.home.things import Trait
from overnight.operations.operation import Context
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.principal import OWNER, Address, Kind, Origin, Principal
from overnight.operations.record import open_record
from overnight.operations.registry import find, names
from overnight.operations.sentences import Said

SHOWS = "shows"  # what it answers has the devices in scope alone
REFUSES = "refuses"  # what is named and not in scope is neither shown nor set
ASKS = "asks"  # the owner decides
OWNERS = "is the owner's"  # refused without a question
ALIKE = "is the same for all"  # nothing of a device is in it
VAULT, CAMERA = "vault lamp", "vault camera"  # what no member may use

# operation: (what it does for a member, inputs that try to reach what is not theirs); a new operation of the home is added here
TABLE: dict[str, tuple[str, dict[str, Any]]] = {  # Any: inputs of all forms
    "home add": (ASKS, {"family": "shelly", "address": "10.0.0.9"}),
    "home devices": (SHOWS, {}),
    "home drop": (ASKS, {"device": VAULT}),
    "home eyes": (ASKS, {}),
    "home learn": (ASKS, {"address": "10.0.0.9"}),
    "home learned": (REFUSES, {}),
    "home lookout": (REFUSES, {"what": "truck", "camera": CAMERA}),
    "home lookouts": (SHOWS, {}),
    "home move": (ASKS, {"device": VAULT}),
    "home name": (ASKS, {"device": 2, "name": "mine"}),
    "home names": (ASKS, {"names": ("2=mine",)}),
    "home now": (SHOWS, {}),
    "home pair": (ASKS, {"address": "10.0.0.9"}),
    "home recheck": (REFUSES, {"number": 0}),
    "home rooms": (SHOWS, {}),
    "home rule": (OWNERS, {"device": VAULT, "property": "on", "allowed": "true"}),
    "home rules": (SHOWS, {}),
    "home scan": (ASKS, {"subnet": "10.0.0.0/24"}),
    "home scene drop": (ASKS, {"name": "hidden"}),
    "home scene run": (REFUSES, {"name": "hidden"}),
    "home scene set": (ASKS, {"name": "mine", "steps": (f"{VAULT}:on=true",)}),
    "home scenes": (SHOWS, {}),
    "home set": (REFUSES, {"device": VAULT, "settings": ("on=true",)}),
    "home show": (REFUSES, {"device": VAULT}),
    "home sightings": (SHOWS, {"everything": True}),
    "home snapshot": (REFUSES, {"device": CAMERA}),
    "home state": (REFUSES, {"device": VAULT}),
    "home status": (SHOWS, {}),
    "home summary": (SHOWS, {}),
    "home sun": (ALIKE, {}),
    "home trust": (OWNERS, {"name": "fountain", "hash": "0" * 64}),
    "home undo": (REFUSES, {}),
    "home unrule": (REFUSES, {"number": 0}),
    "home verdict": (REFUSES, {"number": 1, "right": "no"}),
}
ANN = Context(where=Path("/"), principal=Principal(Kind.MEMBER, "ann"), origin=Origin.MEMBER, address=Address("web", "ann"))
THEIR_CLAW = Context(where=Path("/"), principal=Principal(Kind.AGENT, "claw"), origin=Origin.MEMBER, address=ANN.address)
OWNERS_CALL = Context(where=Path("/"), principal=OWNER, address=Address("web", "owner"))


@pytest.fixture
def house_of_two(house: FakeHouse) -> Iterator[FakeHouse]:  # noqa: F811
    """A lamp that ann may use; a lamp and a camera that are the owner's, with a scene, a rule, a sighting and a question."""
    house.add("kitchen lamp", Trait.LIGHT, room="kitchen", on=False)
    house.add(VAULT, Trait.LIGHT, room="vault", on=False)
    house.add(CAMERA, Trait.CAMERA, room="vault")
    house.settings("members: {ann: {rooms: [kitchen]}}\nlatitude: 52.5\nlongitude: 13.4\n")
    vault, camera = house.device(VAULT).number, house.device(CAMERA).number
    house.record.append(SceneSet(name="hidden", steps=[(vault, {"on": True})]))
    house.record.append(RuleSet(device=vault, property="on", values=(True,)))
    lookout = house.record.append(LookoutSet(device=camera, what="vault truck"))
    house.record.append(Sighted(device=camera, lookout=lookout, label="truck", confirmed="yes", seen=1.0))
    perform(home_set.OPERATION, OWNERS_CALL, home_set.SetInput(device=VAULT, settings=("on=true",)))
    with pytest.raises(ApprovalAsked):
        call("home drop", {"device": VAULT}, Context(where=Path("/"), principal=Principal(Kind.AGENT, "claude")))
    yield house


def call(name: str, given: dict[str, Any], context: Context) -> str:
    """What a call answers, as JSON and in words."""
    operation = find(name)
    assert operation
    found = perform(operation, context, operation.input(**given))
    values = [
        asdict(each) if is_dataclass(each) and not isinstance(each, type) else each
        for each in (found if isinstance(found, list | tuple) else [found])
    ]
    return json.dumps(values, default=str) + operation.render(found)


def given_to(name: str, record: HomeRecord) -> dict[str, Any]:
    """The inputs of the table, with the numbers that things have."""
    given = dict(TABLE[name][1])
    if name == "home unrule":
        given["number"] = next(iter(record.rules()))
    if name == "home recheck":
        given["number"] = record.commands()[0].number
    if name == "home verdict":
        [[given["number"]]] = record.rows("SELECT number FROM sightings")
    if name == "home name":
        given["device"] = next(each.number for each in record.devices() if each.alias == VAULT)
    return given


def test_the_table_has_every_operation_of_the_home() -> None:
    """A new one is thought of, and tried below."""
    assert set(TABLE) == {name for name in names(added=False) if name.startswith("home ")}


@pytest.mark.parametrize("caller", [ANN, THEIR_CLAW], ids=["member", "agent of a member"])
@pytest.mark.parametrize("name", sorted(TABLE))
def test_nothing_is_shown_or_done_beyond_a_scope(house_of_two: FakeHouse, name: str, caller: Context) -> None:
    """No name of what is not in scope is in an answer or an error; nothing of it is set or recorded."""
    what, given = TABLE[name][0], given_to(name, house_of_two.record)
    hidden_devices = [each.number for each in house_of_two.record.devices() if each.room == "vault"]
    before = [house_of_two.record.history(number) for number in hidden_devices]
    sent = [list(each.heard) for each in house_of_two.devices.values()]
    said = shown = ""
    asked = False
    try:
        shown = call(name, given, caller)
    except ApprovalAsked as error:
        asked, said = True, str(error)
    except OvernightError as error:
        said = f"{error} {getattr(error, 'fix', '')}"
    named = [text for value in given.values() for text in (value if isinstance(value, tuple) else (value,))]
    hidden = shown + said
    for text in named:
        hidden = hidden.replace(str(text), "")
    assert "vault" not in hidden and "hidden" not in hidden, hidden
    assert [list(each.heard) for each in house_of_two.devices.values()] == sent
    assert [house_of_two.record.history(number) for number in hidden_devices] == before
    match what:
        case "shows":
            assert shown and shown != call(name, given, OWNERS_CALL), "the owner sees more"
        case "refuses" | "is the owner's":
            assert said and not shown and (not asked or caller is THEIR_CLAW)
        case "asks":
            assert asked or (said and not shown)
        case _:
            assert shown


def test_a_member_sees_and_does_what_is_theirs(house_of_two: FakeHouse) -> None:
    """Each of these has the lamp in it."""
    assert "read back" in call("home set", {"device": "kitchen lamp", "settings": ("on=true",)}, ANN)
    house_of_two.record.append(SceneSet(name="supper", steps=[(house_of_two.device("kitchen lamp").number, {"on": True})]))
    for name in ("home devices", "home now", "home rooms", "home scenes", "home status"):
        assert "kitchen lamp" in call(name, {}, ANN), name
    assert "kitchen lamp" in call("home show", {"device": "kitchen lamp"}, ANN)
    assert "kitchen lamp: on no" in call("home undo", {}, ANN), "of hers, though the owner's command is another"
    assert "1 of 1 done" in call("home scene run", {"name": "supper"}, ANN)


def test_a_member_is_shown_their_own_questions(house_of_two: FakeHouse) -> None:
    """And none of others."""
    with pytest.raises(ApprovalAsked):
        call("home scene set", {"name": "mine", "steps": ("kitchen lamp:on=true",)}, ANN)
    with open_record() as record:
        assert len(record.pending()) == 2
    assert call("home status", {}, ANN).count('"principal": "member:ann"') == 1
    assert '"principal": "agent:claude"' not in call("home status", {}, ANN)


def test_a_member_is_understood_about_what_is_theirs(house_of_two: FakeHouse) -> None:
    """A scene with devices of others is no sentence of theirs."""
    for text, owner, understood in (("hidden", True, True), ("hidden", False, False)):
        said = Said(text=text, person="owner" if owner else "ann", owner=owner, at=0.0, zone="UTC")
        assert bool(understand(said)) is understood, text
