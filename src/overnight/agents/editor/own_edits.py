"""The last edits of one editor, which it is shown so that its next one differs.

Without them a model that is asked the same again answers the same: of six usable answers only three were different. An edit
whose old lines are no longer in the files is not shown, or the model would search for them.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.words.diff import diff_lines
from overnight.words.foreign import cut_middle, printable_lines

KEPT = 4
CHARACTERS = 600  # of each as it is shown
_SIGNS = 1


@dataclass(frozen=True, slots=True)
class _Made:
    lines: Sequence[tuple[str, str]]  # each changed line with its file, in order, with its sign


class OwnEdits:
    """Edits from session to session, the newest last."""

    def __init__(self) -> None:
        self._made: deque[_Made] = deque(maxlen=KEPT)

    def add(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Remember an edit: `after` has the files that it changes."""
        self._made.append(_made(before, after))

    def is_new(self, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
        """Whether no edit that is remembered changes the same lines in the same way."""
        return _made(before, after) not in self._made

    def shown(self, texts: Mapping[str, str]) -> Sequence[str]:
        """Those that could still be made, each in a bounded form."""
        return [_shown(made) for made in self._made if _could(made, texts)]


def _made(before: Mapping[str, str], after: Mapping[str, str]) -> _Made:
    return _Made(tuple((path, line) for path in sorted(after) for line in _changes(before.get(path, ""), after[path])))


def _changes(before: str, after: str) -> Iterator[str]:
    """The lines that go and come, each with its sign."""
    return (line for line in diff_lines(before.split("\n"), after.split("\n"), context=0) if not line.startswith("@@"))


def _could(made: _Made, texts: Mapping[str, str]) -> bool:
    return all(line[_SIGNS:] in texts.get(path, "") for path, line in made.lines if line.startswith("-"))


def _shown(made: _Made) -> str:
    paths = dict.fromkeys(path for path, _ in made.lines)
    lines = [text for path in paths for text in (path, *(line for each, line in made.lines if each == path))]
    block = "\n".join(f"    {line}" for line in lines)
    return printable_lines(cut_middle(block, CHARACTERS), 2 * CHARACTERS)
