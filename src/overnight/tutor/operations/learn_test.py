"""Checks a curriculum of one's own: its form, and that its checks tell right programs from wrong ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.tutor.checking.matrix import MatrixLine, matrix, untaught
from overnight.tutor.form.places import curriculum_in
from overnight.words.foreign import printable
from overnight.words.quantities import counted

NAMED = 10  # lines that are named
SHOWN = 400  # characters of a detail


@dataclass(frozen=True, slots=True, kw_only=True)
class TestInput:
    """Which one."""

    folder: Annotated[Path, Argument(about="The folder with curriculum.yaml.", metavar="FOLDER")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumReport:
    """What was found."""

    name: str
    steps: int
    lines: Sequence[MatrixLine]  # one for each program
    untaught: Sequence[int]  # lines of the taught file that no step names


def run(_context: Context, given: TestInput) -> CurriculumReport:
    """Read it, and run every program of it."""
    curriculum = curriculum_in(given.folder)
    return CurriculumReport(
        name=curriculum.name, steps=len(curriculum.steps), lines=matrix(curriculum), untaught=untaught(curriculum)
    )


def holds(found: CurriculumReport) -> bool:
    """Whether it can be taught as it is."""
    return not found.untaught and all(each.holds for each in found.lines)


def render(found: CurriculumReport) -> str:
    """What does not hold, then the sum."""
    wrong = [each for each in found.lines if not each.holds]
    lines = [f"DOES NOT HOLD  {each.step}/{each.program} {printable(each.detail, SHOWN)}" for each in wrong]
    if found.untaught:
        named = ", ".join(map(str, found.untaught[:NAMED]))
        lines.append(f"DOES NOT HOLD  {counted(len(found.untaught), 'line')} that no step teaches: {named}")
    programs = counted(len(found.lines), "program")
    return "\n".join([*lines, f"{counted(found.steps, 'step')}, {programs}: {len(wrong)} not as they should be"])


OPERATION = Operation(
    name="learn test",
    about="Check a curriculum: its form, that every solution passes, and that every misconception fails.",
    input=TestInput,
    output=CurriculumReport,
    tier=Tier.READ,
    local=True,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
    holds=holds,
)
