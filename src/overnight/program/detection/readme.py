"""Pure: commands that a README shows, with what it says about them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from overnight.program.detection.command import FOREIGN, MEASURES, Files
from overnight.program.detection.score_text import is_program_called_test
from overnight.program.detection.spelled import Spelled, Speller

README = re.compile(r"(?:(?:[^/]+/)?(?:bench(?:mark)?s?|perf(?:ormance)?)/)?(?i:README(?:\.\w{1,8})?)")
MOST_LINES = 5_000
LONGEST = 200  # characters of a line
MOST_COMMANDS = 60  # of a repository

_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_INDENTED = re.compile(r"(?: {3,}|\t)")
_PROMPT = re.compile(r"^[ \t]*(?:[$%>][ \t]+)?")
_COMMENT = re.compile(r"(?:^|[ \t]+)(?:#|//)[ \t]*")
_PAIR = 2  # of fences, around a command on one line
_INLINE = re.compile(r"""[`"]([^`"\n]{3,150})[`"]""")
_KEPT = re.compile(r"[ \t]+(?:2?>|>>)[ \t]*[\w./-]{1,80}(?:[ \t]+2>&1)?[ \t]*$")  # what is printed, in a file
_OPTIONAL = re.compile(r"[ \t]*\[[^\]\n]{0,80}\]")  # as in `run.py [-h]`
_TESTS = re.compile(r"(?:^|[^a-z])(?:unit)?tests?(?![a-z])", re.IGNORECASE)
_CLONES = re.compile(r"\bgit[ \t]+clone\b")
_ENTERS = re.compile(r"cd[ \t]+(?:\./)?([\w./-]{1,100}?)/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A command of a README."""

    spelled: Spelled
    comment: str  # on its line, or on those right above it
    about: str  # the text above it, and its heading
    mentioned: bool = False  # whether the text only names a file, which can be run


def shown_commands(files: Files) -> Sequence[Shown]:
    """Those that run something which is committed or which the command itself builds, in the order of the text."""
    found: dict[str, Shown] = {}
    speller = Speller(files)
    for path in sorted(filter(README.fullmatch, files), key=lambda path: (path.count("/"), path)):
        if FOREIGN.search(path):
            continue
        for shown in _Reading(path.rpartition("/")[0], speller).of(files[path] or ""):
            text = shown.spelled.text
            if text not in found or (found[text].mentioned and not shown.mentioned):
                found[text] = shown
            if len(found) == MOST_COMMANDS:
                return list(found.values())
    return list(found.values())


def is_test(shown: Shown, files: Files) -> bool:
    """Whether a command runs the tests, and does not say that it measures, nor is the program itself."""
    if is_program_called_test(shown.spelled.leaf or "", files):
        return False
    words = f"{shown.spelled.text} {shown.comment}"
    return _TESTS.search(words) is not None and MEASURES.search(words) is None


def tests_in_readme(files: Files) -> str | None:
    """The first command that a README shows for the tests of the project."""
    return next((each.spelled.text for each in shown_commands(files) if is_test(each, files) and not each.spelled.lacks), None)


class _Reading:
    """One README, read line by line."""

    def __init__(self, home: str, speller: Speller) -> None:
        self.speller = speller
        self.folders = [""] + ([home] if home else [])  # where a command may run
        self.inside: str | None = None  # the folder that a block of code has entered
        self.before: list[str] = []  # the lines of code above, in this block
        self.heading = self.prose = self.comment = ""

    def of(self, text: str) -> Iterator[Shown]:
        """The commands of a text."""
        fenced = False
        for line in text.splitlines()[:MOST_LINES]:
            if _FENCE.match(line) and line.count("```") != _PAIR:
                fenced = not fenced
                self._leave()
            elif len(line) > LONGEST or not line.strip():
                continue
            elif fenced or _INDENTED.match(line):
                yield from self._code(line)
            else:
                yield from self._text(line)

    def _leave(self) -> None:
        self.inside, self.before, self.comment = None, [], ""

    def _text(self, line: str) -> Iterator[Shown]:
        if self.before:
            self._leave()
        if line.startswith("#"):
            self.heading = line
        self.prose = line
        for code in _INLINE.findall(line):
            for shown in self._command(code, "", line):
                yield replace(shown, mentioned=code.removeprefix("./") == shown.spelled.leaf)

    def _code(self, line: str) -> Iterator[Shown]:
        line = _PROMPT.sub("", line, count=1)
        code, *comment = _COMMENT.split(line.rstrip(), maxsplit=1)
        if not code:
            self.comment = "".join(comment)
            return
        said = " ".join([self.comment, *comment])
        if entered := _ENTERS.fullmatch(code):
            self._enter(entered[1])
        else:
            yield from self._command(code.rstrip(), said, f"{self.heading}\n{self.prose}")
        self.before.append(code.rstrip())
        if not comment:
            return
        self.comment = ""

    def _enter(self, folder: str) -> None:
        """What `cd` does; not into what a clone has made."""
        inside = "/".join(filter(None, [self.inside, folder]))
        if not any(map(_CLONES.search, self.before)) and inside in self.speller.tree.folders:
            self.inside = inside

    def _command(self, code: str, comment: str, about: str) -> Iterator[Shown]:
        code = _KEPT.sub("", _OPTIONAL.sub("", code))
        for folder in [self.inside] if self.inside else self.folders:
            if found := self.speller.read(code, folder or "", self.before):
                yield Shown(spelled=found, comment=comment, about=about)
                return
