"""What devices answer is nonsense, endless, or meant to make us tell secrets: an error of that device, and of nothing else."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from claws import claw_state  # noqa: F401
from home_fakes import FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.acting.commanding import Order
from overnight.home.acting.session import command, look
from overnight.home.drivers import registry, zigbee
from overnight.home.drivers._http import Http, number_in
from overnight.home.drivers._zigbee import channels_of
from overnight.home.learning.thing import NoDriver, source_of_thing
from overnight.home.port import DeviceError, Unreachable, Unsure
from overnight.home.readings import kept
from overnight.home.record.record import HomeRecord
from overnight.home.settings import read_settings
from overnight.home.things import CommandOutcome, Device, Trait
from overnight.home.twins.zigbee import ZigbeeTwin
from overnight.home.watching.watcher import Watcher

HUGE = 10**400  # a number of JSON that no float holds


def answering(reply: bytes, ask: Callable[[Http], object]) -> object:
    """What asking a device that answers so comes to."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply)
            await writer.drain()
        writer.close()

    async def walk() -> object:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        http = Http(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with server:
            try:
                return await ask(http)  # type: ignore[misc]  # each is a coroutine
            except DeviceError as error:
                return error
            finally:
                await http.aclose()

    return asyncio.run(walk())


def test_a_number_that_no_float_holds_is_none() -> None:
    """It is left out, and does not end who asked."""
    assert number_in({"a": HUGE}, "a") is None
    assert kept({"a": HUGE, "b": -HUGE, "c": 1}) == {"c": 1}
    bounds = {"type": "numeric", "name": "temperature", "property": "t", "access": 1, "value_max": HUGE}
    assert channels_of([bounds])[0].features[0].from_wire({"t": HUGE}) is None


@pytest.mark.parametrize(
    "error", [OverflowError("x"), ValueError("x"), KeyError("x"), TypeError("x"), AttributeError("x"), RecursionError("x")]
)
def test_an_answer_that_no_driver_understands_is_an_error_of_its_device(
    house: FakeHouse,  # noqa: F811
    error: Exception,
) -> None:
    """A command of it has an outcome, and the watch goes on with the others."""
    lamp, other = house.add("lamp", Trait.LIGHT, on=False), house.add("other", Trait.LIGHT, on=False)

    def fail() -> None:
        raise error

    lamp.on_read = fail
    with pytest.raises(Unsure, match="makes no sense"):
        anyio.run(look, house.record, house.device("lamp"))
    lamp.on_read, lamp.on_write = None, lambda _: fail()
    settings = read_settings(house.record.folder)
    order = Order(want={"on": True})
    assert anyio.run(command, house.record, settings, house.device("lamp"), order).outcome is CommandOutcome.UNCONFIRMED
    lamp.on_read = fail
    said: list[str] = []

    async def watch() -> None:
        enough = anyio.Event()
        other.on_read = lambda: enough.set() if other.reads > 2 and said else None
        watcher = Watcher(house.record, say=said.append, every_s=0.01)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watcher.run)
            await enough.wait()
            tasks.cancel_scope.cancel()

    anyio.run(watch)
    assert said and "lamp does not answer" in said[0]


def test_a_device_whose_driver_never_opens_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one whose broker floods the list of its devices: its lock is not held for ever."""

    class Endless:
        """A family."""

        async def look(self, *_: object) -> None:
            """Never answers."""
            await anyio.sleep_forever()

        open = look

    monkeypatch.setattr(registry, "find_family", lambda _: Endless())
    monkeypatch.setattr(registry, "OPEN_S", 0.01)
    monkeypatch.setattr(registry, "LOOK_S", 0.01)

    async def walk() -> None:
        with pytest.raises(Unreachable, match="did not answer within"):
            async with registry.opened(Device(number=1, identity="x", family="endless", address="192.168.1.2")):
                raise AssertionError
        with pytest.raises(Unreachable, match="did not answer within"):
            await registry.look("endless", "192.168.1.2", {})

    anyio.run(walk)


BROKEN = [
    b"HTTP/9.9.9 boo\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA" + b"b" * 20_000 + b": x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabcde",
    b"HTTP/1.1 302 Found\r\nLocation: /cm?user=admin&password=hunter2\r\n\r\n",
    b"",
]


@pytest.mark.parametrize("reply", BROKEN)
def test_no_error_has_the_password_of_an_address(reply: bytes) -> None:
    """Tasmota has it in its query, and the library's own errors name what was asked."""
    found = answering(reply, lambda http: http.get("/cm?user=admin&password=hunter2&cmnd=Status"))
    assert isinstance(found, DeviceError)
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("name", ["²", "9" * 5000, "#²"])
def test_a_number_that_is_none_names_no_device(house: FakeHouse, tmp_path: Path, name: str) -> None:  # noqa: F811
    """It is a mistake of one line."""
    house.add("lamp", Trait.LIGHT, on=False)
    found = run_here(tmp_path, "home", "set", name, "on=true")
    assert found.returncode == 2 and "no device is called" in found.stderr


