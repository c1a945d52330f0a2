"""What was switched off because what it needs did not run, as the record has it."""

from dataclasses import dataclass

from overnight.home.events import Commanded, Tripped, decode
from overnight.home.record.record import HomeRecord
from overnight.home.things import CommandOutcome

WATCH = "home watch"  # the principal of its commands
MOST = 20  # commands since, that are looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One that nobody has commanded since."""

    number: int
    why: str
    sent: bool  # something was sent to switch it off
    is_off: bool  # and it was read back


def open_trip(record: HomeRecord, device: int) -> Trip | None:
    """The newest of a device; None if there is none, or somebody set the device since."""
    query = "SELECT seq, body FROM events WHERE device=? AND kind IN ('tripped', 'commanded') ORDER BY seq DESC LIMIT ?"
    sent = is_off = False
    for number, body in record.rows(query, device, MOST):
        match decode(body):
            case Tripped(why=why):
                return Trip(number=number, why=why, sent=sent, is_off=is_off)
            case Commanded(principal=principal) if principal == WATCH:
                past = record.command(number)
                is_off = is_off or (past is not None and past.outcome is CommandOutcome.DONE)
                sent = True
            case _:
                return None
    return None
