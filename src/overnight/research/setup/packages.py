"""What lies in the checkout, is not committed and is shown to trials: what `init` adds to `readable` by itself."""

import re
from collections.abc import Sequence
from pathlib import Path

from overnight.jail.checkout import real_path
from overnight.program.code_files import suffix_of
from overnight.program.detection.detect import Detected
from overnight.program.front_matter import Value
from overnight.program.judge.runs import judges
from overnight.program.judge.tree import Read
from overnight.program.program import Program
from overnight.program.writer import FrontMatterEntry
from overnight.research.setup.causes.node import PACKAGE

_OF_NODE = frozenset((".cjs", ".cts", ".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx"))
_PROGRAMS = re.compile(r"(?<![\w./-])(?:bun|bunx|jest|node|npm|npx|pnpm|ts-node|tsc|tsx|vitest|yarn)(?![\w./-])")


def runs_node(program: Program, committed: Sequence[str], read: Read) -> bool:
    """Whether the commands of a program run Node, or what usually does, as far as that can be read."""
    if any(_PROGRAMS.search(command) for command in program.commands):
        return True
    paths = (judge.path for judge in judges(program, committed, read))
    return any(suffix_of(path) in _OF_NODE or path.rpartition("/")[2] == PACKAGE for path in paths)


def with_readable(detected: Detected, paths: Sequence[str], reason: str) -> Detected:
    """What was detected, with further paths that jobs may read."""
    before = next((entry for entry in detected.entries if entry.key == "readable"), None)
    values: list[Value] = list(before.value) if before and isinstance(before.value, list) else []
    values += [path for path in paths if path not in values]
    reasons = [before.reason] if before else []
    why = "; ".join(dict.fromkeys((*filter(None, reasons), reason)))
    return detected.having(FrontMatterEntry(key="readable", value=values, reason=why))


def as_inside(toplevel: Path, path: str) -> str:
    """An absolute path that the user named, relative to the top if it lies below that; its own link stays one."""
    named = Path(path)
    place, top = real_path(named.parent) / named.name, real_path(toplevel)
    return place.relative_to(top).as_posix() if place.is_relative_to(top) and place != top else path