NO_ADDRESS = ["http://[", "http://[::1", "//[x]/", "http://h:99999999/"]


@pytest.mark.parametrize("place", NO_ADDRESS)
def test_a_thing_at_no_address_is_not_learned(place: str) -> None:
    """Neither its base nor a form of it ends the search with a traceback, or leads elsewhere."""
    for base, href in ((place, "/x"), ("", place)):
        form = {"@type": "OnOffProperty", "type": "boolean", "forms": [{"href": href}]}
        said = {"id": "x", "@type": "Light", "base": base, "properties": {"on": form}}
        with pytest.raises(NoDriver):
            source_of_thing(json.dumps(said).encode(), "http://192.168.1.20")


def test_foreign_files_beside_learned_drivers_are_left_out(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """Such as an editor's copy, what a full disk left of one, or a link: the others are listed."""
    folder = home.folder / "drivers"
    folder.mkdir()
    (tmp_path / "secret").write_text("{}")
    for name, text in (("notes", "{}"), ("0" * 64, ""), ("1" * 64, "{"), ("2" * 64, "[1]")):
        (folder / f"{name}.json").write_text(text)
    (folder / f"{'3' * 64}.json").symlink_to(tmp_path / "secret")
    found = run_here(tmp_path, "home", "learned")
    assert found.returncode == 0 and "No driver was learned" in found.stdout, found.stderr
    assert run_here(tmp_path, "home", "trust", "lamp", "0" * 12).returncode == 2


def test_what_a_device_says_when_it_moves_has_no_escapes(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """Why it does not answer is its own words."""
    house.add("lamp", Trait.LIGHT, on=False)
    lamp = house.device("lamp")

    async def refuse(*_: object) -> None:
        raise Unreachable("gone \x1b[2J\u202e")

    house.open = refuse  # type: ignore[method-assign, assignment]  # a driver that says so
    found = run_here(tmp_path, "home", "move", str(lamp.number))
    assert found.returncode == 2 and "gone" in found.stderr
    assert "\x1b" not in found.stderr and "\u202e" not in found.stderr


def test_a_link_in_place_of_a_lock_is_not_written_through(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """What it leads to stays, and nothing is sent without the lock."""
    lamp = house.add("lamp", Trait.LIGHT, on=False)
    (tmp_path / "mine").write_text("kept")
    folder = house.record.folder / "locks"
    folder.mkdir()
    (folder / str(house.device("lamp").number)).symlink_to(tmp_path / "mine")
    found = run_here(tmp_path, "home", "set", "lamp", "on=true")
    assert found.returncode == 2 and "locks" in found.stderr
    assert (tmp_path / "mine").read_text() == "kept" and not lamp.heard


def test_a_bridge_lists_a_bounded_number_of_devices() -> None:
    """Whatever its list has, and however many channels one of them."""
    exposes = ZigbeeTwin("x", "switch").described()["definition"]["exposes"]
    one = {"definition": {"exposes": exposes * 2000}, "friendly_name": "a", "ieee_address": "0x1"}
    assert len(zigbee.entries_of([one], zigbee.BASE)) <= zigbee.DEVICES
    many = [{**one, "definition": {"exposes": exposes}, "ieee_address": f"0x{number}"} for number in range(2000)]
    assert len(zigbee.entries_of(many, zigbee.BASE)) <= zigbee.DEVICES


@pytest.mark.parametrize("words", ["name N lamp", "names N=lamp", "undo N", "unrule N", "verdict N yes", "state N", "drop N"])
@pytest.mark.parametrize("number", ["9" * 25, "9" * 5000])
def test_a_number_that_nothing_can_have_is_a_mistake(house: FakeHouse, tmp_path: Path, words: str, number: str) -> None:  # noqa: F811
    """It is one line with a fix, by whatever way it comes."""
    house.add("lamp", Trait.LIGHT, on=False)
    found = run_here(tmp_path, "home", *words.replace("N", number, 1).split(" "))
    assert found.returncode == 2 and "Traceback" not in found.stderr, found.stderr[-300:]
