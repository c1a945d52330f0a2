"""Commands to twins that acknowledge without doing, lag, drop, restart, fall back: what is called done, and what was.

    python bench/home/commands.py [--commands 1000] [--lag 10] [--at-once 40] [--seed 1] [--back 2] [--fault trips]

Each command goes the whole way, as `overnight home set` has it, to a twin over its real protocol. It is judged by the twin's
truth at the moment when the command was settled, and wants what the device is not. `--back`: seconds in which one that trips
falls back; of these it is also counted how many were called done, which all of them are only for a while.
"""

import argparse
import asyncio
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import anyio

from overnight.home.acting import session
from overnight.home.acting.commanding import Commander, Order
from overnight.home.acting.limits import bounds_of
from overnight.home.acting.session import command
from overnight.home.capabilities import PHYSICAL
from overnight.home.drivers.registry import look
from overnight.home.events import DeviceConfirmed
from overnight.home.port import Found
from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.record.seen import take_down
from overnight.home.settings import HomeSettings
from overnight.home.things import CommandOutcome, Device, Reading, Value, holds
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.faults import Fault
from overnight.home.twins.hass import HassEntityTwin, HassTwin
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.modbus import PoolTwin
from overnight.home.twins.shelly import ShellyTwin, ShellyTwin1
from overnight.home.twins.sonos import SonosTwin
from overnight.home.twins.tasmota import TasmotaTwin
from overnight.home.twins.twin import Change, Twin
from overnight.home.twins.zigbee import ZigbeeBridge, ZigbeeTwin

