"""Tables derived from a home's events: the devices, what they said last, commands, scenes, rules and learned drivers."""

import json
import sqlite3
from dataclasses import asdict

from overnight.home.events import (
    Commanded,
    DeviceConfirmed,
    DeviceDropped,
    DeviceSeen,
    DriverTrusted,
    Event,
    Lost,
    Read,
    RuleDropped,
    RuleSet,
    Scanned,
    SceneSet,
    Settled,
)
from overnight.home.things import CommandOutcome
from overnight.ledger.port import Recorded


class Devices:
    """Each device as it was seen last, with what the owner said of it; implements `Projection`."""

    kinds = ("device_seen", "device_confirmed", "device_dropped")
    schema = """
    CREATE TABLE IF NOT EXISTS devices(
      number INTEGER PRIMARY KEY, identity TEXT NOT NULL, family TEXT NOT NULL, seen TEXT NOT NULL, said TEXT NOT NULL,
      seen_at REAL NOT NULL, address TEXT NOT NULL, alias TEXT NOT NULL DEFAULT '', room TEXT NOT NULL DEFAULT '',
      traits TEXT, dropped INTEGER NOT NULL DEFAULT 0, UNIQUE(family, identity));
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute("DELETE FROM devices")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """See one, or take down what the owner said of it.

        What a device that they confirmed says of itself later, such as that it is a lamp and no lock, or stands elsewhere,
        counts only when they say so.
        """
        match entry.event:
            case DeviceSeen() as seen:
                body = json.dumps(asdict(seen))
                row = (entry.seq, seen.identity, seen.family, body, body, entry.at, seen.address)
                db.execute(
                    "INSERT INTO devices(number, identity, family, seen, said, seen_at, address) VALUES(?,?,?,?,?,?,?)"
                    " ON CONFLICT(family, identity) DO UPDATE SET said=excluded.said, seen_at=excluded.seen_at, dropped=0,"
                    " seen=CASE WHEN alias='' THEN excluded.seen ELSE seen END,"
                    " address=CASE WHEN alias='' THEN excluded.address ELSE address END",
                    row,
                )
            case DeviceConfirmed(device=number, alias=alias, room=room, traits=traits, moved_to=moved):
                known = json.dumps(traits) if traits is not None else None
                db.execute(
                    "UPDATE devices SET alias=?, room=?, traits=COALESCE(?, traits), address=COALESCE(?, address),"
                    " seen=CASE WHEN ? IS NULL THEN seen ELSE said END, dropped=0 WHERE number=?",
                    (alias, room, known, moved, moved, number),
                )
            case DeviceDropped(device=number):
                db.execute("UPDATE devices SET dropped=1, alias='' WHERE number=?", (number,))
            case _:
                pass


class Readings:
    """What each device answered last; implements `Projection`."""

    kinds = ("read", "lost", "settled", "commanded")
    schema = """
    CREATE TABLE IF NOT EXISTS readings(
      device INTEGER PRIMARY KEY, value TEXT NOT NULL, asked REAL NOT NULL, lost TEXT NOT NULL DEFAULT '');
    CREATE TABLE IF NOT EXISTS commands(
      number INTEGER PRIMARY KEY, device INTEGER NOT NULL, at REAL NOT NULL, body TEXT NOT NULL, scene INTEGER,
      outcome TEXT, after TEXT, why TEXT NOT NULL DEFAULT '', undone INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS commands_of ON commands(device, number);
    CREATE INDEX IF NOT EXISTS open_commands ON commands(device) WHERE outcome IS NULL OR outcome='unknown';
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        db.execute("DELETE FROM readings")
        db.execute("DELETE FROM commands")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Take down a reading, a command, or what became of one."""
        match entry.event:
            case Read(device=device, values=values, asked=asked):
                given = (device, json.dumps(dict(values)), asked)
                db.execute("INSERT OR REPLACE INTO readings(device, value, asked) VALUES(?,?,?)", given)
            case Lost(device=device, why=why):
                query = "INSERT INTO readings VALUES(?,'{}',0,?) ON CONFLICT(device) DO UPDATE SET lost=excluded.lost"
                db.execute(query, (device, why))
            case Commanded() as command:
                row = (entry.seq, command.device, entry.at, json.dumps(asdict(command)), command.scene)
                db.execute("INSERT INTO commands(number, device, at, body, scene) VALUES(?,?,?,?,?)", row)
            case Settled(command=number, outcome=outcome, after=after, why=why):
                text = json.dumps(dict(after)) if after is not None else None
                db.execute("UPDATE commands SET outcome=?, after=?, why=? WHERE number=?", (outcome, text, why, number))
                if outcome is CommandOutcome.DONE:
                    db.execute(
                        "UPDATE commands SET undone=1"
                        " WHERE number=(SELECT json_extract(body, '$.undoes') FROM commands WHERE number=?)",
                        (number,),
                    )
            case _:
                pass


class Plans:
    """The owner's scenes and rules; implements `Projection`."""

    kinds = ("scene_set", "rule_set", "rule_dropped", "device_dropped")
    schema = """
    CREATE TABLE IF NOT EXISTS scenes(name TEXT PRIMARY KEY, steps TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS rules(number INTEGER PRIMARY KEY, device INTEGER NOT NULL, body TEXT NOT NULL);
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the tables."""
        db.execute("DELETE FROM scenes")
        db.execute("DELETE FROM rules")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Set or drop one."""
        match entry.event:
            case SceneSet(name=name, steps=steps) if steps:
                text = json.dumps([[number, dict(want)] for number, want in steps])
                db.execute("INSERT OR REPLACE INTO scenes VALUES(?,?)", (name, text))
            case SceneSet(name=name):
                db.execute("DELETE FROM scenes WHERE name=?", (name,))
            case RuleSet(device=device) as rule:
                db.execute("INSERT INTO rules VALUES(?,?,?)", (entry.seq, device, json.dumps(asdict(rule))))
            case RuleDropped(rule=number):
                db.execute("DELETE FROM rules WHERE number=?", (number,))
            case DeviceDropped(device=device):
                db.execute("DELETE FROM rules WHERE device=?", (device,))
            case _:
                pass


class Scans:
    """What answered the last scan of each subnet; implements `Projection`."""

    kinds = ("scanned",)
    schema = "CREATE TABLE IF NOT EXISTS scans(subnet TEXT PRIMARY KEY, neighbours TEXT NOT NULL);"

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute("DELETE FROM scans")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Take down a scan."""
        if isinstance(entry.event, Scanned):
            text = json.dumps([asdict(each) for each in entry.event.neighbours])
            db.execute("INSERT OR REPLACE INTO scans VALUES(?,?)", (entry.event.subnet, text))


class Drivers:
    """The learned drivers that the owner trusts, each for one address; implements `Projection`."""

    kinds = ("driver_trusted",)
    schema = """
    CREATE TABLE IF NOT EXISTS drivers(
      digest TEXT NOT NULL, address TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(digest, address));
    """

    def clear(self, db: sqlite3.Connection) -> None:
        """Empty the table."""
        db.execute("DELETE FROM drivers")

    def apply(self, db: sqlite3.Connection, entry: Recorded[Event]) -> None:
        """Trust one."""
        if isinstance(entry.event, DriverTrusted):
            row = (entry.event.digest, entry.event.address, json.dumps(asdict(entry.event)))
            db.execute("INSERT OR REPLACE INTO drivers VALUES(?,?,?)", row)
