"""A home's record: its events in a hash chain, and the tables derived from them. Any process may append."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from overnight.files.own import claim_folder, make_folder
from overnight.files.state_folder import state_folder
from overnight.home.events import Commanded, DeviceSeen, DriverTrusted, Event, RuleSet, decode, encode, subject_of
from overnight.home.record.sightings_table import Sightings
from overnight.home.record.tables import Devices, Drivers, Plans, Readings, Scans
from overnight.home.things import CommandOutcome, Device, Neighbour, Property, Reading, Trait, Value
from overnight.ledger.file import NAME as LEDGER
from overnight.ledger.owner import Codec
from overnight.ledger.port import Recorded
from overnight.ledger.store import SqliteEventStore

VERSION = 2  # of the derived tables
LARGEST = 2**63 - 1  # whole number of SQLite
FOLDER = "home"  # in the state folder
ADVICE = "make a copy of it, and find the devices again with `overnight home scan`"

E = TypeVar("E")
_CODEC: Codec[Event] = Codec(
    encode=encode, decode=decode, kind=lambda event: event.kind, subject=subject_of, subject_column="device"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCommand:
    """A command, and what became of it."""

    number: int
    at: float  # Unix time
    command: Commanded
    outcome: CommandOutcome | None  # null: it is under way, or its process ended in the middle
    after: Mapping[str, Value] | None
    why: str
    undone: bool


def home_folder() -> Path:
    """Where the home's record and settings are."""
    return state_folder() / FOLDER


def has_home() -> bool:
    """Whether anything was recorded of a home; nothing is created."""
    return (home_folder() / LEDGER).is_file()


