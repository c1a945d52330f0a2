"""What thinking cost, by the record."""

from collections import Counter

from overnight.claw.events import Fired, Resumed, Thought
from overnight.claw.record.record import ClawRecord

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


def schedule_of(record: ClawRecord, turn: int) -> int:
    """The schedule that a turn is of, also one that goes on after an approval; 0: of none."""
    cause = record.event(turn)
    while cause and isinstance(cause.event, Resumed):
        cause = record.event(cause.event.turn)
    return cause.event.schedule if cause and isinstance(cause.event, Fired) else 0


def spent_by_schedule(record: ClawRecord, schedule: int, since: float) -> int:
    """Tokens of all turns of a schedule since a time."""
    tokens: Counter[int] = Counter()
    for entry in record.newest_of(["thought"], LOOKED_AT):
        if entry.at < since:
            break
        if isinstance(entry.event, Thought):
            tokens[entry.event.turn] += entry.event.tokens
    return sum(spent for turn, spent in tokens.items() if schedule_of(record, turn) == schedule)
