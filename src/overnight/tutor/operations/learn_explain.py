"""The idea of a step in the learner's own words; this is kept, and passes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.secrets.broker import user_broker
from overnight.tutor.course.events import Explained
from overnight.tutor.course.order import require_open, require_predicted
from overnight.tutor.operations._learn import NEXT, Name, StepName, bullets, opened, recorded, words_of

MOST_WORDS = 10_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainInput:
    """The words."""

    words: Annotated[str, Len(0, MOST_WORDS), Argument(about="The learner's own words; empty to go on without.")]
    covers: Annotated[
        tuple[int, ...], Len(0, 20), Option(about="A point of the rubric that the words have, from 1 on.", metavar="N")
    ] = ()
    step: StepName = ""
    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What was taken down."""

    curriculum: str
    step: str
    words: str
    missing: Sequence[str]  # points of the rubric that were not found in the words
    passed: bool  # by the checks, whatever the words are


def run(context: Context, given: ExplainInput) -> Explanation:
    """Take it down.

    Raises:
        UserError: the step is not begun, the rubric has no such point, or nothing can be left out yet.
    """
    with opened(context, given.curriculum) as lesson:
        step = lesson.step(given.step)
        require_open(step, lesson.progress)
        require_predicted(step, lesson.of(step))
        if wrong := [each for each in given.covers if not 1 <= each <= len(step.rubric)]:
            raise UserError(f"the rubric has no point {wrong[0]}", fix=f"its points are 1 to {len(step.rubric)}")
        words = user_broker().scrubber().text(given.words.strip())
        if not words and lesson.of(step).passed_at is None:
            raise UserError(f"`{step.id}` is not passed: its explanation comes later", fix="overnight learn next")
        covers = tuple(sorted({each - 1 for each in given.covers}))
        lesson.add(Explained(curriculum=lesson.curriculum.name, step=step.id, words=words, covers=covers))
        passed = lesson.of(step).passed_at is not None
    missing = [each for index, each in enumerate(step.rubric) if index not in covers]
    return Explanation(curriculum=lesson.curriculum.name, step=step.id, words=words, missing=missing, passed=passed)


def render(found: Explanation) -> str:
    """What was not found in the words, to compare."""
    head = "taken down" if found.words else "left out"
    passed = "" if found.passed else f"; `{found.step}` is passed by its checks alone: overnight learn check"
    return "\n".join([head + passed, *bullets("A good explanation also says:", found.missing), NEXT])


OPERATION = Operation(
    name="learn explain",
    about="Take down how the learner explains the step at hand, in their own words; it passes nothing.",
    input=ExplainInput,
    output=Explanation,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    private=True,
    run=run,
    words=words_of,
    render=render,
    read_back=recorded,
)
