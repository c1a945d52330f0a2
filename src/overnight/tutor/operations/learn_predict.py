"""What a learner expects, before anything is explained."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.tutor.course.events import Predicted
from overnight.tutor.course.order import require_open
from overnight.tutor.operations._learn import NEXT, Name, StepName, opened, recorded, shown, words_of
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictInput:
    """Which choice."""

    number: Annotated[int, Ge(1), Le(9), Argument(about="Of the choice, from 1 on.", metavar="N")]
    step: StepName = ""
    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What came of it."""

    curriculum: str
    step: str
    right: bool
    answer: int  # number of the right choice
    because: str
    as_most: bool  # it is what most people choose
    idea: str  # in the author's words, Markdown
    exercise: str  # Markdown
    file: str  # that the learner edits


def run(context: Context, given: PredictInput) -> Prediction:
    """Take it down, say what is right, and write the file of the exercise.

    Raises:
        UserError: there is no such choice, or it was predicted before, or its turn has not come.
    """
    with opened(context, given.curriculum) as lesson:
        step = lesson.step(given.step)
        require_open(step, lesson.progress)
        asked = step.prediction
        if given.number > len(asked.choices):
            raise UserError(f"there is no choice {given.number}", fix=f"the choices are 1 to {len(asked.choices)}")
        if lesson.of(step).choice is not None:
            raise UserError(f"`{step.id}` was predicted before", fix="overnight learn next")
        path, choice = lesson.provide(step), given.number - 1
        right = choice == asked.answer
        lesson.add(Predicted(curriculum=lesson.curriculum.name, step=step.id, choice=choice, right=right))
    return Prediction(
        curriculum=lesson.curriculum.name,
        step=step.id,
        right=right,
        answer=asked.answer + 1,
        because=asked.because,
        as_most=choice == asked.most,
        idea=step.sections["Idea"],
        exercise=step.sections["Exercise"],
        file=str(path),
    )


def render(found: Prediction) -> str:
    """What is right and why, then the exercise."""
    most = " (most people choose the same)" if found.as_most else ""
    said = "right" if found.right else f"it is choice {found.answer}{most}"
    lines = [f"{said}: {shown(found.because)}", "", shown(found.idea), "", "## Exercise", shown(found.exercise)]
    return "\n".join([*lines, "", f"your file: {printable(found.file, 500)}", "then: overnight learn check", NEXT])


OPERATION = Operation(
    name="learn predict",
    about="Say what you expect, before the step at hand is explained; then its exercise is open.",
    input=PredictInput,
    output=Prediction,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
    read_back=recorded,
)
