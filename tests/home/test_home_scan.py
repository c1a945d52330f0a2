"""A scan of a small subnet: what is found, taken down and named, what changes, and who may have it done."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from home_neighbourhood import HOSTS, Neighbourhood, neighbourhood
from homes import home  # noqa: F401
from targets import run_here

from overnight.errors import UserError
from overnight.home.events import DeviceConfirmed
from overnight.home.finding.scan import Findings
from overnight.home.finding.subnets import parse_subnet
from overnight.home.operations.home_scan import ScanInput, Scanned, Seen, look, run
from overnight.home.record.record import HomeRecord
from overnight.home.twins.faults import HOSTILE_NAME, Fault
from overnight.home.twins.hue import HueTwin
from overnight.home.twins.shelly import ShellyTwin
from overnight.home.twins.sonos import Household, SonosTwin
from overnight.home.twins.tasmota import TasmotaTwin
from overnight.operations.operation import Context
from overnight.operations.principal import Kind, Origin, Principal

AGENT = Principal(Kind.AGENT, "claude")


@pytest.fixture
def place(home: HomeRecord) -> Iterator[Neighbourhood]:  # noqa: F811  # its state folder
    """A small subnet."""
    with neighbourhood() as made:
        yield made


def scanned(place: Neighbourhood, kind: str = "") -> Scanned:
    """What the owner's scan finds."""
    return run(Context(where=Path.cwd()), ScanInput(subnet=place.subnet, kind=kind))


def only(found: Scanned, address: str) -> Seen:
    """What is at one address."""
    [seen] = [each for each in found.seen if each.address.partition(":")[0] == address]
    return seen


def test_what_has_a_driver_is_taken_down_and_the_rest_is_named_as_what_it_is(
    home: HomeRecord,  # noqa: F811
    place: Neighbourhood,
    tmp_path: Path,
) -> None:
    """A player and a lamp become devices without a name; a bridge that wants a key says so; names are given by number."""
    player = place.start(SonosTwin("Study", household=Household()), 0, 1400)
    lamp = place.start(ShellyTwin("Kitchen lights", "light"), 1, 8080)
    bridge = place.start(HueTwin("Bridge", []), 2, 8443)
    done = run_here(tmp_path, "home", "scan", "--subnet", place.subnet, "--json")
    rows = {each["address"].partition(":")[0]: each for each in json.loads(done.stdout)["seen"]}
    assert {address: row["kind"] for address, row in rows.items()} == {
        player: "sonos",
        lamp: "shelly",
        bridge: "hue",
    }
    assert rows[bridge]["number"] == 0
    assert [each.alias for each in home.devices()] == ["", ""]
    assert rows[player]["suggestion"] == "study speaker" and rows[lamp]["suggestion"] == "kitchen lamp"
    names = [f"{rows[player]['number']}=study speaker@study", f"{rows[lamp]['number']}=kitchen lamp"]
    assert "is `study speaker` in study" in run_here(tmp_path, "home", "names", *names).stdout
    assert run_here(tmp_path, "home", "set", "kitchen lamp", "on=true").returncode == 0
    shown = run_here(tmp_path, "home", "rooms").stdout
    assert "study: study speaker" in shown and '"kitchen lamp" --room "kitchen"' in shown


def test_names_are_given_together_or_not_at_all(home: HomeRecord, place: Neighbourhood, tmp_path: Path) -> None:  # noqa: F811
    """Two devices of one name, a device that is not there, or a text that is no name: none gets its name."""
    place.start(ShellyTwin("A"), 0, 8080)
    place.start(ShellyTwin("B"), 1, 8080)
    first, second = (each.number for each in scanned(place).seen)
    for wrong in (f"{second}=lamp", f"{second}=lamp<b>", "77=shade", f"{first}=other", "lamp"):
        assert run_here(tmp_path, "home", "names", f"{first}=lamp", wrong).returncode == 2
    assert [each.alias for each in home.devices()] == ["", ""]


