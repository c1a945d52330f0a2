"""What one command does, as far as the question goes which committed files run."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """Runs a committed file; `as_shell` if it is read as shell text whatever its first line says."""

    path: str
    arguments: Sequence[str] = ()
    as_shell: bool = False
    follow: bool = False  # look into it: its first line says what reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class RunText:
    """Runs shell text that stands in the command, or in a file `path` of targets, in a folder."""

    text: str
    path: str = ""  # the file that it stands in; empty: the command itself
    folder: str | None = None  # None: where the command runs
    included: bool = False  # it stands in a file that has rules for another one


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """A test runner collects these files."""

    paths: Sequence[str]


Step = RunFile | RunText | Collect


class Role(StrEnum):
    """How a file takes part in judging."""

    WRAPPER = "wrapper"  # it runs further committed files
    LEAF = "leaf"  # what runs last
    TEST = "test"  # a test runner collects it, or it says what is collected


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A committed file that a command of a program runs."""

    path: str
    role: Role
    way: tuple[str, ...]  # from the key of the command to the file: measure, .auto/measure.sh, bench.py

    @property
    def command(self) -> str:
        """The key of the command: measure, produce, score, prepare, holdout, audit or checks."""
        return self.way[0]
