"""One hint, after an attempt; each is stronger than the one before."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.tutor.course.events import Helped
from overnight.tutor.course.order import next_hint
from overnight.tutor.operations._learn import NEXT, Name, StepName, opened, recorded, shown, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class HintInput:
    """For which step."""

    step: StepName = ""
    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One hint."""

    curriculum: str
    step: str
    hint: str
    number: int  # from 1 on
    hints: int  # in all


def run(context: Context, given: HintInput) -> Hint:
    """Take it down, and give it.

    Raises:
        UserError: there was no attempt since the last one, or all are given.
    """
    with opened(context, given.curriculum) as lesson:
        step = lesson.step(given.step)
        index = next_hint(step, lesson.of(step))
        lesson.add(Helped(curriculum=lesson.curriculum.name, step=step.id, hint=index))
    return Hint(
        curriculum=lesson.curriculum.name, step=step.id, hint=step.hints[index], number=index + 1, hints=len(step.hints)
    )


def render(found: Hint) -> str:
    """The hint."""
    return f"hint {found.number} of {found.hints}: {shown(found.hint)}\n{NEXT}"


OPERATION = Operation(
    name="learn hint",
    about="Give the next hint for the step at hand: one after each attempt.",
    input=HintInput,
    output=Hint,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
    read_back=recorded,
)
