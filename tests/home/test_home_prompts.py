"""From nothing known to music in three prompts, and in one where the name is known, with a player that speaks Sonos."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from claws import ClawUnderTest, claw, claw_state  # noqa: F401
from home_lan import loopback
from targets import run_here

from overnight.home.capabilities import PROPERTIES
from overnight.home.events import DeviceConfirmed, DeviceSeen
from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.things import Trait
from overnight.home.twins.radio import RadioTwin
from overnight.home.twins.sonos import SonosTwin

PORT = 1400


@pytest.fixture
def study(claw_state: Path) -> Iterator[tuple[SonosTwin, RadioTwin, BlockingPortal]]:  # noqa: F811
    """A player and a station on loopback; home.yaml names the player's subnet and the station."""
    assert claw_state.name == "state"
    sonos, radio, address = SonosTwin("Study"), RadioTwin(), loopback(PORT)
    with start_blocking_portal() as portal, HomeRecord():
        portal.call(sonos.start, address)
        portal.call(radio.start, "127.0.0.1")
        home_yaml = f"subnets: [{address}/32]\nmusic: {{jazz: '{radio.url('jazz')}'}}\n"
        (home_folder() / "home.yaml").write_text(home_yaml)
        try:
            yield sonos, radio, portal
        finally:
            portal.call(sonos.stop)
            portal.call(radio.stop)


def test_three_prompts_and_then_one(
    claw: ClawUnderTest,  # noqa: F811
    study: tuple[SonosTwin, RadioTwin, BlockingPortal],
) -> None:
    """It is found, gets its name and plays, read back, and the station was really fetched; paused, one sentence suffices."""
    sonos, radio, _ = study
    (found,) = claw.tell("Can you find my Sonos?")
    assert "a Sonos player" in found
    assert sonos.address in found
    assert sonos.truth["playing"] == "stopped"
    (named,) = claw.tell("call it study speaker in the study")
    assert "`study speaker` in study" in named
    (plays,) = claw.tell("play something in the study")
    assert "playing playing" in plays
    assert "read back" in plays
    assert sonos.truth["playing"] == "playing"
    assert sum(radio.sent.values()) > 0
    (pauses,) = claw.tell("pause the music in the study")
    assert "read back" in pauses
    assert sonos.truth["playing"] == "paused"
    (plays,) = claw.tell("play jazz on the study speaker")
    assert "read back" in plays
    assert sonos.truth["playing"] == "playing"


def test_what_was_found_is_not_used_before_it_has_a_name(
    claw: ClawUnderTest,  # noqa: F811
    study: tuple[SonosTwin, RadioTwin, BlockingPortal],
) -> None:
    """The name that a device gives itself is none: nobody plays on it by that."""
    sonos = study[0]
    claw.tell("find my Sonos")
    (answer,) = claw.tell("play something on Study")
    assert "read back" not in answer
    assert sonos.truth["playing"] == "stopped"
    assert not sonos.heard


def test_what_can_hurt_is_asked_about_in_words_for_a_person(claw: ClawUnderTest) -> None:  # noqa: F811
    """The answer does not say what a program has to call again; the question itself comes beside it."""
    with HomeRecord() as home:
        lock = PROPERTIES[Trait.LOCK]
        seen = DeviceSeen(identity="it", family="shelly", address="127.0.0.1:1", traits=(Trait.LOCK,), properties=lock)
        home.append(DeviceConfirmed(device=home.append(seen), alias="front door", room=""))
    said = claw.tell("unlock the front door")
    assert said[0] == "This needs the owner's approval first."
    assert not any("call it again" in each for each in said)


def test_learning_a_device_is_asked_about(claw: ClawUnderTest, tmp_path: Path) -> None:  # noqa: F811
    """A sentence of the owner's begins nothing yet: they are asked, with the address that will be read."""
    with HomeRecord():
        said, button = claw.tell("learn the thing at 192.168.250.20")
    assert "needs the owner's approval" in said
    assert button == "approval 1"
    assert "reads 192.168.250.20" in run_here(tmp_path, "approvals").stdout
