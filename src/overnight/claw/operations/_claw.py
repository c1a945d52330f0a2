"""What the operations of a claw share: which claw, its record, and who asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from overnight.claw.charter import TERMINAL
from overnight.claw.events import Finished, Fired, Received
from overnight.claw.folders import find_claw
from overnight.claw.memory.reader import about_turn, asking_turn, member_of
from overnight.claw.record.record import ClawRecord, Person
from overnight.claw.running.service import call_claw
from overnight.operations.operation import Context, Option
from overnight.operations.principal import Address, Kind

Claw = Annotated[str | None, Option(about="Its name; by default the only one.", flags=("--claw",), metavar="NAME")]


@contextmanager
def opened(name: str | None) -> Iterator[tuple[Path, ClawRecord]]:
    """The folder and the record of a claw; one that runs looks at what was recorded at once."""
    folder = find_claw(name)
    with ClawRecord(folder) as record:
        before = record.store.newest()
        yield folder, record
        changed = record.store.newest() != before
    if changed:
        call_claw(folder)


def address_of(context: Context) -> Address:
    """Where who asks is reached."""
    return context.address or Address(TERMINAL, "owner")


def person_of(context: Context, folder: Path, record: ClawRecord) -> Person:
    """For whom it is done: who calls, and for what the claw itself calls the person of its turn.

    That is an agent's word still, unless the person wrote just now; a member stays one.
    """
    principal = context.principal
    if principal.kind is not Kind.AGENT:
        return Person(name=principal.name, role=principal.kind)
    match about_turn(record, asking_turn(context, folder)):
        case Received(person=name, role=role):
            return Person(name=name, role=role)
        case Fired(person=name, role=role) | Finished(person=name, role=role):
            return Person(name=name, role=Kind.AGENT if member_of(record, name, role) is None else Kind.MEMBER)
        case _:
            return Person(name=principal.name, role=Kind.AGENT)
