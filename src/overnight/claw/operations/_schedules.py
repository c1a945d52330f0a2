"""What the operations on schedules share: finding one, and who may change it."""

from overnight.claw.memory.reader import reader_of
from overnight.claw.record.record import ClawRecord
from overnight.claw.record.schedules import Planned
from overnight.errors import UserError
from overnight.operations.operation import Context


def the_schedule(record: ClawRecord, number: int, context: Context) -> Planned:
    """The schedule or watch of a number, for a caller who may change it.

    Raises:
        UserError: there is none, or it is another person's.
    """
    found = record.schedule(number)
    reader = reader_of(context, record.folder.parent, record)
    if found is None or (reader is not None and found.set.person != reader):
        raise UserError(f"there is no schedule #{number}", fix="`claw schedule` lists them")
    return found
