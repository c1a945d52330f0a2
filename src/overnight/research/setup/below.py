"""`init` in a folder below the top of the repository: what is found or said there, as program.md says it at the top.

Commands run in a trial's folder, which is the whole repository, so they change to the folder first; paths get it in front.
"""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from glob import escape
from pathlib import Path

from overnight.git.repository import Repository
from overnight.program.detection.detect import Detected
from overnight.program.front_matter import Value
from overnight.program.program import PROGRAM
from overnight.program.scope import matches
from overnight.program.writer import FrontMatterEntry
from overnight.research.setup.wishes import Wishes
from overnight.words.foreign import printable

SHOWN = 80  # characters of a path


def folder_below(repository: Repository, folder: Path) -> str:
    """Where a folder lies below the top, such as `services/api`; empty at the top."""
    inside = folder.resolve()
    top = repository.toplevel.resolve()
    return inside.relative_to(top).as_posix() if inside != top and inside.is_relative_to(top) else ""


def committed_below(committed: Sequence[str], below: str) -> list[str]:
    """The committed files of a folder, relative to it."""
    return [path.removeprefix(f"{below}/") for path in committed if path.startswith(f"{below}/")]


def is_enough(found: Detected, wishes: Wishes) -> bool:
    """Whether a folder itself shows what to measure; otherwise the user only happens to stand there."""
    return wishes.measure is not None or any(entry.key in {"metric", "measure"} for entry in found.entries)


def as_from_top(found: Detected, below: str, committed: Sequence[str]) -> Detected:
    """What was detected in a folder, for a program at the top."""
    shown = printable(below, SHOWN)
    notes = [f"commands run in {shown}/, where you are; {PROGRAM} stands at the top of the repository, as always"]
    if f"{below}/{PROGRAM}" in committed:
        notes.append(f"{shown}/{PROGRAM} is not read: move its text to the {PROGRAM} at the top")
    return replace(found, entries=[_moved(entry, below) for entry in found.entries], notes=(*found.notes, *notes))


def wishes_from_top(wishes: Wishes, below: str, committed: Sequence[str]) -> Wishes:
    """What a user said who stands in a folder; a glob that fits only from the top is taken from there."""
    return replace(
        wishes,
        measure=None if wishes.measure is None else _command(wishes.measure, below),
        checks=tuple(_command(check, below) for check in wishes.checks),
        editable=tuple(_glob(glob, below, committed) for glob in wishes.editable),
        result=None if wishes.result is None else f"{below}/{wishes.result.removeprefix('./')}",
    )


def _moved(entry: FrontMatterEntry, below: str) -> FrontMatterEntry:
    value = entry.value
    if entry.key == "measure":
        return replace(entry, value=_command(str(value), below))
    if entry.key == "checks" and isinstance(value, list):
        return replace(entry, value=[_command(str(check), below) for check in value])
    if entry.key == "editable" and isinstance(value, list):
        globs: list[Value] = [f"{escape(below)}/{glob}" for glob in value]
        return replace(entry, value=globs)
    return entry


def _command(command: str, below: str) -> str:
    return f"cd {shlex.quote(below)} && {command}"


def _glob(glob: str, below: str, committed: Sequence[str]) -> str:
    inside = f"{escape(below)}/{glob.removeprefix('./')}"
    here = any(matches(path, [inside]) for path in committed)
    return inside if here or not any(matches(path, [glob]) for path in committed) else glob
