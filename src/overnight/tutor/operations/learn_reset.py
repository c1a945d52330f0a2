"""Steps are begun anew; what was done stays in the record."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.tutor.course.events import Reset
from overnight.tutor.operations._learn import NEXT, Name, opened, recorded, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetInput:
    """Which one."""

    step: Annotated[str, Len(0, 40), Argument(about="Of the step; by default all of them.", metavar="STEP")] = ""
    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetDone:
    """What is begun anew."""

    curriculum: str
    step: str  # empty: all


def run(context: Context, given: ResetInput) -> ResetDone:
    """Take it down; the learner's files stay as they are.

    Raises:
        UserError: there is no such step.
    """
    with opened(context, given.curriculum) as lesson:
        step = lesson.step(given.step).id if given.step else ""
        lesson.add(Reset(curriculum=lesson.curriculum.name, step=step))
        return ResetDone(curriculum=lesson.curriculum.name, step=step)


OPERATION = Operation(
    name="learn reset",
    about="Begin a step, or all of them, anew; your files and the record stay.",
    input=ResetInput,
    output=ResetDone,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=lambda found: f"{found.curriculum}, {found.step or 'all steps'}: begun anew; your files are as they were\n{NEXT}",
    read_back=recorded,
)