def test_a_second_scan_shows_what_is_new_gone_and_moved(home: HomeRecord, place: Neighbourhood) -> None:  # noqa: F811
    """Nothing changed: no event. A confirmed device that moved is asked about; until then its old address counts."""
    lamp, bridge = ShellyTwin("Hall", "light"), HueTwin("Bridge", [])
    before = place.start(lamp, 0, 8080)
    place.start(bridge, 1, 8443)
    assert {each.change for each in scanned(place).seen} == {"new"}
    [device] = home.devices()
    named = DeviceConfirmed(device=device.number, alias="hall lamp")
    number = home.append(named)
    assert {each.change for each in scanned(place).seen} == {""}
    assert home.append(named) == number + 1
    place.stop(lamp)
    place.stop(bridge)
    after = place.start(lamp, 2, 8080)
    found = scanned(place)
    moved = only(found, after)
    assert (moved.change, moved.elsewhere) == ("moved", f"{before}:8080")
    assert moved.next == f"overnight home move {device.number}"
    assert len(found.gone) == 1 and "Hue" in found.gone[0]
    known = home.device(device.number)
    assert known and known.address == f"{before}:8080"


def test_a_search_for_one_kind_looks_at_nothing_else(home: HomeRecord, place: Neighbourhood) -> None:  # noqa: F811
    """`--kind sonos` finds the player, forgets nothing that was known, and calls nothing else gone."""
    player = place.start(SonosTwin("Study", household=Household()), 0, 1400)
    twin = ShellyTwin("Hall")
    place.start(twin, 1, 8080)
    scanned(place)
    place.stop(twin)
    found = scanned(place, "sonos")
    assert [each.address for each in found.seen] == [player] and not found.gone
    assert len(home.scans()[place.subnet]) == 2
    with pytest.raises(UserError, match="no kind of device"):
        scanned(place, "toaster")


def test_ctrl_c_keeps_what_was_found(home: HomeRecord, place: Neighbourhood) -> None:  # noqa: F811
    """A signal when most were looked at ends the scan; their devices are taken down, and nothing is called gone."""
    for at in range(3):
        place.start(ShellyTwin(f"Lamp {at}"), at, 8080)

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    async def end() -> None:
        gone.set()

    def interrupt(findings: Findings) -> None:
        if findings.done == HOSTS - 1:  # all but the one that hangs
            signal.raise_signal(signal.SIGINT)

    gone = asyncio.Event()
    place.serve(lambda address: asyncio.start_server(hang, address, 8080), 3)
    found = look(Context(where=Path.cwd()), ScanInput(subnet=place.subnet), interrupt)
    place.call(end())
    assert not found.is_complete and not found.gone
    assert [each.kind for each in found.seen] == ["shelly"] * 3 + ["unknown"]
    assert len(home.devices()) == 3


@pytest.mark.parametrize("text", ["198.18.0.0/24", "192.0.2.0/24", "240.0.0.0/24"])
def test_networks_of_examples_and_benchmarks_are_no_home(text: str) -> None:
    """`--subnet` takes the networks that home.yaml takes, and no others that Python calls private."""
    with pytest.raises(UserError, match="no private network"):
        parse_subnet(text)
    assert str(parse_subnet("169.254.7.0/24")) == "169.254.7.0/24"


def test_only_subnets_that_the_owner_named_are_looked_at(place: Neighbourhood, tmp_path: Path) -> None:
    """None by default, none that is public or large, and by an agent none but those; it also needs the owner's approval."""
    assert "no subnet of your home is named" in run_here(tmp_path, "home", "scan").stderr
    for wrong in ("8.8.8.0/24", "10.0.0.0/8", "0.0.0.0/24", "169.254.0.0/24", "224.0.0.0/28", "x", "10.251.252.0/30"):
        done = run_here(tmp_path, "home", "scan", "--subnet", wrong)
        assert done.returncode == 2, wrong
    agent = Context(where=Path.cwd(), principal=AGENT, origin=Origin.CLAW)
    with pytest.raises(UserError, match="not among the subnets that the owner named"):
        run(agent, ScanInput(subnet=place.subnet))
    asked = run_here(tmp_path, "--as", "agent:claude", "home", "scan", "--subnet", place.subnet)
    assert "not among the subnets" in asked.stderr
    scanned(place)
    asked = run_here(tmp_path, "--as", "agent:claude", "home", "scan")
    assert "needs the owner's approval" in asked.stderr


# --- Attacks ---


