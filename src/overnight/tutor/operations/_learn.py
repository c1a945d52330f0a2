"""What the operations of the tutor share: whose record it is, which curriculum, and how it is shown."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Protocol

from annotated_types import Len

from overnight.operations.operation import Context, Option, Settled
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Kind, Origin
from overnight.tutor.form.places import own_names
from overnight.tutor.record.record import OWNER
from overnight.tutor.teaching.lesson import Lesson, lesson
from overnight.words.foreign import printable_lines

Name = Annotated[str, Len(0, 40), Option(about="Of the curriculum; by default the one begun last.", metavar="NAME")]
StepName = Annotated[str, Len(0, 40), Option(about="Of the step; by default the one at hand.", metavar="STEP")]
TEXT = 20_000  # characters of a section
NEXT = "next: overnight learn next"


def learner_of(context: Context) -> str:
    """Whose record a call is about: the owner's, also through an agent of theirs, or a member's own.

    Raises:
        NotAllowed: an agent calls for somebody else, and it is not known for whom.
    """
    if context.principal.kind.is_let_in:
        return f"{context.principal.kind}-{context.principal.name}"
    if context.for_others or context.principal.kind is Kind.STRANGER:
        raise NotAllowed("an agent teaches its owner alone", fix="call it as the member who learns")
    return OWNER


@contextmanager
def opened(context: Context, name: str) -> Iterator[Lesson]:
    """The curriculum as who calls has it."""
    with lesson(learner_of(context), name) as found:
        yield found


class OfCurriculum(Protocol):
    """An answer that says which curriculum it is from."""

    @property
    def curriculum(self) -> str:
        """Its name."""
        ...


def words_of(found: OfCurriculum) -> Origin:
    """Whose words it has: ours, unless somebody else wrote the curriculum."""
    return Origin.CLAW if found.curriculum in own_names() else Origin.TOOL


def shown(text: str) -> str:
    """A text of a curriculum, printable."""
    return printable_lines(text, TEXT)


def bullets(heading: str, lines: Sequence[str]) -> list[str]:
    """A list below a heading; nothing without lines."""
    return ["", heading, *(f"  {number}. {shown(line)}" for number, line in enumerate(lines, 1))] if lines else []


def recorded(_context: Context, _given: object, found: object) -> Settled:
    """The `read_back` of what is recorded before it answers: after a kill the learner does it again, at no cost."""
    return Settled.NOT_DONE if found is None else Settled.DONE
