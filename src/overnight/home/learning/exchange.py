"""The exchange in which a driver is written: what its writer was shown, what it wrote, and what was wrong with that; on disk.

It is kept after each step, so that what was paid for is not lost when it is cut off.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.files.own import make_folder
from overnight.home.learning.pages import Page
from overnight.home.record.record import home_folder
from overnight.home.things import Trait
from overnight.ledger.json_text import dump, load

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FOLDER = "exchanges"
ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One try."""

    source: str  # empty: the answer had none
    problems: Sequence[str] | None = None  # null: it is not judged yet; empty: it is right as far as reading shows
    heard: Sequence[str] = ()  # what the device answered to it; foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """All tries for one device."""

    address: str
    trait: Trait | None
    documents: Sequence[str]  # that the owner gave; foreign
    pages: Sequence[Page] = ()
    rounds: Sequence[Round] = ()
    tokens: int = 0
    cost_usd: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it can go on: its newest try is not known to be wrong, or there is room for another one."""
        return len(self.rounds) < ROUNDS or not self.rounds[-1].problems

    def is_about(self, other: "Exchange") -> bool:
        """Whether it was asked in the same words."""
        return (self.address, self.trait, [*self.documents]) == (other.address, other.trait, [*other.documents])

    def judged(self, last: Round) -> "Exchange":
        """The same with another last round."""
        return replace(self, rounds=[*self.rounds[:-1], last])


def kept_exchange(address: str) -> Exchange | None:
    """The exchange about an address, if there is one that can be read."""
    try:
        found: Exchange = load(_adapter(), _path(address).read_bytes())
    except (OSError, ValueError):
        return None
    return found


def keep_exchange(exchange: Exchange) -> None:
    """Keep it in place of the one before."""
    path = _path(exchange.address)
    make_folder(path.parent)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(dump(_adapter(), exchange))
    fresh.replace(path)


def object_to(address: str, source: str, problems: Sequence[str]) -> bool:
    """Take down what a trial found wrong with the newest try, so that its writer reads it; whether it can go on."""
    found = kept_exchange(address)
    if found is None or not found.rounds or found.rounds[-1].source != source:
        return False
    found = found.judged(replace(found.rounds[-1], problems=problems))
    keep_exchange(found)
    return found.is_open


def _path(address: str) -> Path:
    return home_folder() / FOLDER / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"


def _adapter() -> "TypeAdapter[Exchange]":
    from pydantic import TypeAdapter

    return TypeAdapter(Exchange)
