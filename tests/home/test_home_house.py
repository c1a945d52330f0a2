"""The house of twins: everything at its address, music from its radio, faults by name; and the command that runs it."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest
import soco
from home_lan import loopback
from targets import run_here, started

from overnight.cli.home_twins import twins
from overnight.errors import UserError
from overnight.home.twins.faults import Fault
from overnight.home.twins.house import STATIONS, House


def prefix() -> str:
    """Three numbers of addresses that nobody else uses."""
    return loopback().rpartition(".")[0]


def test_a_favourite_of_the_house_plays_from_its_radio() -> None:
    """SoCo finds the favourites and plays one: the player fetches the station's bytes."""

    async def walk() -> None:
        house = House()
        await house.start(prefix())
        try:
            player = soco.SoCo(house.sonos.address)
            favourites = await asyncio.to_thread(player.music_library.get_sonos_favorites)
            assert [each.title for each in favourites] == list(STATIONS)
            await asyncio.to_thread(player.play_uri, favourites[0].resources[0].uri, title="Jazz")
            await house.sonos.until(lambda truth: truth["playing"] == "playing")
            assert house.radio.sent
            assert house.truth["Study"]["playing"] == "playing"
            assert {place.name for place in house.places()} == set(house.truth)
            await asyncio.to_thread(player.stop)
            assert house.truth["Study"]["playing"] == "stopped"
        finally:
            await house.stop()

    asyncio.run(walk())


def test_two_houses_need_addresses_of_their_own() -> None:
    """A second house at the same addresses says what to do, and leaves the first one running."""

    async def walk() -> None:
        first, second, where = House(), House(), prefix()
        await first.start(where)
        try:
            with pytest.raises(UserError, match="no house at") as raised:
                await second.start(where)
            assert "--prefix" in str(raised.value.fix)
            assert await asyncio.to_thread(lambda: soco.SoCo(first.sonos.address).volume) == 20
        finally:
            await first.stop()

    asyncio.run(walk())


@pytest.mark.parametrize("where", ["192.168.1", "10.0.0", "127.0", "127.0.256", "127.0.7.1", "", "0.0.0", "localhost"])
def test_a_house_is_on_this_machine_alone(where: str) -> None:
    """Nothing listens on an address that others reach."""
    with pytest.raises(UserError, match="not of this machine alone"):
        asyncio.run(House().start(where))


def test_every_fault_is_described() -> None:
    """In the page, and in the help of the command."""
    page = (Path(__file__).parents[2] / "docs" / "home.md").read_text()
    shown = " ".join((twins.help or "").split())
    for fault in set(Fault) - {Fault.HONEST}:
        assert f"`{fault}`" in page and re.search(rf"\b{fault}[,;]", shown), fault


def test_faults_are_given_by_name() -> None:
    """A twin is named as it is listed, in any case; what is not there says what is."""
    house = House()
    house.break_one("study lamp", "echo")
    assert house.twins["Study lamp"].fault is Fault.ECHO
    with pytest.raises(UserError, match="no twin `attic`"):
        house.break_one("attic", "echo")
    with pytest.raises(UserError, match="Kitchen lights has no fault `echo`"):
        house.break_one("Kitchen lights", "echo")
    with pytest.raises(UserError, match="no pictures of a truck"):
        house.truck()


def test_the_command_runs_the_house_until_it_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lists every twin with its address and fault, and ends well on Ctrl-C; an agent may not start it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    where = prefix()
    line = ["-m", "overnight", "home", "twins", "--prefix", where, "--fault", "Front door=lag"]
    with started(line, tmp_path) as process:
        assert process.stdout
        lines = []
        while (said := process.stdout.readline()) and "Ctrl-C" not in said:
            lines.append(said.split())
        assert lines[0] == ["Study", "study", f"{where}.11:1400", "sonos"]
        assert lines[-1][-2:] == ["fault:", "lag"]
        assert len(lines) == 9
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(60) == 0
    done = run_here(tmp_path, "--as", "agent:x", "home", "twins")
    assert done.returncode == 2 and "`home twins` is for the owner alone" in done.stderr
    done = run_here(tmp_path, "home", "twins", "--fault", "Attic=lag")
    assert done.returncode == 2 and "no twin `Attic`" in done.stderr
