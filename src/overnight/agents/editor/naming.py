"""Which file a model means, by what it wrote beside its edit."""

import re
from collections.abc import Callable, Collection

from overnight.agents.editor.edit import DoesNotApply
from overnight.words.foreign import printable

LONGEST = 300  # characters of a line that may name a file
SHOWN = 120
_PATH = re.compile(r"[\w.@+/-]*\w\.\w+")
_AROUND = " \t`*_#:\"'()[]<>-"
_LABELS = ("new file", "file name", "filename", "filepath", "file", "path", "update", "edit", "in")
_PREFIXES = ("a/", "b/", "./")


def named_file(line: str, known: Collection[str]) -> str:
    """The file that a line names, as a heading, a label or an opening fence does; empty if it is about something else."""
    if len(line) > LONGEST:
        return ""
    words = [_plain(word.strip(_AROUND)) for word in re.split(r"[\s=:,`]+", line)]
    if found := next((word for word in words if word in known), ""):
        return found
    alone = line.strip(_AROUND)
    for label in _LABELS:
        if alone.lower().startswith((f"{label} ", f"{label}:")):
            alone = alone[len(label) :].strip(_AROUND)
            break
    return alone if _PATH.fullmatch(alone) else ""


def resolve(name: str, known: Collection[str], may_edit: Callable[[str], bool]) -> str:
    """The path of a file that a model named.

    Raises:
        DoesNotApply: it may not be edited.
    """
    path = _plain(name)
    if path in known:
        return path
    ending = [each for each in known if path.endswith(f"/{each}") or each.endswith(f"/{path}")]
    if len(ending) == 1:
        return ending[0]
    if may_edit(path):
        return path
    raise DoesNotApply(f"`{printable(path, SHOWN)}` is not a file that you may change")


def _plain(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name
