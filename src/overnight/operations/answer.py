"""The owner's answer to a question, for `approve` and `refuse`."""

from dataclasses import dataclass
from typing import Annotated

from overnight.operations.operation import Argument, Context
from overnight.operations.record import open_record
from overnight.operations.tables import Refused
from overnight.operations.views import ApprovalEntry, entry_of

DIGITS = 9  # of a number; a nonce is longer


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerInput:
    """Which question."""

    which: Annotated[str, Argument(about="Its number in `approvals`, or its nonce.", metavar="N")]


def answer(context: Context, which: str, *, granted: bool) -> ApprovalEntry:
    """Answer a question as the owner; the door lets nobody else call this.

    Raises:
        Refused: there is no such question, it does not wait any more, or this channel may not answer it.
    """
    with open_record() as record:
        number = int(which) if which.isascii() and which.isdigit() and len(which) <= DIGITS else None
        found = record.by_nonce(which) if number is None else record.by_number(number)
        if found is None:
            raise Refused("there is no such approval", fix="see `overnight approvals`")
        if granted and found.call.tier.exceeds(context.ceiling):
            raise Refused(f"what is {found.call.tier} is not approved over this channel", fix="answer in your terminal")
        answered = record.answer(found.number, granted=granted, by=str(context.principal), address=context.address)
        return entry_of(answered, record.now)
