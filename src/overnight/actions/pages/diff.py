"""The whole diff of an action, a part for each file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.actions.operations import result
from overnight.actions.pages.result import watches
from overnight.actions.views.diff_size import file_sizes
from overnight.actions.views.result import Result
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.research.report.diff import DiffView, view_diff
from overnight.words.foreign import printable

FILES = 200
LINES = 4_000  # in all
OF_FILE = 1_500
UNFOLDED = 400  # lines of a file that is folded out
FILE = "diff --git "
NAME = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """The diff of one file."""

    name: str
    added: int
    removed: int
    view: DiffView | None  # None: there is no room for it

    @property
    def folded(self) -> bool:
        """Whether it is long."""
        return self.view is None or len(self.view.lines) > UNFOLDED


def files_of(diff: str) -> Iterator[FileDiff]:
    """Its files, in order; lines are shown while there is room."""
    room = LINES
    for text in _parts(diff)[:FILES]:
        size = next(file_sizes(text), None)
        view = view_diff(text, limit=min(room, OF_FILE)) if room > 0 else None
        room -= len(view.lines) if view else 0
        yield FileDiff(
            name=printable(size.path if size else text.split("\n", 1)[0].removeprefix(FILE), NAME),
            added=size.added if size else 0,
            removed=size.removed if size else 0,
            view=view,
        )


def _parts(diff: str) -> Sequence[str]:
    parts: list[list[str]] = []
    for line in diff.rstrip("\n").split("\n") if diff.strip() else []:
        if line.startswith(FILE) or not parts:
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(lines) for lines in parts]


def links(found: Result, _here: str) -> Sequence[Link]:
    """The result."""
    return (Link(address=f"/actions/{found.number}", about="The result"),)


def beside(_context: Context, _given: result.ResultInput, found: Result) -> Mapping[str, object]:
    """Its files."""
    return {"files": list(files_of(found.diff)), "cut": max(0, len(_parts(found.diff)) - FILES)}


PAGE = Page(
    address="/actions/{number}/diff",
    operation=result.OPERATION,
    title=lambda found: f"Change of {found.number}",
    template="diff.html.j2",
    links=links,
    watches=watches,
    beside=beside,
)
