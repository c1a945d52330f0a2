"""What can be learnt here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Origin
from overnight.tutor.course.events import Begun
from overnight.tutor.form.curriculum import Curriculum
from overnight.tutor.form.places import curriculum_in, own_curriculum, own_names
from overnight.tutor.operations._learn import learner_of, shown
from overnight.tutor.record.record import LearnerRecord, has_record
from overnight.words.foreign import printable
from overnight.words.quantities import counted

SHOWN = 500  # characters of a path or a problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInput:
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumLine:
    """One curriculum."""

    name: str
    title: str
    about: str
    steps: Sequence[str]  # ids in order
    source: str  # folder of one of the learner's own; empty: it comes with this version
    folder: str  # where the learner's files are; empty: it is not begun
    problem: str  # why it cannot be opened; empty: it can


def run(context: Context, _given: ListInput) -> Sequence[CurriculumLine]:
    """Those that come with us, then those that the learner began from a folder of their own."""
    begun = _begun(context)
    folders = {each.curriculum: each.folder for each in begun if not each.source}
    ours = [_line(own_curriculum(name), folder=folders.get(name, "")) for name in own_names()]
    return [*ours, *(_own(each) for each in begun if each.source)]


def _begun(context: Context) -> Sequence[Begun]:
    try:
        learner = learner_of(context)
    except NotAllowed:  # nobody's record is theirs; what comes with us is for all
        return []
    if not has_record(learner):
        return []
    with LearnerRecord(learner) as record:
        return record.all_begun()


def _own(begun: Begun) -> CurriculumLine:
    try:
        return _line(curriculum_in(Path(begun.source)), source=begun.source, folder=begun.folder)
    except UserError as error:
        return CurriculumLine(
            name=begun.curriculum, title="", about="", steps=(), source=begun.source, folder=begun.folder, problem=str(error)
        )


def _line(found: Curriculum, *, source: str = "", folder: str = "") -> CurriculumLine:
    ids = [step.id for step in found.steps]
    return CurriculumLine(
        name=found.name, title=found.title, about=found.about, steps=ids, source=source, folder=folder, problem=""
    )


def render(found: Sequence[CurriculumLine]) -> str:
    """A line for each."""
    lines = [f"{each.name:18} {counted(len(each.steps), 'step'):>9}  {_about(each)}" for each in found]
    return "\n".join([*lines, "to begin one: overnight learn NAME, or for an agent: overnight learn start NAME"])


def _about(each: CurriculumLine) -> str:
    text = f"cannot be opened: {printable(each.problem, SHOWN)}" if each.problem else shown(each.about)
    return f"{text} (yours, from {printable(each.source, SHOWN)})" if each.source else text


def words_of(found: Sequence[CurriculumLine]) -> Origin:
    """Whose words it has: ours, unless one is of somebody else."""
    return Origin.TOOL if any(each.source for each in found) else Origin.CLAW


OPERATION = Operation(
    name="learn list",
    about="List what can be learnt here.",
    input=ListInput,
    output=Sequence[CurriculumLine],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
)
