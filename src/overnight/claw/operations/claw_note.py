"""Something to know from now on."""

from dataclasses import dataclass
from typing import Annotated

from overnight.claw.events import FactSet
from overnight.claw.memory.facts import known_facts
from overnight.claw.memory.reader import asking_turn, reader_of
from overnight.claw.operations._claw import Claw, opened, person_of
from overnight.claw.record.record import ClawRecord
from overnight.errors import UserError
from overnight.ledger.sealed import seal
from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteInput:
    """What to know."""

    text: Annotated[str, Argument(about="What to know, in a sentence.")]
    corrects: Annotated[int, Option(about="Number of the fact that it takes the place of.", metavar="N")] = 0
    private: Annotated[bool, Option(about="Its words never leave this machine for a model.")] = False
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that the claw knows."""

    number: int
    text: str
    origin: Origin  # whose words they are


def run(context: Context, given: NoteInput) -> Fact:
    """Record it."""
    with opened(given.claw) as (folder, record):
        private = given.private or _corrects_private(record, given.corrects, reader_of(context, folder, record))
        text = seal(user_broker().scrubber().text(given.text))
        supersedes = (given.corrects,) if given.corrects else ()
        person, turn = person_of(context, folder, record), asking_turn(context, folder)
        fact = FactSet(
            text=text.ref, origin=context.origin, person=person.name, turn=turn, supersedes=supersedes, private=private
        )
        number = record.append(fact, texts=[text])
        return Fact(number=number, text=text.text, origin=context.origin)


def _corrects_private(record: ClawRecord, number: int, reader: str | None) -> bool:
    """Whether what is corrected is private, and so is what takes its place.

    Raises:
        UserError: it is no fact that stands, or another person's.
    """
    if not number:
        return False
    if not any(fact.number == number for fact in known_facts(record, reader=reader)):
        raise UserError(f"there is no fact #{number}", fix="`claw memory` lists them")
    entry = record.event(number)
    return entry is not None and isinstance(entry.event, FactSet) and entry.event.private


def read_back(_context: Context, given: NoteInput, found: Fact | None) -> Settled:
    """Whether it is known."""
    with opened(given.claw) as (_, record):
        facts = record.facts()
        texts = record.texts([fact.text for _, fact in facts])
    known = any(number == found.number for number, _ in facts) if found else given.text in texts
    return Settled.DONE if known else Settled.NOT_DONE


OPERATION = Operation(
    name="claw note",
    about="Have the claw know something from now on.",
    input=NoteInput,
    private=True,
    output=Fact,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: f"noted as #{found.number}: {printable(found.text, 200)}",
    read_back=read_back,
)
