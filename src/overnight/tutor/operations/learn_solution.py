"""The solution of a step, after two attempts and when it is asked for."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.tutor.course.events import SOLUTION, Helped
from overnight.tutor.course.order import require_solution
from overnight.tutor.operations._learn import NEXT, Name, StepName, opened, recorded, shown, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionInput:
    """Of which step."""

    step: StepName = ""
    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A program that passes."""

    curriculum: str
    step: str
    code: str


def run(context: Context, given: SolutionInput) -> Solution:
    """Take down that it was shown, and show it.

    Raises:
        UserError: there were too few attempts.
    """
    with opened(context, given.curriculum) as lesson:
        step = lesson.step(given.step)
        require_solution(step, lesson.of(step))
        lesson.add(Helped(curriculum=lesson.curriculum.name, step=step.id, hint=SOLUTION))
    return Solution(curriculum=lesson.curriculum.name, step=step.id, code=step.solution)


OPERATION = Operation(
    name="learn solution",
    about="Show the solution of the step at hand: after two attempts, and only when the learner asks for it.",
    input=SolutionInput,
    output=Solution,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=lambda found: f"{shown(found.code)}\n{NEXT}",
    read_back=recorded,
)
