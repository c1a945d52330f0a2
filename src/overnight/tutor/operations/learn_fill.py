"""The gaps of a worked example, filled in by the learner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.tutor.course.events import Filled
from overnight.tutor.course.order import require_open, require_predicted
from overnight.tutor.operations._learn import NEXT, Name, StepName, opened, recorded, shown, words_of
from overnight.tutor.teaching.task import filled_in, open_gaps, wrong_gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class FillInput:
    """With what."""

    answers: Annotated[tuple[str, ...], Len(1, 20), Argument(about="One for each gap, in order.", metavar="ANSWER")]
    step: StepName = ""
    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What came of it."""

    curriculum: str
    step: str
    right: bool
    wrong: Sequence[int]  # gaps that are not right, from 1 on
    code: str  # the example without gaps if it was right, else with them
    left: int  # examples of this step that still have gaps


def run(context: Context, given: FillInput) -> Filling:
    """Compare, and take it down.

    Raises:
        UserError: no gap is open, or there is not one answer for each.
    """
    with opened(context, given.curriculum) as lesson:
        step = lesson.step(given.step)
        require_open(step, lesson.progress)
        require_predicted(step, lesson.of(step))
        if not lesson.of(step).attempts:
            raise UserError("the example comes after a first attempt", fix="try the exercise: overnight learn check")
        found = open_gaps(step, lesson.of(step).filled)
        if found is None:
            raise UserError(f"`{step.id}` has no gap left to fill", fix="overnight learn next")
        index, faded = found
        wrong = wrong_gaps(faded, given.answers)
        right = not wrong
        lesson.add(Filled(curriculum=lesson.curriculum.name, step=step.id, item=index, right=right))
        left = len(step.fades) - len(lesson.of(step).filled)
    code = filled_in(faded) if right else faded.code
    return Filling(curriculum=lesson.curriculum.name, step=step.id, right=right, wrong=wrong, code=code, left=left)


def render(found: Filling) -> str:
    """Whether it is right."""
    return "\n".join(["right" if found.right else not_yet(found.wrong), shown(found.code).rstrip(), NEXT])


def not_yet(wrong: Sequence[int]) -> str:
    """Which gaps to think about again."""
    return f"not yet: {'gap' if len(wrong) == 1 else 'gaps'} {', '.join(map(str, wrong))}; look at the example again"


OPERATION = Operation(
    name="learn fill",
    about="Fill the gaps of the example at hand, in order.",
    input=FillInput,
    output=Filling,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
    read_back=recorded,
)
