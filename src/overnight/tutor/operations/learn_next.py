"""What a learner does next, and what they are told about it."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.tutor.operations._learn import Name, bullets, opened, shown, words_of
from overnight.tutor.teaching.task import Task, next_task
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class NextInput:
    """Of which curriculum."""

    curriculum: Name = ""


def run(context: Context, given: NextInput) -> Task:
    """The phase of the step at hand; what comes after it stays unsaid."""
    with opened(context, given.curriculum) as lesson:
        return next_task(lesson)


def render(found: Task) -> str:
    """What is to be done, then what is to be said."""
    head = f"{found.step}: {shown(found.title)} ({found.number} of {found.steps}), {found.phase}" if found.step else "all done"
    lines = [head, f"({found.asks})"]
    for part in found.parts:
        lines += ["", f"## {part.heading}", shown(part.text)]
    lines += bullets("Choices:", found.choices)
    if found.gaps:
        lines += ["", "Fill the gaps:", shown(found.gaps)]
    lines += bullets("Hints so far:", found.hints)
    lines += bullets("For whoever listens, a good explanation:", found.rubric)
    if found.file:
        lines += ["", f"file: {printable(found.file, 500)} ({found.attempts} attempts)"]
    if found.due:
        lines += ["", f"to be shown again: {', '.join(found.due)}; overnight learn review"]
    return "\n".join(lines)


OPERATION = Operation(
    name="learn next",
    about="Show what comes next in a curriculum, and what the learner is told about it.",
    details="An agent that teaches calls it with --json before each turn, does what `asks` says, and tells no more.",
    input=NextInput,
    output=Task,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
)