def test_an_identity_at_two_addresses_is_a_conflict_and_not_used(home: HomeRecord, place: Neighbourhood) -> None:  # noqa: F811
    """A device that says it is another one: neither is taken down, and one that was confirmed stays where it was."""
    first = place.start(ShellyTwin("Hall"), 0, 8080)
    spoofed = ShellyTwin("Hall")  # the same MAC
    second = place.start(spoofed, 1, 8080)
    found = scanned(place)
    assert {each.change for each in found.seen} == {"there twice"} and not home.devices()
    place.stop(spoofed)
    [seen] = scanned(place).seen
    home.append(DeviceConfirmed(device=seen.number, alias="hall switch"))
    place.start(spoofed, 1, 8080)
    assert only(scanned(place), second).number == 0
    [device] = home.devices()
    assert device.address == home.said(device.number).address == f"{first}:8080"


def test_a_name_that_gives_orders_is_quoted_and_suggests_nothing(home: HomeRecord, place: Neighbourhood) -> None:  # noqa: F811
    """No word of a device is in a suggestion; what it says is printable, and a model is not shown it as ours."""
    twin = ShellyTwin("x")
    twin.fault = Fault.HOSTILE
    place.start(twin, 0, 8080)
    [seen] = scanned(place).seen
    assert HOSTILE_NAME in seen.said and seen.suggestion == "switch" and not seen.room
    assert not home.devices()[0].alias
    lying = TasmotaTwin("bad\x1b[2J\u202ename\nsecond line")
    place.start(lying, 1, 8080)
    said = only(scanned(place), place.addresses[1]).said
    assert said.isprintable() and "\u202e" not in said


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.HUGE, Fault.TYPES, Fault.NAN])
def test_spoiled_answers_end_no_scan(place: Neighbourhood, fault: Fault) -> None:
    """One that sends rubbish, or megabytes, is something unknown at worst; the one beside it is found."""
    twin = ShellyTwin("Hall")
    twin.fault = fault
    place.start(twin, 0, 8080)
    fine = place.start(TasmotaTwin("Fan"), 1, 8080)
    found = scanned(place)
    assert found.is_complete and only(found, fine).kind == "tasmota"


def test_hosts_that_hang_make_a_scan_end_early_and_nothing_gone(
    home: HomeRecord,  # noqa: F811
    place: Neighbourhood,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Servers that never answer take no more than the time that there is; what was found is kept, nothing is called gone."""
    lamp, plug = place.start(ShellyTwin("Hall", "light"), 0, 8080), TasmotaTwin("Fan")
    place.start(plug, 1, 8080)
    assert scanned(place).is_complete
    place.stop(plug)

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    async def end() -> None:
        gone.set()

    gone = asyncio.Event()
    monkeypatch.setattr("overnight.home.finding.scan.LOOK_S", 0.5)
    monkeypatch.setattr("overnight.home.finding.questions.WITHIN_S", 20.0)
    for at in (2, 3):
        place.serve(lambda address: asyncio.start_server(hang, address, 8080), at)
    found = scanned(place)
    place.call(end())
    assert not found.is_complete and not found.gone and only(found, lamp).number
    assert len(home.scans()[place.subnet]) == 4


def test_redirects_lead_nowhere(place: Neighbourhood) -> None:
    """A device that answers with the address of another one has nothing asked of that one for it."""
    asked: list[str] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())
        writer.close()

    async def redirecting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        target = f"http://{place.addresses[1]}:9/stolen"
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    place.serve(lambda address: asyncio.start_server(redirecting, address, 8080), 0)
    place.serve(lambda address: asyncio.start_server(elsewhere, address, 9), 1)
    assert scanned(place).is_complete
    assert not asked


def test_a_bulb_of_lifx_is_found_by_its_own_protocol(place: Neighbourhood) -> None:
    """It answers a datagram sent to it alone; no driver is known, and the learning of one is pointed at."""

    class Bulb(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:  # a DatagramTransport in all but name
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            answer = bytearray(data)
            answer[8:14], answer[32] = bytes.fromhex("d073d5000001"), 3
            self.transport.sendto(bytes(answer), addr)

    async def serve(address: str) -> asyncio.DatagramTransport:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Bulb, (address, 56700))
        return transport

    place.serve(serve, 0)
    place.start(ShellyTwin("Hall"), 1, 8080)  # time for an answer
    seen = only(scanned(place), place.addresses[0])
    assert seen.kind == "lifx" and seen.next == "no driver: overnight home learn"
