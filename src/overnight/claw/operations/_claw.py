"""What the operations of a claw share: which claw, its record, and who asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from overnight.claw.charter import TERMINAL
from overnight.claw.events import Finished, Fired, Received
from overnight.claw.folders import find_claw
from overnight.claw.memory.reader import about_turn, asking_turn, member_of, reader_of
from overnight.claw.record.record import ClawRecord, Person
from overnight.claw.running.process import call_claw
from overnight.operations.operation import Context, Option
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Address, Kind
from overnight.words.foreign import printable

Claw = Annotated[str | None, Option(about="Its name; by default the only one.", flags=("--claw",), metavar="NAME")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichClaw:
    """The input of what needs nothing but a claw."""

    claw: Claw = None


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


class OfClaw(Protocol):
    """An input that says which claw."""

    @property
    def claw(self) -> Claw:
        """Its name."""
        ...


def of_owner(context: Context, given: OfClaw) -> None:
    """Let nobody else use what is the owner's, also if the claw does it for them.

    Raises:
        NotAllowed: it would be for a member.
    """
    with opened(given.claw) as (folder, record):
        if member := reader_of(context, folder, record):
            raise NotAllowed(f"that is the owner's, and {printable(member, 40)} is not the owner", fix="ask the owner for it")


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
            agents = Kind.AGENT if member_of(record, name, role) is None else Kind.MEMBER
            return Person(name=name, role=role if role.is_let_in else agents)
        case _:
            return Person(name=principal.name, role=Kind.AGENT)
