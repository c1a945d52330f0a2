"""How a home's record grows by being watched: a simulated week of looks once a minute, with sensors that jitter.

python bench/home/record_growth.py --devices 20 --days 7
"""

import argparse
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import anyio

from overnight.home.acting.commanding import Commander
from overnight.home.events import DeviceConfirmed, DeviceSeen
from overnight.home.record.record import HomeRecord
from overnight.home.things import Description, Property, Trait, Value

MINUTE_S, DAY_S = 60.0, 86_400.0
KINDS = (Trait.LIGHT, Trait.SENSOR, Trait.CLIMATE, Trait.SWITCH, Trait.MEDIA)


class Simulated:
    """A device of a kind whose values follow the hour, jitter, and are changed by hand some times a day."""

    def __init__(self, kind: Trait, chance: random.Random) -> None:
        self.kind, self.chance, self.now = kind, chance, 0.0
        self.on, self.target = False, 20.0

    async def describe(self) -> Description:
        return Description(identity="x")

    async def read(self) -> Mapping[str, Value]:
        day = math.sin(2 * math.pi * self.now / DAY_S)
        if self.chance.random() < 8 * MINUTE_S / DAY_S:  # eight times a day
            self.on = not self.on
        warmth = round(20 + 3 * day + self.chance.gauss(0, 0.08), 2)
        match self.kind:
            case Trait.LIGHT:
                return {"on": self.on, "brightness": 60.0 + self.chance.choice((0.0, 0.4))}
            case Trait.SENSOR:
                return {"temperature": warmth, "humidity": round(50 - 10 * day + self.chance.gauss(0, 0.3), 1)}
            case Trait.CLIMATE:
                return {"temperature": warmth, "target": 21.0 if self.on else 18.0}
            case Trait.SWITCH:
                return {"on": self.on, "power": round(self.on * (60 + self.chance.gauss(0, 0.4)), 1)}
        return {"playing": "playing" if self.on else "stopped", "volume": 20.0}

    async def write(self, want: Mapping[str, Value]) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        pass


async def week(folder: Path, devices: int, days: float) -> None:
    """Look at each once a minute; the record's clock is the simulation's."""
    now = 1_764_600_000.0
    chance = random.Random(7)
    with HomeRecord(folder, clock=lambda: now) as record:
        watched: list[tuple[Trait, Simulated, Commander]] = []
        for number in range(devices):
            kind = KINDS[number % len(KINDS)]
            known = tuple(
                Property(name=each, writable=each in ("on", "target")) for each in ("on", "power", "target", "humidity")
            )
            seen = DeviceSeen(identity=f"d{number}", family="x", address="x", traits=(kind,), properties=known)
            at = record.append(seen)
            record.append(DeviceConfirmed(device=at, alias=f"device {number}"))
            device, simulated = record.device(at), Simulated(kind, chance)
            assert device
            watched.append((kind, simulated, Commander(record, device, simulated, limits={})))
        first, begun, cpu = record.store.newest(), time.perf_counter(), time.process_time()
        looks, events = 0, Counter[str]()
        while now < 1_764_600_000.0 + days * DAY_S:
            for kind, simulated, commander in watched:
                simulated.now = now
                before = record.store.newest()
                await commander.look()
                looks += 1
                events[kind] += record.store.newest() - before
            now += MINUTE_S
        grown, cpu = record.store.newest() - first, time.process_time() - cpu
    a_day = {kind: count / (devices / len(KINDS)) / days for kind, count in sorted(events.items())}
    print(f"{devices} devices, {days:g} days: {looks:,} looks, {grown:,} events, {_size(folder) / 1e6:.2f} MB on disk")
    print(f"events a device and day: {', '.join(f'{kind} {count:.0f}' for kind, count in a_day.items())}")
    print(f"{cpu / looks * 1e6:.0f} us of CPU a look, without the network; {time.perf_counter() - begun:.0f} s")


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--days", type=float, default=7.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(week, Path(folder) / "home", given.devices, given.days)
    return 0


if __name__ == "__main__":
    sys.exit(main())
