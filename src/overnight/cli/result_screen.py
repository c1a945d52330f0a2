"""A result on a terminal, as `overnight review` shows it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from overnight.actions.views.result import Result
from overnight.actions.views.result_words import Line, Section, Tone, heading, sections
from overnight.words.foreign import printable

STYLES = {Tone.PLAIN: "", Tone.PROVEN: "green", Tone.CLAIM: "cyan", Tone.LOOK: "yellow", Tone.BAD: "red"}
LEGEND = "✓ we found it out ourselves · ? an agent says so · ! look at it · ✗ it fails"
LINE = 2000  # characters of a line of a diff
DIFF_STYLES = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m", "d": "\x1b[1m"}
RESET = "\x1b[0m"


def draw_result(result: Result) -> RenderableType:
    """All of it but the diff."""
    parts: list[RenderableType] = [Text(heading(result), style="bold"), Text(LEGEND, style="dim")]
    for section in sections(result):
        parts += _section(section)
    return Group(*parts)


def coloured_diff(diff: str) -> str:
    """A diff with colours of ours, and nothing else in it that a terminal acts on."""
    return "\n".join(_coloured(printable(line, LINE)) for line in diff.expandtabs().splitlines())


def _coloured(line: str) -> str:
    style = DIFF_STYLES.get(line[:1], "")
    return f"{style}{line}{RESET}" if style else line


def _section(section: Section) -> Iterator[RenderableType]:
    yield Text(f"\n{section.title}", style="bold")
    for line in section.lines:
        yield from _line(line)


def _line(line: Line) -> Iterator[RenderableType]:
    style = STYLES[line.tone]
    yield Padding(Text.assemble((f"{line.tone} ", style), (line.text, style if line.tone is Tone.BAD else "")), (0, 0, 0, 1))
    for quoted in line.quoted:
        yield Padding(Text(f"| {quoted}", style="dim"), (0, 0, 0, 4))
