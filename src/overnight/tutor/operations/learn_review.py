"""A step that is due to be shown again: its file is begun anew, and its checks decide."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.tutor.course import order
from overnight.tutor.operations._learn import Name, opened, recorded, shown, words_of
from overnight.words.foreign import printable
from overnight.words.moments import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewInput:
    """Of which curriculum."""

    curriculum: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is to be shown again."""

    curriculum: str
    step: str  # the longest due; empty: none is
    title: str
    exercise: str  # Markdown
    file: str  # a new one, without the earlier answer
    due: Sequence[str]  # all steps that are due
    next_at: float | None  # Unix time at which the next one is, s; null: no step is passed


def run(context: Context, given: ReviewInput) -> Review:
    """Find what is due, and write its file."""
    with opened(context, given.curriculum) as lesson:
        progress = lesson.progress
        again = order.due(lesson.curriculum, progress, lesson.record.clock())
        times = [at for step in lesson.curriculum.steps if (at := progress.of(step.id).due) is not None]
        path = lesson.provide(again[0]) if again else None
    return Review(
        curriculum=lesson.curriculum.name,
        step=again[0].id if again else "",
        title=again[0].title if again else "",
        exercise=again[0].sections["Exercise"] if again else "",
        file=str(path or ""),
        due=[step.id for step in again],
        next_at=min(times, default=None),
    )


def render(found: Review) -> str:
    """What to do."""
    if not found.step:
        return "nothing is due" + (f"; the next is {moment(found.next_at)}" if found.next_at else ": no step is passed yet")
    lines = [f"{found.step}: {shown(found.title)}", "", shown(found.exercise), "", f"your file: {printable(found.file, 500)}"]
    return "\n".join([*lines, f"write it from memory, then: overnight learn check --step {found.step}"])


OPERATION = Operation(
    name="learn review",
    about="Begin what is due to be shown again: the exercise of a passed step, written from memory.",
    details="When a step is due follows from the FSRS model of memory and from how its checks went.",
    input=ReviewInput,
    output=Review,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
    read_back=recorded,
)
