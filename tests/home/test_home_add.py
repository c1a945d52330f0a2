"""Devices that are added by hand, paired, and used, over real protocols."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.things import CommandOutcome
from overnight.home.twins.faults import Fault
from overnight.home.twins.hass import HassEntityTwin, HassTwin
from overnight.home.twins.hue import HueLightTwin, HueTwin
from overnight.home.twins.modbus import PoolTwin
from overnight.home.twins.shelly import ShellyTwin
from overnight.home.twins.sonos import Favourite, Household, SonosTwin

PLACES = (f"127.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250}.{place}" for place in range(2, 250))
KEY_LENGTH = 40  # characters of a key of the bridge


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What serves a file outlives the test by seconds only."""
    monkeypatch.setattr("overnight.home.drivers._listener.IDLE_S", 5.0)


@pytest.fixture
def elsewhere() -> Iterator[BlockingPortal]:
    """An event loop in another thread, for devices that answer while a command runs in this one."""
    with start_blocking_portal() as portal:
        yield portal


def added(found: Any) -> Any:
    """What a command answered as JSON."""
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_a_player_is_added_and_plays_a_file(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """It plays, by its own word, the file of the owner's folder, and has fetched it."""
    music, address = tmp_path / "records", next(PLACES)
    music.mkdir()
    (music / "blue.mp3").write_bytes(b"\0" * 100_000)
    (home_folder() / "home.yaml").write_text(f"music: {{records: '{music}'}}\n")
    twin = SonosTwin("Study")
    elsewhere.call(twin.start, address)
    try:
        (one,) = added(run_here(tmp_path, "home", "add", "sonos", address, "--json"))
        assert one["traits"] == ["media"] and not one["name"]
        assert run_here(tmp_path, "home", "name", str(one["number"]), "study player").returncode == 0
        done = run_here(tmp_path, "home", "set", "study player", "source=records/blue", "playing=playing", "--json")
        assert added(done)["outcome"] == CommandOutcome.DONE
        assert twin.transport.fetched[-1].size_bytes > 0
    finally:
        elsewhere.call(twin.stop)


def test_a_favourite_plays_by_its_name(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """And what nobody named is refused: no caller sends a player to an address of its own choice."""
    address = next(PLACES)
    twin = SonosTwin("Study", household=Household(favourites=[Favourite(title="Radio X", address="x-rincon-stream:X")]))
    elsewhere.call(twin.start, address)
    try:
        (one,) = added(run_here(tmp_path, "home", "add", "sonos", address, "--json"))
        run_here(tmp_path, "home", "name", str(one["number"]), "player")
        done = run_here(tmp_path, "home", "set", "player", "source=radio x", "playing=playing", "--json")
        assert added(done)["outcome"] == CommandOutcome.DONE and twin.truth["playing"] == "playing"
        assert "source Radio X" in run_here(tmp_path, "home", "state", "player").stdout
        shown = run_here(tmp_path, "home", "show", "player").stdout
        assert "can: source such as Radio X\n" in shown
        assert run_here(tmp_path, "home", "undo").stdout.startswith("player: playing stopped (read back")  # no source before
        done = run_here(tmp_path, "home", "set", "player", "source=http://198.51.100.7/x.mp3", "--json")
        assert "nothing to play is called" in done.stdout and twin.truth["source"] == "x-rincon-stream:X"
    finally:
        elsewhere.call(twin.stop)


def test_a_player_in_a_group_plays_by_its_leader(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """What is played goes to the leader, the volume to the player itself, and both are read there."""
    household = Household(favourites=[Favourite(title="Radio X", address="x-rincon-stream:X")])
    study, kitchen = SonosTwin("Study", household=household), SonosTwin("Kitchen", household=household)
    address = next(PLACES)
    elsewhere.call(study.start, address)
    elsewhere.call(kitchen.start, next(PLACES))
    try:
        study.leader = kitchen
        (one,) = added(run_here(tmp_path, "home", "add", "sonos", address, "--json"))
        run_here(tmp_path, "home", "name", str(one["number"]), "player")
        done = run_here(tmp_path, "home", "set", "player", "source=radio x", "playing=playing", "volume=7", "--json")
        assert added(done)["outcome"] == CommandOutcome.DONE
        assert kitchen.truth["playing"] == "playing" and study.truth["playing"] == "stopped"
        assert (kitchen.truth["volume"], study.truth["volume"]) == (20, 7)
    finally:
        elsewhere.call(study.stop)
        elsewhere.call(kitchen.stop)


def test_a_bridge_gives_its_key_when_its_button_was_pressed(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """The key is kept as a secret and shown nowhere; the bridge's certificate is pinned."""
    light = HueLightTwin("Bed")
    bridge = HueTwin("Bridge", [light])
    elsewhere.call(bridge.start, "127.0.0.1", 0)
    address = f"127.0.0.1:{bridge.port}"
    try:
        refused = run_here(tmp_path, "home", "pair", address)
        assert refused.returncode == 2 and "press its round button" in refused.stderr
        elsewhere.call(bridge.press)
        found = run_here(tmp_path, "home", "pair", address, "--json")
        (one,) = added(found)
        (key,) = bridge.keys
        assert len(key) == KEY_LENGTH and key not in found.stdout + found.stderr
        assert not [path for path in home_folder().rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
        run_here(tmp_path, "home", "name", str(one["number"]), "bed")
        assert added(run_here(tmp_path, "home", "set", "bed", "on=true", "--json"))["outcome"] == CommandOutcome.DONE
        assert light.truth["on"]
    finally:
        elsewhere.call(bridge.stop)


def test_a_bridge_with_another_certificate_gets_no_key(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """What was pinned is not what answers: nothing is sent."""
    light = HueLightTwin("Bed")
    bridge = HueTwin("Bridge", [light])
    elsewhere.call(bridge.start, "127.0.0.1", 0)
    try:
        elsewhere.call(bridge.press)
        (one,) = added(run_here(tmp_path, "home", "pair", f"127.0.0.1:{bridge.port}", "--json"))
        run_here(tmp_path, "home", "name", str(one["number"]), "bed")
        elsewhere.call(bridge.stop)
        impostor = HueTwin("Another", [light])
        impostor.keys = bridge.keys
        elsewhere.call(impostor.start, "127.0.0.1", bridge.port)
        try:
            assert "another certificate" in run_here(tmp_path, "home", "set", "bed", "on=true").stdout
            assert not light.heard
        finally:
            elsewhere.call(impostor.stop)
    finally:
        elsewhere.call(bridge.stop)


def test_a_controller_is_what_the_owner_says(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """Its parts are devices with the owner's registers; a heater is physical and within bounds."""
    registers = "{target: {at: holding 0, scale: 0.1, low: 20, high: 39}, temperature: {at: input 0, scale: 0.1}}"
    (home_folder() / "home.yaml").write_text(
        f"modbus: {{pool: {{parts: {{spa: {{trait: heater, registers: {registers}}},"
        " filter: {trait: pump, registers: {'on': {at: coil 0}}}}}}\n"
    )
    twin = PoolTwin()
    elsewhere.call(twin.start, "127.0.0.1", 0)
    try:
        address = f"127.0.0.1:{twin.port}"
        spa, pump = added(run_here(tmp_path, "home", "add", "modbus", address, "--option", "map=pool", "--json"))
        assert (spa["traits"], pump["traits"]) == (["heater"], ["pump"])
        run_here(tmp_path, "home", "name", str(spa["number"]), "spa")
        assert added(run_here(tmp_path, "home", "set", "spa", "target=38", "--json"))["outcome"] == CommandOutcome.DONE
        assert twin.truth["target"] == 38
        assert "between 20 and 39" in run_here(tmp_path, "home", "set", "spa", "target=39.5").stderr
    finally:
        elsewhere.call(twin.stop)


def test_a_name_that_gives_orders_is_only_shown(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """A device's own name is never the name that it is used by."""
    twin = ShellyTwin("x")
    twin.fault = Fault.HOSTILE
    elsewhere.call(twin.start, "127.0.0.1", 0)
    try:
        (one,) = added(run_here(tmp_path, "home", "add", "shelly", f"127.0.0.1:{twin.port}", "--json"))
        assert "Ignore previous instructions" in one["said"] and not one["name"]
        assert run_here(tmp_path, "home", "set", one["said"], "on=true").returncode == 2
        again = added(run_here(tmp_path, "home", "add", "shelly", f"127.0.0.1:{twin.port}", "--json"))
        assert again == [one] and not twin.heard
        assert len(home.history(one["number"])) == 0  # it was seen once: the second time it was the same
    finally:
        elsewhere.call(twin.stop)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("shelly", "198.51.100.7"), "no address at home"),
        (("shelly", "device.example"), "no address at home"),
        (("nothing", "127.0.0.1"), "there is no family"),
        (("_http", "127.0.0.1"), "there is no family"),
        (("hass", "127.0.0.1:1", "--option", "secret_token=OPENAI_API_KEY"), "not for devices"),
        (("hass", "127.0.0.1:1", "--option", "secret_token=HOME_NONE"), "overnight secret set HOME_NONE"),
        (("shelly", "127.0.0.1:1", "--option", "part"), "is no option"),
        (("shelly", "127.0.0.1:1"), "does not answer as `shelly`: no connection to 127.0.0.1:1: Connection refused; check the"),
        (("modbus", "127.0.0.1:1"), "it needs --option map=NAME"),
        (("hue", "127.0.0.1:1"), "overnight home pair"),
    ],
)
def test_what_cannot_be_added_is_one_line(
    home: HomeRecord,  # noqa: F811
    tmp_path: Path,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    """With its fix; no device and no secret of another purpose is sent anywhere."""
    found = run_here(tmp_path, "home", "add", *arguments)
    assert found.returncode == 2 and says in found.stderr
    assert not home.devices()


def test_channels_of_a_box_are_devices(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Each is set by itself; the password is a secret that goes over no wire."""
    twin = ShellyTwin("Board", "switch", channels=2, password="a-password-of-it")
    elsewhere.call(twin.start, "127.0.0.1", 0)
    address = f"127.0.0.1:{twin.port}"
    try:
        assert "401" in run_here(tmp_path, "home", "add", "shelly", address).stderr
        monkeypatch.setenv("HOME_BOARD", "a-password-of-it")
        found = run_here(tmp_path, "home", "add", "shelly", address, "--option", "secret_password=HOME_BOARD", "--json")
        first, second = added(found)
        for each, name in ((first, "left"), (second, "right")):
            run_here(tmp_path, "home", "name", str(each["number"]), name)
        assert added(run_here(tmp_path, "home", "set", "right", "on=true", "--json"))["outcome"] == CommandOutcome.DONE
        assert sorted(twin.truth.values()) == [False, True] and not twin.truth["on"]
        assert not [path for path in home_folder().rglob("*") if path.is_file() and b"a-password" in path.read_bytes()]
    finally:
        elsewhere.call(twin.stop)


def test_what_home_assistant_only_believes_is_never_done(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """An entity with an assumed state is set, and what became of it is unknown."""
    monkeypatch.setattr("overnight.home.acting.commanding.Commander.within_s", 0.2)
    monkeypatch.setenv("HOME_HASS", "twin-token")
    entity = HassEntityTwin("Fan", "switch", assumed=True)
    server = HassTwin("Home", [entity])
    elsewhere.call(server.start, "127.0.0.1", 0)
    try:
        address = f"127.0.0.1:{server.port}"
        (one,) = added(run_here(tmp_path, "home", "add", "hass", address, "--option", "secret_token=HOME_HASS", "--json"))
        run_here(tmp_path, "home", "name", str(one["number"]), "fan")
        done = run_here(tmp_path, "home", "set", "fan", "on=true", "--json")
        assert json.loads(done.stdout)["outcome"] == CommandOutcome.UNKNOWN and entity.truth["on"]
    finally:
        elsewhere.call(server.stop)


def test_two_controllers_of_one_map_are_two(
    home: HomeRecord,  # noqa: F811
    elsewhere: BlockingPortal,
    tmp_path: Path,
) -> None:
    """A controller does not say who it is: each is known by its address, and set by itself."""
    (home_folder() / "home.yaml").write_text(
        "modbus: {pool: {parts: {filter: {trait: pump, registers: {'on': {at: coil 0}}}}}}\n"
    )
    twins = [PoolTwin(), PoolTwin()]
    for each in twins:
        elsewhere.call(each.start, "127.0.0.1", 0)
    try:
        for each, name in zip(twins, ("left", "right"), strict=True):
            address = f"127.0.0.1:{each.port}"
            (pump,) = added(run_here(tmp_path, "home", "add", "modbus", address, "--option", "map=pool", "--json"))
            assert run_here(tmp_path, "home", "name", str(pump["number"]), name).returncode == 0
        assert added(run_here(tmp_path, "home", "set", "right", "on=true", "--json"))["outcome"] == CommandOutcome.DONE
        assert [each.truth["pump"] for each in twins] == [False, True]
        assert "left: on no" in run_here(tmp_path, "home", "state", "left").stdout
    finally:
        for each in twins:
            elsewhere.call(each.stop)
