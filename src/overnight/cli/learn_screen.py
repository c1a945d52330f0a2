"""What a learner at a terminal sees: the bar of steps, lessons at a width that reads well, a model's words marked."""

import re
import shutil
import textwrap
from collections.abc import Sequence

import click

from overnight.tutor.course.order import Phase
from overnight.tutor.teaching.task import Task
from overnight.words.foreign import printable_lines

WIDEST = 88  # columns; longer lines are hard to read
NARROWEST = 40
TEXT = 20_000  # characters of a section
AS_IT_IS = re.compile(r"^(\s*[-*]\s|\s*[|>#]|\s*\d+[.)]\s|\s{4}|\t)")  # a list, a table, a heading, code


def width() -> int:
    """Columns that a text takes."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns - 1))


def show_head(task: Task) -> None:
    """Which step this is, of how many, and where in it the learner is."""
    bar = "#" * (task.number - 1) + ">" + "." * (task.steps - task.number)
    parts = " · ".join(each.upper() if each is task.phase else each for each in Phase if each is not Phase.DONE)
    click.echo(f"\n[{bar}] step {task.number} of {task.steps}: {_safe(task.title)}\n{parts}")


def show_text(text: str, heading: str = "") -> None:
    """A section of a lesson."""
    click.echo(f"\n{heading}\n{'-' * len(heading)}" if heading else "")
    click.echo(_reflowed(_safe(text)))


def show_list(heading: str, lines: Sequence[str]) -> None:
    """A list with numbers; nothing without lines."""
    if lines:
        click.echo(f"\n{heading}" if heading else "")
    for number, line in enumerate(lines, 1):
        click.echo(textwrap.fill(_safe(line), width(), initial_indent=f"  {number}. ", subsequent_indent="     "))


def show_model(text: str) -> None:
    """What a model said; every line is marked, so that none passes for the course's."""
    lines = [each for line in text.splitlines() for each in textwrap.wrap(line, width() - 8) or [""]]
    click.echo("\n" + "\n".join(f"model | {line}" for line in lines))


def _safe(text: str) -> str:
    return printable_lines(text, TEXT)


def _reflowed(text: str) -> str:
    """Paragraphs at the width of the terminal; code, lists and tables as they are."""
    made: list[str] = []
    for index, part in enumerate(re.split(r"(?m)^(```.*?^```$)", text, flags=re.DOTALL)):
        if index % 2:
            made.append("\n".join(f"    {line}" for line in part.splitlines()[1:-1]))
            continue
        for block in filter(None, (each.strip("\n") for each in re.split(r"\n\s*\n", part))):
            lines = block.splitlines()
            if any(AS_IT_IS.match(line) for line in lines):
                made.append(block)
            else:
                made.append(textwrap.fill(" ".join(lines), width(), break_long_words=False, break_on_hyphens=False))
    return "\n\n".join(made)
