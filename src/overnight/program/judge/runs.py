"""Which committed files the commands of a program run, each with the way to it.

Read are shell text, Makefiles, justfiles, scripts of package.json and what they call in turn. A script in another language
is the end of a way: what it imports is usually the code that is measured, and a program that it starts is not seen.
Nor is anything that only a run could show: a name that is computed, a program found on PATH, an installed package.
"""

import re
from collections.abc import Sequence

from overnight.program.judge.commands import SHELLS, steps_of
from overnight.program.judge.launchers import is_assignment, without_keywords
from overnight.program.judge.shell import simple_commands
from overnight.program.judge.steps import Collect, Judge, Role, RunFile, RunText, Step
from overnight.program.judge.tree import Place, Read, Tree, folder_of
from overnight.program.program import Program

MOST_STEPS = 2000  # of a whole program
MOST_COLLECTED = 200_000  # files by all test runners together
MOST_DEEP = 15  # texts within each other: files on one way, and texts of `-c` and `eval`
MOST_TEXT = 8_000_000  # characters that are read in all
_SHEBANG = re.compile(r"#![ \t]*(\S{1,200})(?:[ \t]+-\S{1,50})*(?:[ \t]+(\S{1,200}))?")
_SHELL_NAMES = re.compile(r".*\.(?:sh|bash|zsh|ksh|dash)")
_DECLARES = frozenset({"export", "local", "readonly", "declare", "typeset"})


def judges(program: Program, paths: Sequence[str], read: Read) -> Sequence[Judge]:
    """The committed files that the commands of a program run, in the order in which they are found.

    Args:
        program: its commands.
        paths: every committed file.
        read: the text of one of them.
    """
    return what_runs(program.commands_by_key, paths, read)


def what_runs(commands: Sequence[tuple[str, str]], paths: Sequence[str], read: Read) -> Sequence[Judge]:
    """The committed files that these commands run, each command with its key; any text ends within bounds."""
    walk = _Walk(Tree.of(paths, read))
    for key, command in commands:
        walk.read(command, (key,), Place())
    return list(walk.found.values())


class _Walk:
    """Follows commands from file to file."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.found: dict[tuple[str, str], Judge] = {}  # by key and path
        self._seen: set[tuple[str, str, tuple[str, ...], str]] = set()
        self._steps = self._read = self._deep = self._collected = 0

    def read(self, text: str, way: tuple[str, ...], place: Place) -> None:
        """Follow each command of a shell text."""
        self._read += len(text)
        if self._deep >= MOST_DEEP or self._read > MOST_TEXT:
            return
        self._deep += 1
        for words in simple_commands(text):
            if self._steps > MOST_STEPS:
                break
            place = self._command(place.expanded(words), way, place)
        self._deep -= 1

    def _command(self, words: Sequence[str], way: tuple[str, ...], place: Place) -> Place:
        """Follow one command; the place of those after it."""
        if all(map(is_assignment, words[1:] if words[:1] and words[0] in _DECLARES else words)):
            for word in filter(is_assignment, words):
                name, _, value = word.partition("=")
                place = place.assigned(name.removesuffix("+"), value)
            return place
        if words[:1] == ["for"] and words[2:3] == ["in"]:
            return place.assigned(words[1], " ".join(words[3:]))
        words = without_keywords(words)
        if words[:1] and words[0] in {"cd", "pushd"}:
            folder = self.tree.folder(words[-1], place) if len(words) > 1 else None
            return place if folder is None else place.entered(folder)
        for step in steps_of(words, self.tree, place):
            self._steps += 1
            if self._steps > MOST_STEPS:
                break
            self._follow(step, way, place)
        return place

    def _follow(self, step: Step, way: tuple[str, ...], place: Place) -> None:
        match step:
            case Collect(paths=paths):
                self._collected += len(paths)
                for path in paths if self._collected <= MOST_COLLECTED else ():
                    self._add(path, Role.TEST, way)
            case RunText(text=text, path="", folder=folder):
                self.read(text, way, place if folder is None else place.entered(folder))
            case RunText(text=text, path=path, folder=folder, included=included):
                self._add(path, Role.WRAPPER if included else Role.LEAF, way)
                self._enter(path, text, (*way, path), Place(folder=folder or "", home=folder_of(path)))
            case RunFile():
                self._add(step.path, Role.LEAF, way)
                if text := self._shell_text(step):
                    home = Place(folder=place.folder, home=folder_of(step.path), arguments=step.arguments)
                    self._enter(step.path, text, (*way, step.path), home)

    def _enter(self, path: str, text: str, way: tuple[str, ...], place: Place) -> None:
        """Read a file's text, unless it was read on the same errand before."""
        errand = (way[0], path, (*place.arguments, text), place.folder)
        if errand not in self._seen:
            self._seen.add(errand)
            self.read(text, way, place)

    def _add(self, path: str, role: Role, way: tuple[str, ...]) -> None:
        key, parent = way[0], way[-1]
        self.found.setdefault((key, path), Judge(path=path, role=role, way=(*way, path)))
        above = self.found.get((key, parent)) if len(way) > 1 else None
        if above and parent != path:
            self.found[(key, parent)] = Judge(path=parent, role=Role.WRAPPER, way=above.way)

    def _shell_text(self, step: RunFile) -> str:
        """The text of a file if a shell reads it; else empty."""
        if not step.as_shell and not step.follow:
            return ""
        text = self.tree.text(step.path)
        if step.as_shell or not text.startswith("#!"):
            return text if step.as_shell or _SHELL_NAMES.fullmatch(step.path) or _is_plain(step.path) else ""
        first = _SHEBANG.match(text)
        name = first[1].rpartition("/")[2] if first else ""
        if first and name == "env":
            name = (first[2] or "").rpartition("/")[2]
        return text if name in SHELLS else ""


def _is_plain(path: str) -> bool:
    """Whether a file that is run without a first line for an interpreter has no ending: a shell then reads it."""
    return "." not in path.rpartition("/")[2]
