"""What is looked out for, and what came, as a home's record has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.home.record.record import HomeRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLookout:
    """A lookout that counts."""

    number: int
    device: int
    what: str
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSighting:
    """Something that came."""

    number: int
    lookout: int
    what: str  # that was asked for
    device: int
    seen: float  # Unix time
    label: str
    confirmed: str
    picture: str
    asked: int
    right: bool | None  # by the owner; null: they did not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often the owner was told rightly, of the sightings that they judged."""

    judged: int
    right: int


def lookouts(record: HomeRecord, device: int | None = None) -> Sequence[KnownLookout]:
    """Those that count, of one camera or of all, by number."""
    where, given = (" AND device=?", (device,)) if device is not None else ("", ())
    query = f"SELECT number, device, what, hours FROM lookouts WHERE dropped=0{where} ORDER BY number"  # noqa: S608  # ours
    return [KnownLookout(number=row[0], device=row[1], what=row[2], hours=row[3]) for row in record.rows(query, *given)]


def sightings(
    record: HomeRecord, *, device: int | None = None, what: str = "", told: bool = True, after: int = 0, most: int = 20
) -> Sequence[KnownSighting]:
    """The newest ones, the newest first; `told`: only those that the owner was told of."""
    where = "WHERE s.number>?" + (" AND s.device=?" if device is not None else "")
    where += " AND l.what=?" if what else ""
    where += " AND s.confirmed IN ('yes', 'detector')" if told else ""
    given = (after, *((device,) if device is not None else ()), *((what,) if what else ()), most)
    return [_sighting(row) for row in record.rows(f"{_SIGHTINGS} {where} ORDER BY s.number DESC LIMIT ?", *given)]


def sighting(record: HomeRecord, number: int) -> KnownSighting | None:
    """One of them."""
    return next((_sighting(row) for row in record.rows(f"{_SIGHTINGS} WHERE s.number=?", number)), None)


def tallies(record: HomeRecord) -> Mapping[int, Tally]:
    """By the number of each camera, over what the owner was told and judged."""
    query = (
        "SELECT device, COUNT(*), SUM(correct) FROM sightings"
        " WHERE correct IS NOT NULL AND confirmed IN ('yes', 'detector') GROUP BY device"
    )
    return {device: Tally(judged=judged, right=right) for device, judged, right in record.rows(query)}


_SIGHTINGS = (
    "SELECT s.number, s.lookout, l.what, s.device, s.seen, s.label, s.confirmed, s.picture, s.asked, s.correct"
    " FROM sightings s JOIN lookouts l ON l.number=s.lookout"
)


def _sighting(row: Sequence[object]) -> KnownSighting:
    number, lookout, what, device, seen, label, confirmed, picture, asked, right = row
    return KnownSighting(
        number=int(str(number)),
        lookout=int(str(lookout)),
        what=str(what),
        device=int(str(device)),
        seen=float(str(seen)),
        label=str(label),
        confirmed=str(confirmed),
        picture=str(picture),
        asked=int(str(asked)),
        right=None if right is None else bool(right),
    )
