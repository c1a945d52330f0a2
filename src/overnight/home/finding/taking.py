"""What a scan found against what was known: taken down in the record, with what is new, gone, moved, or there twice."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.home.events import Scanned
from overnight.home.finding.scan import Findings, Plan, Sighting
from overnight.home.record.record import HomeRecord
from overnight.home.record.seen import take_down
from overnight.home.things import Device, Neighbour

Key = tuple[str, str]  # of a device: family and identity; of a neighbour: kind and key


class Change(StrEnum):
    """How something differs from what was known."""

    SAME = ""
    NEW = "new"
    MOVED = "moved"
    TWICE = "there twice"  # one identity at several addresses: at most one of them is what it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A device or another neighbour that is there."""

    neighbour: Neighbour
    device: Device | None  # None: it has no driver, or its driver could not ask it, or it is there twice
    change: Change
    elsewhere: str = ""  # where it was before, or is as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A subnet as it is now."""

    taken: Sequence[Taken]
    gone: Sequence[Neighbour]


def take(record: HomeRecord, plan: Plan, findings: Findings) -> Changes:
    """Record what was found; an identity that is there twice is not."""
    before = {_key(each): each for each in record.scans().get(str(plan.subnet), ())}
    places = _places(findings.sightings)
    taken: list[Taken] = []
    for sighting in sorted(findings.sightings, key=lambda each: _order(each.neighbour)):
        taken += _taken(record, sighting, before, places)
    now = {_key(each.neighbour): each.neighbour for each in findings.sightings}
    whole = findings.is_complete and plan.kind is None
    gone = [each for key, each in before.items() if whole and key not in now]
    known = sorted((now if whole else before | now).values(), key=_order)
    if known != list(record.scans().get(str(plan.subnet), ())) or str(plan.subnet) not in record.scans():
        record.append(Scanned(subnet=str(plan.subnet), neighbours=known))
    return Changes(taken=taken, gone=gone)


def _taken(
    record: HomeRecord, sighting: Sighting, before: Mapping[Key, Neighbour], places: Mapping[Key, Sequence[str]]
) -> Iterable[Taken]:
    neighbour = sighting.neighbour
    twice = [place for place in places[_key(neighbour)] if place != neighbour.address]
    devices = []
    for found in sighting.found:
        identity = (found.family, found.description.identity)
        twice += [place for place in places[identity] if place != found.address and place not in twice]
        if twice:
            continue
        was = record.known(*identity)
        try:
            device = take_down(record, found)
        except ValueError:  # it does not say who it is, so that it cannot be known again
            continue
        moved = was is not None and was.address != found.address
        change = Change.NEW if was is None else Change.MOVED if moved else Change.SAME
        devices.append(Taken(neighbour=neighbour, device=device, change=change, elsewhere=was.address if was and moved else ""))
    if twice:
        return [Taken(neighbour=neighbour, device=None, change=Change.TWICE, elsewhere=", ".join(twice))]
    if devices:
        return devices
    last = before.get(_key(neighbour))
    moved = last is not None and last.address != neighbour.address
    change = Change.NEW if last is None else Change.MOVED if moved else Change.SAME
    return [Taken(neighbour=neighbour, device=None, change=change, elsewhere=last.address if last and moved else "")]


def _places(sightings: Iterable[Sighting]) -> Mapping[Key, Sequence[str]]:
    """The addresses at which each identity answers."""
    found: dict[Key, list[str]] = {}
    for each in sightings:
        neighbour = each.neighbour
        if neighbour.key != neighbour.mac:  # one machine may have several addresses
            found.setdefault(_key(neighbour), []).append(neighbour.address)
        else:
            found.setdefault(_key(neighbour), [])
        for device in each.found:
            at = found.setdefault((device.family, device.description.identity), [])
            if device.address not in at:
                at.append(device.address)
    return found


def _key(neighbour: Neighbour) -> Key:
    return neighbour.kind, neighbour.key


def _order(neighbour: Neighbour) -> tuple[int, str, str]:
    host = neighbour.address.partition(":")[0]
    return int(ipaddress.IPv4Address(host)), neighbour.kind, neighbour.key
