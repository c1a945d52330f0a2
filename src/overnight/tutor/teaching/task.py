"""What a learner does next, with all that is to be said about it; of the rest of a step nothing is shown yet."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from overnight.errors import UserError
from overnight.tutor.course import order
from overnight.tutor.course.order import Phase
from overnight.tutor.form.curriculum import Curriculum, Faded, Step
from overnight.tutor.form.schema import GAP
from overnight.tutor.teaching.lesson import Lesson
from overnight.words.quantities import counted

NUMBER = re.compile(r"[+-]?(\d{1,20}/\d{1,20}|(\d{1,20}\.?\d{0,20}|\.\d{1,20})(e[+-]?\d{1,2})?)", re.ASCII | re.IGNORECASE)
ASKS = {
    Phase.PREDICT: "Ask the question with its choices; say nothing about the answer. Then: overnight learn predict N",
    Phase.ATTEMPT: "Explain the idea in a few words, give the exercise, and let the learner try it: overnight learn check",
    Phase.EXAMPLE: "Go through the example together, then have its gaps filled: overnight learn fill ANSWER ...",
    Phase.EXERCISE: "Let the learner go on: overnight learn check. One hint after each attempt: overnight learn hint",
    Phase.EXPLAIN: "Have it explained, then record the learner's own words: overnight learn explain WORDS --covers N",
    Phase.DONE: "All steps are done. What is due to be shown again: overnight learn review",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of a step."""

    heading: str
    text: str  # Markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What comes next."""

    curriculum: str
    step: str  # id; empty: all steps are done
    title: str
    number: int  # of the step, from 1 on
    steps: int  # in all
    phase: Phase
    asks: str  # what whoever teaches does now, and the command for it
    parts: Sequence[Section]  # what the learner is told now, in the author's words
    choices: Sequence[str]  # to predict
    gaps: str  # the example with gaps; empty: none is to be filled now
    hints: Sequence[str]  # that were given
    rubric: Sequence[str]  # what a good explanation has; for whoever listens, not for the learner
    file: str  # that the learner edits; empty: none yet
    attempts: int
    due: Sequence[str]  # steps that are to be shown again
    language: str  # that the learner is taught in; empty: not said


def next_task(lesson: Lesson) -> Task:
    """What the learner does next."""
    curriculum, progress = lesson.curriculum, lesson.progress
    again = [each.id for each in order.due(curriculum, progress, lesson.record.clock())]
    step = order.current(curriculum, progress)
    if step is None:
        return _task(lesson, None, Phase.DONE, again)
    return _task(lesson, step, order.phase_of(step, progress.of(step.id)), again)


def _task(lesson: Lesson, step: Step | None, phase: Phase, again: Sequence[str]) -> Task:
    curriculum = lesson.curriculum
    progress = lesson.progress.of(step.id if step else "")
    gaps = open_gaps(step, progress.filled) if step and phase is Phase.EXAMPLE else None
    return Task(
        curriculum=curriculum.name,
        step=step.id if step else "",
        title=step.title if step else "",
        number=number_of(curriculum, step) if step else len(curriculum.steps),
        steps=len(curriculum.steps),
        phase=phase,
        asks=ASKS[phase],
        parts=_parts(step, phase) if step else (),
        choices=step.prediction.choices if step and phase is Phase.PREDICT else (),
        gaps=gaps[1].code if gaps else "",
        hints=step.hints[: progress.hints] if step else (),
        rubric=step.rubric if step and phase is Phase.EXPLAIN else (),
        file=str(lesson.file(step)) if step and phase is not Phase.PREDICT else "",
        attempts=progress.attempts,
        due=again,
        language=lesson.language,
    )


def _parts(step: Step, phase: Phase) -> Sequence[Section]:
    shown = {
        Phase.PREDICT: ("Predict",),
        Phase.ATTEMPT: ("Idea", "Exercise"),
        Phase.EXAMPLE: ("Example",),
        Phase.EXERCISE: ("Example", "Exercise"),
        Phase.EXPLAIN: ("Explain back",),
    }
    return [Section(heading=each, text=step.sections[each]) for each in shown.get(phase, ())]


def number_of(curriculum: Curriculum, step: Step) -> int:
    """The place of a step, from 1 on."""
    return [each.id for each in curriculum.steps].index(step.id) + 1


def open_gaps(step: Step, filled: frozenset[int]) -> tuple[int, Faded] | None:
    """The next example whose gaps are not filled, with its index."""
    return next(((index, each) for index, each in enumerate(step.fades) if index not in filled), None)


def wrong_gaps(faded: Faded, answers: Sequence[str]) -> Sequence[int]:
    """The gaps, from 1 on, that these do not fill: neither the same Python, whatever the spaces, nor the same number.

    Raises:
        UserError: there is not one answer for each gap.
    """
    if len(answers) != len(faded.answers):
        what = f"the example has {counted(len(faded.answers), 'gap')}, and {counted(len(answers), 'answer')} came"
        raise UserError(what, fix="give one for each, in order; one with spaces in quotes")
    both = zip(answers, faded.answers, strict=True)
    return [number for number, (given, right) in enumerate(both, 1) if not _same(given, right)]


def filled_in(faded: Faded) -> str:
    """The example without gaps."""
    text = faded.code
    for answer in faded.answers:
        text = text.replace(GAP, answer, 1)
    return text


def _same(given: str, right: str) -> bool:
    wanted = _number(right)
    return _form(given) == _form(right) or (wanted is not None and _number(given) == wanted)


def _number(text: str) -> Fraction | None:
    """The number that is written there, also as a fraction of whole numbers; None: it is something else."""
    written = text.replace("\N{MINUS SIGN}", "-").replace(" ", "")
    try:
        return Fraction(written) if NUMBER.fullmatch(written) else None
    except ZeroDivisionError:
        return None


def _form(text: str) -> str:
    try:
        return ast.dump(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return " ".join(text.split())