class HomeRecord:
    """The record of this machine's home, open."""

    def __init__(self, folder: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        """`folder`: by default `home_folder()`.

        Raises:
            NotOurs: something in it belongs to somebody else.
        """
        self.folder = folder or home_folder()
        make_folder(self.folder)
        claim_folder(self.folder)
        self.clock = clock
        self.store = SqliteEventStore[Event](
            self.folder,
            _CODEC,
            projections=(Devices(), Readings(), Plans(), Scans(), Sightings(), Drivers()),
            version=VERSION,
            advice=ADVICE,
            clock=clock,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def append(self, *events: Event) -> int:
        """Record events; the newest one's number."""
        return self.store.append(*events)

    # --- Devices ---

    def devices(self) -> Sequence[Device]:
        """Those that are known and not dropped, by number."""
        return [_device(row) for row in self.rows(f"{_DEVICES} WHERE dropped=0 ORDER BY number")]

    def device(self, number: int) -> Device | None:
        """The device of a number."""
        return next((_device(row) for row in self.rows(f"{_DEVICES} WHERE number=?", number)), None)

    def known(self, family: str, identity: str) -> Device | None:
        """The device of an identity, also one that was dropped."""
        rows = self.rows(f"{_DEVICES} WHERE family=? AND identity=?", family, identity)
        return next((_device(row) for row in rows), None)

    def seen(self, family: str, identity: str) -> DeviceSeen | None:
        """How a device was seen last; None if it is not known, or was dropped."""
        rows = self.rows("SELECT said FROM devices WHERE family=? AND identity=? AND dropped=0", family, identity)
        return next((_event(row[0], DeviceSeen) for row in rows), None)

    def seen_at(self, number: int) -> float:
        """When a device was seen last, as Unix time."""
        return float(next(self.rows("SELECT seen_at FROM devices WHERE number=?", number), (0.0,))[0])

    def reading(self, number: int) -> Reading | None:
        """What a device answered last."""
        rows = self.rows("SELECT value, asked FROM readings WHERE device=?", number)
        return next((Reading(values=json.loads(value), asked=asked) for value, asked in rows if asked), None)

    def lost(self, number: int) -> str:
        """Why a device does not answer; empty: it answered when it was asked last, or was never asked."""
        return str(next(self.rows("SELECT lost FROM readings WHERE device=?", number), ("",))[0])

    def said(self, number: int, *, when_confirmed: bool = False) -> DeviceSeen:
        """What a device says of itself, and where: last, or when the owner confirmed it."""
        [(last, confirmed)] = self.rows("SELECT said, seen FROM devices WHERE number=?", number)
        return _event(confirmed if when_confirmed else last, DeviceSeen)

    def scans(self) -> Mapping[str, Sequence[Neighbour]]:
        """What answered the last scan of each subnet."""
        rows = self.rows("SELECT subnet, neighbours FROM scans ORDER BY subnet")
        return {subnet: [_neighbour(each) for each in json.loads(text)] for subnet, text in rows}

    # --- Commands ---

    def commands(self, device: int | None = None, *, most: int = 20) -> Sequence[PastCommand]:
        """The newest commands, of one device or of all, the newest first."""
        where, given = ("WHERE device=?", (device,)) if device is not None else ("", ())
        return [_command(row) for row in self.rows(f"{_COMMANDS} {where} ORDER BY number DESC LIMIT ?", *given, most)]

    def command(self, number: int) -> PastCommand | None:
        """One command."""
        return next((_command(row) for row in self.rows(f"{_COMMANDS} WHERE number=?", number)), None)

    def open_commands(self, device: int) -> Sequence[PastCommand]:
        """Those of a device of which it is not known what became of them, the oldest first."""
        query = f"{_COMMANDS} WHERE device=? AND (outcome IS NULL OR outcome='unknown') ORDER BY number"
        return [_command(row) for row in self.rows(query, device)]

    def commands_since(self, device: int, at: float) -> Sequence[PastCommand]:
        """Those of a device after a Unix time, the oldest first."""
        return [_command(row) for row in self.rows(f"{_COMMANDS} WHERE device=? AND at>=? ORDER BY number", device, at)]

    def of_scene(self, run: int) -> Sequence[PastCommand]:
        """The commands of one run of a scene."""
        return [_command(row) for row in self.rows(f"{_COMMANDS} WHERE scene=? ORDER BY number", run)]

    # --- Scenes and rules ---

    def scenes(self) -> Mapping[str, Sequence[tuple[int, Mapping[str, Value]]]]:
        """The owner's scenes by name."""
        rows = self.rows("SELECT name, steps FROM scenes ORDER BY name")
        return {name: [(number, want) for number, want in json.loads(steps)] for name, steps in rows}

    def rules(self, device: int | None = None) -> Mapping[int, RuleSet]:
        """The rules that count, by number."""
        where, given = ("WHERE device=?", (device,)) if device is not None else ("", ())
        rows = self.rows(f"SELECT number, body FROM rules {where} ORDER BY number", *given)  # noqa: S608  # ours
        return {number: _event(body, RuleSet) for number, body in rows}

    def trusted(self, digest: str, address: str) -> DriverTrusted | None:
        """That the owner trusts a learned driver for an address; None if they do not."""
        rows = self.rows("SELECT body FROM drivers WHERE digest=? AND address=?", digest, address)
        return next((_event(row[0], DriverTrusted) for row in rows), None)

    # --- Events ---

    def history(self, device: int, *, most: int = 50) -> Sequence[Recorded[Event]]:
        """The newest events about a device, the newest first."""
        rows = self.rows("SELECT seq, at, body, hash FROM events WHERE device=? ORDER BY seq DESC LIMIT ?", device, most)
        return [Recorded(seq=seq, at=at, event=decode(body), digest=digest) for seq, at, body, digest in rows]

    def rows(self, query: str, *given: object) -> Iterator[Sequence[Any]]:  # Any: columns
        """What a query of the derived tables finds."""
        if any(isinstance(each, int) and abs(each) > LARGEST for each in given):
            return iter(())  # no event has such a number
        with self.store.reading() as db:
            return iter(db.execute(query, given).fetchall())


_DEVICES = "SELECT number, identity, family, seen, address, alias, room, traits FROM devices"
_COMMANDS = "SELECT number, at, body, outcome, after, why, undone FROM commands"


def _device(row: Sequence[Any]) -> Device:  # Any: columns
    number, identity, family, seen, address, alias, room, traits = row
    said = json.loads(seen)
    return Device(
        number=number,
        identity=identity,
        family=family,
        address=address,
        traits=tuple(Trait(each) for each in (json.loads(traits) if traits else said["traits"])),
        properties=tuple(Property(**{**each, "choices": tuple(each["choices"])}) for each in said["properties"]),
        alias=alias,
        room=room,
        said_name=said["name"],
        said_model=" ".join(filter(None, (said["maker"], said["model"]))),
        options=said["options"],
    )


def _neighbour(said: Mapping[str, Any]) -> Neighbour:  # Any: JSON
    return Neighbour(**{**said, "ports": tuple(said["ports"])})


def _event(body: str, kind: type[E]) -> E:
    event = decode(body)
    assert isinstance(event, kind)  # noqa: S101  # as the table says
    return event


def _command(row: Sequence[Any]) -> PastCommand:  # Any: columns
    number, at, body, outcome, after, why, undone = row
    return PastCommand(
        number=number,
        at=at,
        command=_event(body, Commanded),
        outcome=CommandOutcome(outcome) if outcome else None,
        after=json.loads(after) if after else None,
        why=why,
        undone=bool(undone),
    )
