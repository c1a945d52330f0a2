"""Checks a curriculum itself: solutions pass, what is given to complete and all misconceptions fail, every line is taught."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.tutor.checking.checker import Checked, check_program
from overnight.tutor.form.curriculum import Curriculum, Step
from overnight.words.foreign import one_line

SHOWN = 300  # characters of a reason
START, SOLUTION = "start.py", "solution.py"
BLANK = (b"", b"#")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixLine:
    """What became of one program."""

    step: str
    program: str
    holds: bool  # whether that is what has to become of it
    detail: str


def matrix(curriculum: Curriculum, say: Callable[[MatrixLine], None] = lambda _: None) -> Sequence[MatrixLine]:
    """Run the checks of every step over its programs; `say` gets each outcome as it comes."""
    lines = []
    for step in curriculum.steps:
        for line in _of_step(curriculum, step):
            say(line)
            lines.append(line)
    return lines


def untaught(curriculum: Curriculum) -> Sequence[int]:
    """Lines of the taught file that no step names; empty lines and comments alone need none."""
    if not curriculum.taught:
        return []
    named = {line for step in curriculum.steps for first, last in step.lines for line in range(first, last + 1)}
    lines = enumerate(curriculum.files[curriculum.taught].splitlines(), 1)
    return [number for number, line in lines if number not in named and line.strip()[:1] not in BLANK]


def _of_step(curriculum: Curriculum, step: Step) -> Iterator[MatrixLine]:
    yield _line(curriculum, step, SOLUTION, step.solution, passes=True)
    yield _line(curriculum, step, START, step.start, passes=False)
    for each in step.misconceptions:
        yield _line(curriculum, step, f"misconceptions/{each.name}.py", each.source, passes=False)


def _line(curriculum: Curriculum, step: Step, program: str, source: str, *, passes: bool) -> MatrixLine:
    try:
        found = check_program(curriculum, step, source, step.campaign)
    except UserError as error:
        return MatrixLine(step=step.id, program=program, holds=False, detail=one_line(str(error), SHOWN))
    return MatrixLine(step=step.id, program=program, holds=found.passed == passes, detail=_detail(found))


def _detail(found: Checked) -> str:
    failed = [each for each in found.lines if not each.passed]
    return "passes" if not failed else f"fails {failed[0].name}: {one_line(failed[0].why, SHOWN)}"
