"""Reads shell text as far as it says which programs run: its simple commands, and the words of each.

Quotes, comments, redirections and here-documents are read as a shell does. Nothing is expanded: a variable stays in its word
as it is written, and the output of a command is `$()`. The commands inside such a substitution are listed as well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

SUBSTITUTED = "$()"  # in a word, what a command prints
MOST_COMMANDS = 5000  # of one text
MOST_NESTED = 40  # substitutions within each other; a deeper one is read as part of the text around it

_PLAIN = re.compile(r"[^\s'\"\\$`#;&|()<>]+")
_QUOTED = re.compile(r"[^\"\\$`]+")
_BLANK = re.compile(r"[^\S\n]+")
_COMMENT = re.compile(r"[^\n]*")
_VARIABLE = re.compile(r"\$\{[^{}'\"\s`]{0,200}\}")
_HEREDOC = re.compile(r"<<-?[ \t]*(?:'([^'\n]{1,80})'|\"([^\"\n]{1,80})\"|\\?([\w.-]{1,80}))")
_REDIRECT = re.compile(r"&>>?|<<<|[<>]&|<>|>\||>>?|<")


@dataclass(slots=True)
class _Frame:
    """The text itself, or a substitution in it."""

    closed_by: str = ""
    words: list[str] = field(default_factory=list)
    word: list[str] | None = None  # parts of the word that is being read
    quoted: bool = False
    parentheses: int = 0
    redirected: bool = False  # the next word is a file that a stream goes to

    def add(self, part: str) -> None:
        if self.word is None:
            self.word = []
        self.word.append(part)

    def end_word(self) -> None:
        if self.word is not None and not self.redirected:
            self.words.append("".join(self.word))
        if self.word is not None:
            self.word, self.redirected = None, False


def simple_commands(text: str) -> Sequence[Sequence[str]]:
    """The words of each simple command of a shell text, at most `MOST_COMMANDS` commands; any text can be read."""
    return _Reader(text).read()


class _Reader:
    """One pass over a text, in time that grows with its length only."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.frames = [_Frame()]
        self.commands: list[Sequence[str]] = []
        self.heredocs: list[str] = []  # their ends, whose texts begin at the next line

    def read(self) -> Sequence[Sequence[str]]:
        while self.at < len(self.text) and len(self.commands) < MOST_COMMANDS:
            self._step(self.frames[-1])
        while len(self.frames) > 1:
            self._close()
        self._end_command()
        return self.commands[:MOST_COMMANDS]

    def _step(self, frame: _Frame) -> None:
        pattern = _QUOTED if frame.quoted else _PLAIN
        if chunk := pattern.match(self.text, self.at):
            frame.add(chunk[0])
            self.at = chunk.end()
            return
        character = self.text[self.at]
        if character == '"':
            frame.quoted = not frame.quoted
            frame.add("")
            self.at += 1
        elif character == "\\":
            self._escaped(frame)
        elif character in "$`":
            self._substitution(frame, character)
        else:
            self._unquoted(frame, character)

    def _unquoted(self, frame: _Frame, character: str) -> None:
        if character == "'":
            end = self.text.find("'", self.at + 1)
            end = len(self.text) if end < 0 else end
            frame.add(self.text[self.at + 1 : end])
            self.at = end + 1
        elif character == "#" and frame.word is not None:
            frame.add(character)
            self.at += 1
        elif character == "#":
            self._skip(_COMMENT)
        elif character == "\n":
            self._end_line()
        elif character.isspace():
            frame.end_word()
            self._skip(_BLANK)
        elif character in "<>" or self.text.startswith("&>", self.at):
            self._redirect(frame)
        else:
            self._separator(frame, character)

    def _escaped(self, frame: _Frame) -> None:
        escaped = self.text[self.at + 1 : self.at + 2]
        if escaped != "\n":
            frame.add(escaped)
        self.at += 2

    def _substitution(self, frame: _Frame, character: str) -> None:
        if character == "`" and frame.closed_by == "`":
            self._close()
        elif len(self.frames) <= MOST_NESTED and (character == "`" or self.text.startswith("$(", self.at)):
            self.frames.append(_Frame(closed_by="`" if character == "`" else ")"))
            self.at += len("`" if character == "`" else "$(")
        elif variable := _VARIABLE.match(self.text, self.at):
            frame.add(variable[0])
            self.at = variable.end()
        else:
            if not self.text.startswith("$'", self.at) or frame.quoted:
                frame.add(character)
            self.at += 1

    def _close(self) -> None:
        self._end_command()
        self.frames.pop()
        self.frames[-1].add(SUBSTITUTED)
        self.at += 1

    def _separator(self, frame: _Frame, character: str) -> None:
        if character == ")" and not frame.parentheses and frame.closed_by == ")":
            self._close()
            return
        frame.parentheses = max(0, frame.parentheses + {"(": 1, ")": -1}.get(character, 0))
        self._end_command()
        self.at += 1

    def _redirect(self, frame: _Frame) -> None:
        if self.text.startswith(("<(", ">("), self.at) and len(self.frames) <= MOST_NESTED:
            self.frames.append(_Frame(closed_by=")"))
            self.at += 2
            return
        if frame.word is not None and "".join(frame.word).isdigit():
            frame.word = None
        frame.end_word()
        heredoc = None if self.text.startswith("<<<", self.at) else _HEREDOC.match(self.text, self.at)
        if heredoc:
            self.heredocs.append(heredoc[1] or heredoc[2] or heredoc[3])
            self.at = heredoc.end()
        else:
            self._skip(_REDIRECT)
            frame.redirected = True

    def _end_line(self) -> None:
        self._end_command()
        self.at += 1
        for end in self.heredocs:
            found = re.compile(rf"^[\t]*{re.escape(end)}$", re.MULTILINE).search(self.text, self.at)
            self.at = found.end() if found else len(self.text)
        self.heredocs.clear()

    def _end_command(self) -> None:
        frame = self.frames[-1]
        frame.end_word()
        frame.redirected = False
        if frame.words:
            self.commands.append(frame.words)
        frame.words = []

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = max(self.at + 1, found.end() if found else 0)