TRIPS = "trips"  # does it, and falls back up to `BACK_S` later
BACK_S = 2.0
APART = 0.1  # of the range, by which what is wanted differs from what is: half of it is beyond any tolerance
SLOW_S = 1.0  # of a device whose every answer is slow
FAST = 100  # how much faster the record's clock runs, so that no device is commanded more often than it may be
UNREADABLE = frozenset({Fault.BROKEN, Fault.HUGE, Fault.DRIP, Fault.TYPES, Fault.NAN})  # nobody can tell what such a device is
BAR = 0.95  # of real successes that are called done
SETTINGS = HomeSettings(zone="UTC")
TOKEN = "HOME_HASS_TOKEN"  # the name of a secret
OPTIONS = {"hass": {"secret_token": TOKEN}}
POOL = """
  {name}:
    parts:
      spa:
        trait: heater
        registers:
          target: {{at: holding 0, scale: 0.1, low: 5, high: 40}}
"""
TRIES = 20  # to find an address
WANTS: Mapping[str, Sequence[str]] = {
    "light": ("on", "brightness"),
    "switch": ("on",),
    "cover": ("position",),
    "lock": ("locked",),
    "climate": ("target",),
    "player": ("volume",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One command."""

    family: str
    fault: str
    outcome: CommandOutcome
    real: bool  # the device was as wanted when the command was settled
    seconds: float
    times: int  # that it arrived
    physical: bool  # it can hurt


@dataclass(kw_only=True)
class Cell:
    """A twin with a fault, and the device that it is to the home."""

    twin: Twin
    kind: str
    fault: str
    device: Device
    want: Mapping[str, Value] = field(default_factory=dict)  # of it now
    fell: float = 0.0  # when it ceased to be so, by the clock of the loop
    judged: list[Judged] = field(default_factory=list)


class Asked(Commander):
    """Takes down when each device was asked last: what it was then and afterwards is what its answer is judged by."""

    at: ClassVar[dict[int, float]] = {}  # by number, by the clock of the loop

    async def _look(self) -> Reading:
        at = asyncio.get_running_loop().time()
        reading = await super()._look()
        self.at[self._device.number] = at
        return reading


def wanted(cell: Cell, draw: random.Random) -> dict[str, Value]:
    """Something that the device is not."""
    name = draw.choice(WANTS[cell.kind])
    now = cell.twin.truth[name]
    if isinstance(now, bool):
        return {name: not now}
    low, high = (6, 26) if name == "target" else (1, 99)
    return {name: float(draw.choice([each for each in range(low, high) if abs(each - float(now)) > APART * (high - low)]))}


async def send(record: HomeRecord, cell: Cell, want: Mapping[str, Value]) -> None:
    """One command, and what it really came to."""
    before, begun, cell.want = len(cell.twin.heard), time.monotonic(), want
    result = await command(record, SETTINGS, cell.device, Order(want=want))
    seconds = time.monotonic() - begun
    real = is_so(cell)
    cell.judged.append(
        Judged(
            family=f"{cell.device.family} {cell.kind}",
            fault=cell.fault,
            outcome=result.outcome,
            real=real or cell.fell > Asked.at.get(cell.device.number, 0.0),
            seconds=seconds,
            times=len(cell.twin.heard) - before,
            physical=bool(PHYSICAL & set(cell.device.traits)),
        )
    )


def is_so(cell: Cell) -> bool:
    """Whether the twin is as wanted."""
    return holds(cell.want, bounds_of(cell.device, {}), cell.twin.truth)


def watch(cell: Cell) -> None:
    """Take down when the twin ceases to be as wanted."""
    become = cell.twin.become

    def seen(change: Change) -> None:
        was = is_so(cell)
        become(change)
        if was and not is_so(cell):
            cell.fell = asyncio.get_running_loop().time()

    twin: Any = cell.twin  # Any: a method is replaced
    twin.become = seen


def trip(cell: Cell, draw: random.Random, back_s: float) -> None:
    """Have the twin fall back after each command."""
    become = cell.twin.become

    def for_a_while(change: Change) -> None:
        before = {name: cell.twin.truth[name] for name in change}
        become(change)

        cell.twin.after(draw.uniform(0, back_s), lambda: become(before))

    twin: Any = cell.twin  # Any: a method is replaced
    twin.become = for_a_while


def make_twins(lag_s: float) -> list[tuple[Twin, str, str]]:
    """A twin of each family and kind with each fault; its kind and its fault."""
    made: list[tuple[Twin, str, str]] = []
    for kind in ("switch", "light", "cover"):
        made += [(ShellyTwin(f"shelly {kind} {fault}", kind), kind, fault) for fault in _faults(ShellyTwin)]
    for kind in ("switch", "light", "cover", "lock", "climate"):
        made += [(ZigbeeTwin(f"zigbee {kind} {fault}", kind), kind, fault) for fault in _faults(ZigbeeTwin)]
    for kind in ("switch", "light", "cover"):
        made += [(ShellyTwin1(f"old shelly {kind} {fault}", kind), kind, fault) for fault in _faults(ShellyTwin1)]
    made += [(TasmotaTwin(f"tasmota {fault}", "light"), "light", fault) for fault in _faults(TasmotaTwin)]
    for kind in ("light", "lock"):
        faults = [
            each for each in _faults(HassEntityTwin) if (kind, each) != ("lock", TRIPS)
        ]  # it falls back before it arrives
        made += [(HassEntityTwin(f"hass {kind} {fault}", kind), kind, fault) for fault in faults]
    made += [(PoolTwin(f"spa {fault}"), "climate", fault) for fault in _faults(PoolTwin)]
    made += [(SonosTwin(f"player {fault}"), "player", fault) for fault in _faults(SonosTwin)]
    for twin, _, fault in made:
        twin.lag_s = SLOW_S if fault == Fault.SLOW else lag_s
    hostile = [twin for twin, _, fault in made if fault == Fault.HOSTILE and isinstance(twin, ZigbeeTwin)]
    return [each for each in made if each[0] not in hostile[1:]]  # two of a bridge's devices cannot have one name


def _faults(kind: type[Twin]) -> Sequence[str]:
    return [*sorted(kind.faults), TRIPS]


@asynccontextmanager
async def house(record: HomeRecord, made: Sequence[tuple[Twin, str, str]], back_s: float) -> AsyncIterator[Sequence[Cell]]:
    """Twins that listen and are known to the home by their names, each with its fault."""
    async with AsyncExitStack() as stack:
        bridge = ZigbeeBridge([twin for twin, _, _ in made if isinstance(twin, ZigbeeTwin)])
        behind = await _behind(stack, bridge) if bridge.things else {}
        places = [await _place(stack, twin) for twin, _, _ in made]
        cells = []
        for (twin, kind, fault), place in zip(made, places, strict=True):
            given = {"map": _map_of(twin)} if isinstance(twin, PoolTwin) else OPTIONS.get(twin.family, {})
            found = behind[twin.ieee_address] if isinstance(twin, ZigbeeTwin) else (await look(twin.family, place, given))[0]
            device = take_down(record, found)
            record.append(DeviceConfirmed(device=device.number, alias=twin.name.replace("-", " ")))
            cells.append(Cell(twin=twin, kind=kind, fault=fault, device=record.device(device.number) or device))
        for cell in cells:
            watch(cell)
            if cell.fault == TRIPS:
                trip(cell, random.Random(cell.twin.name), back_s)
            else:
                cell.twin.fault = Fault(cell.fault)
        if bridge.things:
            await bridge.announce_devices()
        yield cells


def _map_of(twin: Twin) -> str:
    """Of its own: a controller is known by the name of its map."""
    return twin.name.replace("-", " ")


def settings_for(made: Sequence[tuple[Twin, str, str]]) -> str:
    """The home.yaml with the registers of each controller."""
    return "modbus:" + "".join(POOL.format(name=_map_of(twin)) for twin, _, _ in made if isinstance(twin, PoolTwin))


async def _behind(stack: AsyncExitStack, bridge: ZigbeeBridge) -> Mapping[str, Found]:
    """Have a bridge and its broker listen; its devices by identity."""
    broker = BrokerTwin()
    await broker.start("127.0.0.1", 0)
    stack.push_async_callback(broker.stop)
    await bridge.start("127.0.0.1", broker.port)
    stack.push_async_callback(bridge.stop)
    return {each.description.identity: each for each in await look("zigbee", f"127.0.0.1:{broker.port}", {})}


async def _place(stack: AsyncExitStack, twin: Twin) -> str:
    """Have a twin with a server of its own listen; its address."""
    if isinstance(twin, HassEntityTwin):  # each in a house of its own: one that talks nonsense spoils what is said of all
        server = HassTwin("Home", [twin])
        await server.start("127.0.0.1", 0)
        stack.push_async_callback(server.stop)
        return f"127.0.0.1:{server.port}"
    if not isinstance(twin, HttpTwin | PoolTwin):
        return ""
    stack.push_async_callback(twin.stop)
    if not isinstance(twin, SonosTwin):
        await twin.start("127.0.0.1", 0)
        return f"127.0.0.1:{twin.port}"
    for _ in range(TRIES):  # all players have one port
        with suppress(OSError):
            await twin.start(f"127.{secrets.randbelow(250) + 1}.{secrets.randbelow(250)}.{secrets.randbelow(250) + 1}")
            return twin.address
    raise OSError("no address of loopback is free")


async def measure(
    folder: Path, made: Sequence[tuple[Twin, str, str]], *, commands: int, at_once: int, seed: int, back_s: float = BACK_S
) -> Sequence[Judged]:
    """So many commands, spread over all twins."""
    acting: Any = session  # Any: its commander is replaced
    acting.Commander = Asked
    begun = time.time()
    draw = random.Random(seed)
    with HomeRecord(folder, clock=lambda: begun + FAST * (time.time() - begun)) as record:
        async with house(record, made, back_s) as cells, anyio.create_task_group() as group:
            limit = anyio.CapacityLimiter(at_once)

            async def work(cell: Cell, count: int) -> None:
                for _ in range(count):
                    async with limit:
                        await send(record, cell, wanted(cell, draw))

            for number, cell in enumerate(cells):
                group.start_soon(work, cell, len(range(number, commands, len(cells))))
        return [each for cell in cells for each in cell.judged]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What came of some commands."""

    commands: int
    false: int  # called done that were not
    real: int  # successes
    known: int  # of those, called done
    twice: int  # that arrived more than once
    median_s: float
    most_s: float


def count(judged: Sequence[Judged]) -> Count:
    """Counts of commands."""
    return Count(
        commands=len(judged),
        false=sum(each.outcome is CommandOutcome.DONE and not each.real for each in judged),
        real=sum(each.real for each in judged),
        known=sum(each.real and each.outcome is CommandOutcome.DONE for each in judged),
        twice=sum(each.times > 1 for each in judged),
        median_s=statistics.median(each.seconds for each in judged),
        most_s=max(each.seconds for each in judged),
    )


def readable(judged: Sequence[Judged]) -> Sequence[Judged]:
    """Those of devices whose answers can be read."""
    return [each for each in judged if each.fault not in UNREADABLE]


def _names(judged: Sequence[Judged]) -> Sequence[str]:
    return [*sorted({str(each.fault) for each in judged}), *sorted({each.family for each in judged})]


def table(judged: Sequence[Judged]) -> str:
    """A line for each fault, and for each family."""
    lines = [f"{'':18}{'commands':>9}{'false':>7}{'real':>6}{'known':>7}{'twice':>7}{'median':>9}{'most':>8}"]
    rows = {name: [each for each in judged if name in (each.fault, each.family)] for name in _names(judged)}
    for name, some in {**rows, "readable": readable(judged), "all": judged}.items():
        n = count(some)
        row = f"{n.commands:9}{n.false:7}{n.real:6}{n.known:7}{n.twice:7}{n.median_s:8.2f}s{n.most_s:7.1f}s"
        lines.append(f"{name:18}{row}")
    return "\n".join(lines)


def fallen(judged: Sequence[Judged]) -> str:
    """Of what trips: how many were called done before they fell back, by whether they can hurt."""
    trips = [each for each in judged if each.fault == TRIPS]
    lines = []
    for about, some in (
        ("can hurt", [each for each in trips if each.physical]),
        ("others", [each for each in trips if not each.physical]),
    ):
        done = sum(each.outcome is CommandOutcome.DONE for each in some)
        lines.append(f"trips, {about}: {done} of {len(some)} called done before they fell back")
    return "\n".join(lines)


def main() -> int:
    """Print the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--lag", type=float, default=10.0)
    parser.add_argument("--at-once", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--back", type=float, default=BACK_S)
    parser.add_argument("--fault", help="twins with this one alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_STATE_HOME": f"{folder}/state", TOKEN: "twin-token"}
        home_folder().mkdir(parents=True)
        made = [each for each in make_twins(given.lag) if given.fault in (None, each[2])]
        (home_folder() / "home.yaml").write_text(settings_for(made))

        async def run() -> Sequence[Judged]:
            return await measure(
                Path(folder), made, commands=given.commands, at_once=given.at_once, seed=given.seed, back_s=given.back
            )

        judged = asyncio.run(run())
    sys.stdout.write(table(judged) + "\n" + fallen(judged) + "\n")
    for each in judged:
        if each.outcome is CommandOutcome.DONE and not each.real:
            sys.stdout.write(f"false: {each}\n")
        elif each.real and each.outcome is not CommandOutcome.DONE:
            sys.stdout.write(f"missed: {each}\n")
    known = count(readable(judged))
    return 0 if not count(judged).false and known.known >= BAR * known.real else 1


if __name__ == "__main__":
    sys.exit(main())
