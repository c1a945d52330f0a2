"""The editable files of a workspace, what can be tuned in them, and how to edit them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.program.program import Program
from overnight.research.researchers.tuner.facts import is_fact
from overnight.research.researchers.tuner.findings import Constant, Findings, Removal, Tier, Unreadable
from overnight.research.researchers.tuner.imports import reached
from overnight.research.researchers.tuner.literals import render
from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.names import is_untouched
from overnight.research.researchers.tuner.sources import is_python, python_files, scan, tunable_files
from overnight.research.researchers.tuner.space import Dimension, build_space
from overnight.words.foreign import printable

MOST_DIMENSIONS = 256  # that are found; fewer are searched at once
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
    contents, skipped = tunable_files(workspace, program)
    digests = {path: _digest(content) for path, content in contents.items()}
    known = {(path, digest): scans[path, digest] for path, digest in digests.items() if (path, digest) in scans}
    new = scan({path: content for path, content in contents.items() if (path, digests[path]) not in known})
    known |= {(path, digests[path]): found for path, found in new.items()}
    scans.clear()
    scans.update(known)
    skipped += [f"{path} {found}" for (path, _), found in sorted(known.items()) if isinstance(found, Unreadable)]
    findings = [found for _, found in sorted(known.items(), key=lambda item: item[0]) if isinstance(found, Findings)]
    left_alone, tuned = _sorted_out(findings)
    run = reached(python_files(workspace, contents), program.commands)
    tuned = [c for c in tuned if c.tier < Tier.INSIDE or c.path in run or not is_python(c.path)]
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
        is_seed = not seeds.isdisjoint(re.findall(r"\w+", constant.name.lstrip("-").replace("-", "_")))
        alone = is_seed or is_untouched(constant.name) or is_fact(constant.name, constant.value, constant.text, constant.tier)
        (left_alone if alone else tuned).append(constant)
    return left_alone, tuned


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _spliced(content: bytes, places: list[tuple[int, int, bytes]]) -> bytes:
    parts, end = [], 0
    for start, stop, new in places:
        parts += [content[end:start], new]
        end = stop
    return b"".join([*parts, content[end:]])
