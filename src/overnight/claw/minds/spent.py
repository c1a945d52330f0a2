"""What thinking cost, by the record."""

from collections import Counter
from collections.abc import Callable

from overnight.claw.events import Fired, Thought
from overnight.claw.memory.reader import about_turn
from overnight.claw.record.record import ClawRecord
from overnight.operations.principal import Kind

LOOKED_AT = 500  # thoughts at a time


def spent_since(record: ClawRecord, since: float) -> tuple[int, float]:
    """Tokens and dollars of all thoughts since a time."""
    tokens, cost_usd = 0, 0.0
    for entry in record.newest_of(["thought"], LOOKED_AT):
        if entry.at < since:
            break
        if isinstance(entry.event, Thought):
            tokens, cost_usd = tokens + entry.event.tokens, cost_usd + entry.event.cost_usd
    return tokens, cost_usd


def label_of(name: str, day: str) -> str:
    """Under which the owner's account has a claw's day."""
    return f"{name}/{day}"


def schedule_of(record: ClawRecord, turn: int) -> int:
    """The schedule that a turn is of, also one that goes on after an approval; 0: of none."""
    about = about_turn(record, turn)
    return about.schedule if isinstance(about, Fired) else 0


def is_of_guest(record: ClawRecord, turn: int) -> bool:
    """Whether a turn is a guest's."""
    return getattr(about_turn(record, turn), "role", None) is Kind.GUEST


def spent_by(record: ClawRecord, is_meant: Callable[[ClawRecord, int], bool], since: float) -> int:
    """Tokens of some turns since a time."""
    tokens: Counter[int] = Counter()
    for entry in record.newest_of(["thought"], LOOKED_AT):
        if entry.at < since:
            break
        if isinstance(entry.event, Thought):
            tokens[entry.event.turn] += entry.event.tokens
    return sum(spent for turn, spent in tokens.items() if is_meant(record, turn))
