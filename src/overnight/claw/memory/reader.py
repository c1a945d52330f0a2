"""Whose memory a call may read: a member's is their own, also when the claw looks for them."""

from collections.abc import Sequence
from pathlib import Path

from overnight.claw.events import Event, Resumed, TurnBegun
from overnight.claw.memory.search import Found, mentioned, search
from overnight.claw.port import Turn
from overnight.claw.record.record import ClawRecord
from overnight.claw.taint import is_tainted
from overnight.operations.operation import Context
from overnight.operations.principal import Kind


def reader_of(context: Context, folder: Path, record: ClawRecord) -> str | None:
    """The member or guest for whom a call reads; None: the owner, or a program of theirs."""
    if context.principal.kind.is_let_in:
        return context.principal.name
    event = about_turn(record, asking_turn(context, folder)) if context.principal.kind is Kind.AGENT else None
    return member_of(record, str(getattr(event, "person", "")), getattr(event, "role", Kind.STRANGER))


def about_turn(record: ClawRecord, turn: int) -> Event | None:
    """What a turn is about; of one that goes on with another one after an approval, what that is about."""
    cause = record.event(turn) if turn else None
    while cause is not None and isinstance(cause.event, Resumed):
        cause = record.event(cause.event.turn)
    return cause.event if cause else None


def member_of(record: ClawRecord, person: str, role: Kind) -> str | None:
    """The member or guest whose turn it is, also if the claw itself set what fell due for them; None: it is the owner's."""
    if role.is_let_in:
        return person
    is_theirs = role is Kind.AGENT and any(who.name == person and who.role.is_let_in for _, _, who in record.addresses())
    return person if is_theirs else None


def asking_turn(context: Context, folder: Path) -> int:
    """The turn that calls, by the key that a claw gives its calls; 0: none does."""
    name, _, rest = context.key.partition(" ")
    number = rest.partition(" ")[0]
    return int(number) if name == folder.name and number.isascii() and number.isdigit() else 0


def recall_for(record: ClawRecord, turn: Turn, limit: int = 10) -> Sequence[Found]:
    """What a mind may read beside a turn that begins, best first: nothing of another person, and no words of strangers."""
    reader = member_of(record, turn.person, turn.role)
    with record.store.reading() as db:
        found = search(db, turn.text, reader=reader, limit=2 * limit, but=turn.number)
    return [each for each in found if not is_tainted(each.origin)][:limit]


def recalled_in(record: ClawRecord, turn: Turn) -> Sequence[Found]:
    """What a turn recalled as it began: the same at each of its steps, so that a provider can keep what it has read."""
    begun = [entry.event.recalled for entry in record.turn(turn.number) if isinstance(entry.event, TurnBegun)]
    with record.store.reading() as db:
        found = mentioned(db, begun[0] if begun else (), reader=member_of(record, turn.person, turn.role))
    return [each for each in found if not is_tainted(each.origin)]
