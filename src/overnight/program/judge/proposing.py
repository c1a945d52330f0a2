"""What `init` may propose as editable: nothing that judges."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from overnight.program.judge.narrowing import narrowed
from overnight.program.judge.rules import Offence, offences
from overnight.program.judge.runs import judges
from overnight.program.judge.steps import Judge, Role
from overnight.program.judge.tree import Read
from overnight.program.program import Program

MOST_GLOBS = 64  # of a program


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Globs without what judges; none if nothing else is left."""

    editable: tuple[str, ...]
    left_out: Sequence[Judge]


def without_judges(program: Program, paths: Sequence[str], read: Read, *, also: Collection[str] = ()) -> Narrowed:
    """The globs of a program that is about to be proposed, without the files that its commands run, and without `also`.

    A program that trains, evaluates and prints stays editable if nothing else does.
    """
    found = judges(program, paths, read)
    surely = [offence for offence in offences(program, paths, found) if _whatever_else(offence)]
    editable = narrowed(program.editable, {*also, *(offence.judge.path for offence in surely)}, paths)
    rest = offences(replace(program, editable=editable), paths, found)
    editable = narrowed(editable, {offence.judge.path for offence in rest}, paths)
    if len(editable) > MOST_GLOBS:
        editable = tuple(glob for glob in editable if glob in program.editable)
    return Narrowed(editable=editable, left_out=[offence.judge for offence in (*surely, *rest)])


def _whatever_else(offence: Offence) -> bool:
    """Whether the file judges even if it is the only editable one."""
    return offence.missing or offence.judge.command == "checks" or offence.judge.role is Role.WRAPPER
