"""How far a learner is: what they predicted, tried and passed, and what is due to be shown again."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.tutor.course import order
from overnight.tutor.course.order import Phase
from overnight.tutor.operations._learn import NEXT, Name, opened, words_of
from overnight.words.foreign import printable
from overnight.words.moments import moment
from overnight.words.quantities import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInput:
    """Of which curriculum."""

    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step."""

    step: str  # id
    title: str
    phase: Phase
    is_open: bool  # what it needs is passed
    predicted_right: bool | None  # null: nothing was predicted yet
    attempts: int  # until it was passed
    hints: int  # that were given
    solution_shown: bool
    passed_at: float | None  # Unix time of the checks that passed, s; null: it is not passed
    explained: int  # how often
    reviews: int  # that were passed
    due: float | None  # Unix time at which it is to be shown again, s


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnStatus:
    """How far one curriculum is."""

    curriculum: str
    title: str
    folder: str  # where the learner's files are
    passed: int  # steps, by their checks
    steps: Sequence[StepLine]
    due: Sequence[str]  # steps that are to be shown again now


def run(context: Context, given: StatusInput) -> LearnStatus:
    """As the record has it."""
    with opened(context, given.curriculum) as lesson:
        progress, curriculum = lesson.progress, lesson.curriculum
        again = order.due(curriculum, progress, lesson.record.clock())
    lines = [
        StepLine(
            step=step.id,
            title=step.title,
            phase=order.phase_of(step, each),
            is_open=all(progress.of(need).passed_at is not None for need in step.needs),
            predicted_right=None if each.choice is None else each.predicted_right,
            attempts=each.attempts,
            hints=each.hints,
            solution_shown=each.solution_shown,
            passed_at=each.passed_at,
            explained=each.explained,
            reviews=each.reviews,
            due=each.due,
        )
        for step in curriculum.steps
        for each in [progress.of(step.id)]
    ]
    return LearnStatus(
        curriculum=curriculum.name,
        title=curriculum.title,
        folder=str(lesson.folder),
        passed=sum(each.passed_at is not None for each in lines),
        steps=lines,
        due=[each.id for each in again],
    )


def render(found: LearnStatus) -> str:
    """A line for each step."""
    lines = [f"{printable(found.title, 200)}: {found.passed} of {counted(len(found.steps), 'step')} passed"]
    lines += map(_line, found.steps)
    if found.due:
        lines.append(f"to be shown again: {', '.join(found.due)}; overnight learn review")
    return "\n".join([*lines, f"your files: {printable(found.folder, 500)}", NEXT])


def _line(each: StepLine) -> str:
    if each.passed_at is None:
        tried = f", {counted(each.attempts, 'attempt')}" if each.attempts else ""
        state = f"{each.phase}{tried}" if each.is_open else "not open yet"
    else:
        helped = ", after its solution" if each.solution_shown else f", {counted(each.hints, 'hint')}" if each.hints else ""
        state = f"passed {moment(each.passed_at)} at attempt {each.attempts}{helped}"
    return f"  {each.step:14} {printable(each.title, 100):40} {state}"


OPERATION = Operation(
    name="learn status",
    about="Show how far you are in a curriculum: each step with what was tried and passed.",
    input=StatusInput,
    output=LearnStatus,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
)
