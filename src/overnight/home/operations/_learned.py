"""What the operations of learned drivers share: what was found of each, as it is kept and shown."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from overnight.errors import UserError
from overnight.home.drivers._jailed import Asked
from overnight.home.drivers._pinned import findings_of, kept, path_of, recorded_of
from overnight.home.operations._home import value_words
from overnight.home.record.record import HomeRecord
from overnight.home.things import Trait, Value
from overnight.ledger.json_text import dump, load
from overnight.words.foreign import printable
from overnight.words.quantities import counted

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SHORT = 12  # characters of a hash that are shown in a list
MOST = 20  # requests that are shown
LONGEST = 4_000_000  # characters of a record


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedDriver:
    """A driver file, and what was found of it without changing anything."""

    hash: str  # SHA-256 of the file
    file: str
    address: str  # the only one that it reaches
    made: (
        str  # from `thing`: what the device says of itself, `openapi`, `file`: one that was given, `model`, or an agent's name
    )
    trait: Trait | None  # what the owner says that the device is; null: as it says
    problems: Sequence[str]  # why it cannot be trusted; empty: it can
    name: str = ""  # of the device, as the driver says; foreign
    traits: Sequence[str] = ()
    can_set: Sequence[str] = ()  # properties that it says can be set
    values: Mapping[str, Value] | None = None  # as it read them
    asked: Sequence[str] = ()  # what it asked of the device; foreign
    sends: Sequence[str] = ()  # what it would send to set each property to another value; foreign
    left_out: Sequence[str] = ()  # of the device's description, and why; foreign
    rounds: int = 0  # that its writer needed, by `model` or an agent
    tokens: int = 0  # that writing it took
    cost_usd: float = 0.0
    trusted: bool = False
    tried: Sequence[str] = ()  # properties that may be set


def requests(asked: Sequence[Asked]) -> Sequence[str]:
    """Each different request, as a line."""
    lines = (printable(f"{each.method} {each.path} {each.body}".rstrip(), 120) for each in asked)
    return list(dict.fromkeys(lines))[:MOST]


def as_text(found: LearnedDriver) -> str:
    """As it is kept."""
    return dump(_adapter(), found).decode()


def record_text(asked: Sequence[Asked]) -> str:
    """What was asked and answered, as it is kept; empty if it is too long."""
    text = dump(_record(), list(asked)).decode()
    return text if len(text) <= LONGEST else ""


def record_of(digest: str) -> Sequence[Asked]:
    """What was asked and answered when a file was judged; empty if that is not kept."""
    text = recorded_of(digest)
    found: Sequence[Asked] = load(_record(), text) if text else ()
    return found


def _record() -> "TypeAdapter[Sequence[Asked]]":
    from pydantic import TypeAdapter

    return TypeAdapter(Sequence[Asked])


def found_of(digest: str) -> LearnedDriver:
    """What was found of a file, and whether it is trusted.

    Raises:
        UserError: that cannot be read.
    """
    try:
        found: LearnedDriver = load(_adapter(), findings_of(digest))
    except (OSError, ValueError) as error:
        raise UserError(f"what was found of the driver {digest[:SHORT]} cannot be read", fix="overnight home learn") from error
    with HomeRecord() as record:
        trusted = record.trusted(digest, found.address)
    tried = trusted.tried if trusted else ()
    return replace(found, hash=digest, file=str(path_of(digest)), trusted=trusted is not None, tried=tried)


def all_found() -> Iterator[LearnedDriver]:
    """The same of all files of which it can be read."""
    for each in kept():
        with suppress(UserError):
            yield found_of(each)


def _adapter() -> "TypeAdapter[LearnedDriver]":
    from pydantic import TypeAdapter

    return TypeAdapter(LearnedDriver)


def driver_words(found: LearnedDriver) -> str:
    """What the owner reads before they trust it."""
    stands = "trusted" if found.trusted else "has problems" if found.problems else "not trusted yet"
    kinds = ", ".join(found.traits)
    lines = [f"{found.hash[:SHORT]} for {found.address}, made from {found.made}: {stands}"]
    lines += [f"  problem: {printable(each, 200)}" for each in found.problems]
    if found.values is not None:
        lines.append(
            f"  it says that the device is `{printable(found.name, 40)}` [{kinds}] and now: {value_words(found.values)}"
        )
        lines.append(f"  can set: {', '.join(found.tried if found.trusted else found.can_set) or 'nothing'}")
    lines += [f"  asks: {each}" for each in found.asked]
    lines += [f"  to set it, sends: {each}" for each in found.sends]
    lines += [f"  left out: {printable(each, 160)}" for each in found.left_out]
    if found.rounds:
        cost = f", ${found.cost_usd:.4f}" if found.cost_usd else ""
        lines.append(f"  written in {counted(found.rounds, 'round')}, {counted(found.tokens, 'token')}{cost}")
    lines.append(f"  reaches: {found.address} alone; its file: {printable(found.file, 300)}")
    return "\n".join(lines)
