"""A failure of the user's own command, as those who look for its cause see it: what it printed, where, and for whom."""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.files.search_path import absolute_entries
from overnight.git.plumbing import require
from overnight.git.repository import Repository
from overnight.jail.reach import SYSTEM, is_within
from overnight.machines.share import search_path
from overnight.program.program import Program
from overnight.program.writer import quoted
from overnight.words.foreign import printable

NAME = 80  # characters of a path or a name in a fix
TYPED = 2000  # characters of one that is to be typed, so it is not shortened
MISSING = re.compile(r"No such file|not found|ENOENT|annot (?:open|find|access|stat)|does(?: not|n't) exist")
NOT_FOUND = re.compile(r"(?:^|: |\d: )(\w[\w.+-]{0,60}): (?:command )?not found$", re.MULTILINE)  # a program, by a shell
MOST_BYTES = 200_000  # of a file that says how to build or what to install
MOST_FILES = 20_000  # of a tree, or beside it, that are looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A failure, and the facts of the checkout and the environment that its cause may be found in."""

    repository: Repository
    program: Program
    lines: Sequence[str]  # the reason, then lines of the output; foreign, printable
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)  # the user's, of which a job has nothing

    @property
    def text(self) -> str:
        """All of what was said."""
        return "\n".join(self.lines)

    @property
    def toplevel(self) -> Path:
        """Of the checkout."""
        return self.repository.toplevel

    def shows(self, path: Path) -> bool:
        """Whether jobs see a path of the host, by `readable` or because it belongs to the system."""
        readable = (str(self.toplevel / named) for named in self.program.readable)
        return is_within(str(path), (*readable, *SYSTEM))

    def on_path(self, program: str) -> str:
        """Where the user's own shell finds a program; empty if it does not."""
        entries = ":".join(absolute_entries(search_path()))  # any other is a folder that a stranger may have filled
        return shutil.which(program, path=entries) or "" if program and "/" not in program else ""

    def committed(self) -> Iterator[tuple[str, str]]:
        """Mode and path of each entry of the commit, submodules too; the first ones of a large one."""
        listed = require(self.repository.git_dir, "ls-tree", "-r", "-z", "--full-tree", "HEAD").split(b"\0")[:-1]
        for entry in listed[:MOST_FILES]:
            fields, _, path = entry.partition(b"\t")
            yield fields.partition(b" ")[0].decode(), os.fsdecode(path)

    def text_of(self, path: str) -> str:
        """The text of a small file of the checkout, relative to its top; empty without one."""
        whole = self.toplevel / path
        try:
            if whole.is_symlink() or not whole.is_file():
                return ""
            with whole.open("rb") as file:
                return file.read(MOST_BYTES).decode(errors="replace")
        except OSError:
            return ""

    def untracked(self) -> Sequence[str]:
        """Files of the checkout that are neither committed nor ignored."""
        options = ("ls-files", "--others", "--exclude-standard", "--full-name", "-z")
        place = (f"--work-tree={self.toplevel}", "-C", str(self.toplevel))
        listed = require(self.repository.git_dir, *place, *options).split(b"\0")[:-1]
        return [os.fsdecode(path) for path in listed[:MOST_FILES]]


_PLAIN = re.compile(r"[\w./+-]+")  # needs no quotation marks in YAML


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What fixes a failure, in words and as far as it can be set."""

    words: str
    readable: Sequence[str] = ()  # paths to add to `readable`
    sure: bool = False  # whether that shows jobs nothing that they should not see, and nothing stale
    begin: str = ""  # what the command should begin with
    command: str = ""  # what the measure command should be instead


Cause = Callable[[Failing], Fix | str]  # the fix if the failure is of this kind; empty if it is not


def shown(path: object) -> str:
    """A path or a name in a fix."""
    return printable(str(path), NAME)


def in_yaml(path: object) -> str:
    """A path as it is to be written in a front matter."""
    return quoted(printable(str(path), TYPED))


def in_shell(path: object) -> str:
    """A path as it is to be written in a command."""
    return shlex.quote(printable(str(path), TYPED))
