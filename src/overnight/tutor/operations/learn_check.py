"""The checks of a step over a learner's program: the only thing that passes a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Len

from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.tutor.checking.checker import LARGEST, CheckLine
from overnight.tutor.course.order import LEAST_ATTEMPTS
from overnight.tutor.operations._learn import NEXT, Name, StepName, opened, recorded, shown, words_of
from overnight.tutor.teaching.lesson import read_program
from overnight.tutor.teaching.unwritten import unwritten
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInput:
    """Which program."""

    file: Annotated[
        Path | None, Argument(about="With your program; by default the file of the step at hand.", metavar="FILE")
    ] = None
    code: Annotated[str, Len(0, LARGEST), Option(about="The program itself, instead of a file.", metavar="TEXT")] = ""
    step: StepName = ""
    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChecked:
    """What came of it."""

    curriculum: str
    step: str
    passed: bool
    is_review: bool  # the step was passed before, and due to be shown again
    checks: Sequence[CheckLine]
    unwritten: str  # what to write first, if nothing is written yet; empty: something is
    belief: str  # that the failure points to, in a line; empty: none is known
    counter_example: str  # against that belief
    printed: str  # by the program, cut
    campaign: str  # folder of the campaign that the step was checked with; empty: the step is about none
    attempts: int  # until it was passed
    may_hint: bool  # a hint can be asked for now
    may_show: bool  # so can the solution


def run(context: Context, given: CheckInput) -> StepChecked:
    """Run them in the jail, and take down what came of it.

    Raises:
        UserError: its turn has not come, or there is no such file.
        SandboxError: the jail does not work here.
    """
    with opened(context, given.curriculum) as lesson:
        step = lesson.step(given.step)
        lesson.require(step)
        is_review = lesson.reviewed_now(step)
        source = given.code or read_program(context.where / given.file if given.file else lesson.file(step))
        found = lesson.check(step, source, context.where)
        progress = lesson.of(step)
    nothing = "" if found.passed else unwritten(source, step.start)
    names = [] if nothing else [each.belief for each in found.lines if each.belief]
    belief = next((each for each in step.misconceptions if names and each.name == names[0]), None)
    return StepChecked(
        curriculum=lesson.curriculum.name,
        step=step.id,
        passed=found.passed,
        is_review=is_review,
        checks=found.lines,
        unwritten=nothing,
        belief=belief.belief if belief else "",
        counter_example=belief.counter_example if belief else "",
        printed=found.printed,
        campaign=found.campaign,
        attempts=progress.attempts,
        may_hint=progress.passed_at is None and progress.since_help > 0 and progress.hints < len(step.hints),
        may_show=progress.passed_at is not None or progress.attempts >= LEAST_ATTEMPTS,
    )


def render(found: StepChecked) -> str:
    """A line for each check, and what a failure points to."""
    lines = [f"{'passed' if each.passed else 'FAILED'}  {each.about}" for each in found.checks]
    if failed := next((each for each in found.checks if not each.passed), None):
        lines += ["", found.unwritten or failed.why]
    if found.belief:
        lines += ["", f"Perhaps you think: {shown(found.belief)}", shown(found.counter_example)]
    if found.printed:
        lines += ["", "your program printed:", found.printed]
    if found.campaign:
        lines += ["", f"campaign: {printable(found.campaign, 500)}"]
    if found.passed:
        return "\n".join([*lines, "", f"`{found.step}` is {'shown again' if found.is_review else 'passed'}", NEXT])
    helps = [command for command, may in (("hint", found.may_hint), ("solution", found.may_show)) if may]
    return "\n".join([*lines, "", f"not yet{''.join(f'; overnight learn {each}' for each in helps)}"])


OPERATION = Operation(
    name="learn check",
    about="Run the checks of the step at hand over your program, in the jail; nothing else passes a step.",
    input=CheckInput,
    output=StepChecked,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
    holds=lambda found: found.passed,
    read_back=recorded,
)
