"""The editable files of a workspace, what can be tuned in them, and how to edit them."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.program.program import Program
from overnight.program.scope import matches, path_problem
from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.data_files import scan_ini, scan_json, scan_toml, scan_yaml
from overnight.research.researchers.tuner.findings import Constant, Findings, Removal, Unreadable
from overnight.research.researchers.tuner.literals import render
from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.names import is_untouched
from overnight.research.researchers.tuner.space import Dimension, build_space
from overnight.words.foreign import printable

LARGEST_FILE = 100_000  # bytes; a hostile file of this size takes a parser a second
LARGEST_TREE = 500_000  # bytes of all files that are read
MOST_DIMENSIONS = 64  # each is a note in every experiment
SCANNERS: Mapping[str, Callable[[str, bytes], Findings]] = {
    ".py": scan_python,
    ".yaml": scan_yaml,
    ".yml": scan_yaml,
    ".toml": scan_toml,
    ".json": scan_json,
    ".ini": scan_ini,
    ".cfg": scan_ini,
}
QUOTED = 200  # characters of a reason
_SAYABLE = re.compile(r"[\w.\[\]-]{1,100}")
Scans = dict[tuple[str, str], Findings | Unreadable]  # by path and digest of the content


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the tuner can change in one tree."""

    contents: Mapping[str, bytes]
    digests: Mapping[str, str]
    space: tuple[Dimension, ...]
    removals: tuple[Removal, ...]
    skipped: tuple[str, ...]  # why files were skipped, a line each
    left_alone: tuple[str, ...]  # names of constants that must not be tuned

    def edit(self, move: Move) -> Mapping[str, bytes]:
        """The new content of the files that a move changes."""
        cuts: dict[str, list[tuple[int, int, bytes]]] = {}
        for dimension in self.space:
            constant = dimension.constant
            if constant.key in move.values:
                new = render(move.values[constant.key], constant.text).encode()
                cuts.setdefault(constant.path, []).append((constant.start, constant.end, new))
        if move.removal:
            cuts[move.removal.path] = [(move.removal.start, move.removal.end, b"")]
        return {path: _spliced(self.contents[path], sorted(places)) for path, places in cuts.items()}

    def point(self, edited: Mapping[str, bytes]) -> str:
        """The identity of the tree with these new contents, as far as the tuner is concerned."""
        digests = {**self.digests, **{path: _digest(content) for path, content in edited.items()}}
        return hashlib.sha256("\n".join(f"{path}\0{digests[path]}" for path in sorted(digests)).encode()).hexdigest()[:16]


def read_target(workspace: Path, program: Program, scans: Scans) -> Target:
    """Read what can be tuned; `scans` caches the findings of unchanged files, and is updated."""
    contents: dict[str, bytes] = {}
    skipped: list[str] = []
    room = LARGEST_TREE
    for path in _tunable_paths(workspace, program):
        size = (workspace / path).stat().st_size
        if size > min(LARGEST_FILE, room):
            skipped.append(f"{path} is over {LARGEST_FILE:,} bytes, or brings the total over {LARGEST_TREE:,}")
        else:
            contents[path] = (workspace / path).read_bytes()
            room -= size
    digests = {path: _digest(content) for path, content in contents.items()}
    known = {(path, digests[path]): scans.get((path, digests[path])) or _scan(path, contents[path]) for path in contents}
    scans.clear()
    scans.update(known)
    skipped += [f"{path} {scan}" for (path, _), scan in known.items() if isinstance(scan, Unreadable)]
    findings = [scan for scan in known.values() if isinstance(scan, Findings)]
    left_alone, tuned = _sorted_out(findings)
    return Target(
        contents=contents,
        digests=digests,
        space=build_space(tuned)[:MOST_DIMENSIONS],
        removals=tuple(removal for found in findings for removal in found.removals),
        skipped=tuple(printable(reason, QUOTED) for reason in skipped),
        left_alone=tuple(constant.name for constant in left_alone),
    )


def _sorted_out(findings: Sequence[Findings]) -> tuple[list[Constant], list[Constant]]:
    """The constants that are left alone, and those that are tuned."""
    seeds = frozenset[str]().union(*(found.seeds for found in findings))
    left_alone: list[Constant] = []
    tuned: list[Constant] = []
    for constant in (constant for found in findings for constant in found.constants if _SAYABLE.fullmatch(constant.name)):
        is_seed = not seeds.isdisjoint(re.findall(r"\w+", constant.name))
        (left_alone if is_seed or is_untouched(constant.name) else tuned).append(constant)
    return left_alone, tuned


def _tunable_paths(workspace: Path, program: Program) -> Iterator[str]:
    """The editable regular files of the kinds that we read, in order."""
    for folder, subfolders, names in os.walk(workspace):
        subfolders[:] = sorted(name for name in subfolders if name != ".git")
        files = [Path(folder, name) for name in sorted(names) if Path(name).suffix in SCANNERS]
        for file in files:
            path = file.relative_to(workspace).as_posix()
            is_open = path != program.path and not path_problem(path) and matches(path, program.editable)
            if is_open and file.is_file() and not file.is_symlink():
                yield path


def _scan(path: str, content: bytes) -> Findings | Unreadable:
    try:
        return SCANNERS[Path(path).suffix](path, content)
    except Unreadable as reason:
        return reason


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _spliced(content: bytes, places: list[tuple[int, int, bytes]]) -> bytes:
    parts, end = [], 0
    for start, stop, new in places:
        parts += [content[end:start], new]
        end = stop
    return b"".join([*parts, content[end:]])
