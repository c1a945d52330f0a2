"""Splits off the YAML front matter of `program.md` and reads it into plain values, each with its line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from overnight.errors import ProgramError
from overnight.words.foreign import printable
from overnight.words.quantities import more

MAX_FILE_CHARACTERS = 1_000_000
MAX_FRONT_CHARACTERS = 64_000  # a hundred times a long one; YAML is slow to read
MAX_DEPTH = 8
FIRST_LINE = 2  # of a front matter, in its file; line 1 is `---`
MAX_REPORTED = 30  # mistakes after the first
QUOTED = 60  # characters of a foreign key or value shown in a message

Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"]
Place: TypeAlias = tuple[str | int, ...]

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,40}\.[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake of the user, with its place in the file."""

    line: int | None
    key: str
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The values, the line of each key and item, and the problems found so far."""

    values: Mapping[str, Value]
    lines: Mapping[Place, int]
    problems: Sequence[Problem]

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest existing one around it; line 1 if there is none."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def split_front_matter(text: str, path: str, *, written_by: str = "overnight init") -> tuple[str, str]:
    """The YAML text between the `---` lines at the top, and the body below, unchanged; a command writes such files.

    Raises:
        ProgramError: there is none, or it has no end, or the text is too large or not Unicode.
    """
    if len(text) > MAX_FILE_CHARACTERS:
        raise ProgramError(f"larger than {MAX_FILE_CHARACTERS:,} characters", path=path, fix="shorten it")
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        raise ProgramError("not valid Unicode text", path=path, fix="save it as UTF-8")
    opening = re.match("\ufeff?---[ \t]*\r?\n", text)
    if opening is None:
        fix = f"start the file with a front matter between two `---` lines; `{written_by}` writes one"
        raise ProgramError("no front matter", path=path, line=1, fix=fix)
    closing = re.compile(r"^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE).search(text, opening.end())
    if closing is None:
        raise ProgramError("the front matter has no end", path=path, line=1, fix="close it with a `---` line")
    if closing.start() - opening.end() > MAX_FRONT_CHARACTERS:
        raise ProgramError(f"the front matter is larger than {MAX_FRONT_CHARACTERS:,} characters", path=path, line=1)
    return text[opening.end() : closing.start()], text[closing.end() :]


def load_front_matter(text: str, path: str, *, first_line: int = FIRST_LINE) -> FrontMatter:
    """The values of a YAML mapping, by the YAML 1.2 core rules: `no` is a word and `1:30` is not a number.

    `first_line`: where the text begins in its file; 1 for a file that is YAML as a whole.

    Raises:
        ProgramError: it is not YAML, or has anchors, aliases, tags, or more depth than any program needs.
    """
    try:
        node = _Composer(text).get_single_node()
    except _RefusedError as refused:
        raise ProgramError(refused.message, path=path, line=refused.row + first_line, fix=refused.fix) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + first_line
        raise ProgramError("a character that YAML does not allow", path=path, line=line, fix="delete it") from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, path, first_line) from None
    if not isinstance(node, yaml.MappingNode):
        what = "the front matter" if first_line == FIRST_LINE else "the file"
        raise ProgramError(f"{what} is not a mapping", path=path, line=first_line, fix="write `key: value` lines")
    reader = _Reader(first_line)
    values = reader.mapping(node, ())
    return FrontMatter(values=values, lines=reader.lines, problems=reader.problems)


def mapping_in(value: Value | None) -> Mapping[str, Value]:
    """The mapping that a value is; empty if it is none."""
    return value if isinstance(value, dict) else {}


def dotted(place: Place) -> str:
    """A place as people write it: `researchers[0].use`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{printable(part, QUOTED)}" for part in place)
    return text.removeprefix(".")


def program_error(problems: Sequence[Problem], path: str) -> ProgramError:
    """All problems as one error, one line each, in the order of the file."""
    first, *others = sorted(problems, key=lambda problem: problem.line or 0)
    lines = [str(ProgramError(p.message, path=path, line=p.line, key=p.key, fix=p.fix)) for p in others[:MAX_REPORTED]]
    if len(others) > MAX_REPORTED:
        lines.append(f"{path}: {more(len(others) - MAX_REPORTED, 'mistake')}")
    rest = "".join(f"\n{line}" for line in lines)
    # An error's text ends with its fix, so the other problems are appended to the fix.
    message, fix = (first.message, first.fix + rest) if first.fix else (first.message + rest, "")
    return ProgramError(message, path=path, line=first.line, key=first.key, fix=fix)


class _RefusedError(Exception):
    """YAML that we do not accept."""

    def __init__(self, message: str, row: int, fix: str) -> None:
        super().__init__(message)
        self.message, self.row, self.fix = message, row, fix


class _Composer(yaml.SafeLoader):
    """Composes nodes and refuses what can expand or hide content: aliases, anchors, tags, great depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # missing in the stubs
        line = event.start_mark.line
        if isinstance(event, yaml.AliasEvent):
            raise _RefusedError("an unquoted `*` is a YAML alias", line, 'quote a glob: "*.py"')
        if getattr(event, "anchor", None) is not None:
            raise _RefusedError("an unquoted `&` is a YAML anchor", line, "quote the text")
        if getattr(event, "tag", None) is not None:
            raise _RefusedError("an unquoted `!` is a YAML tag", line, "quote the text")
        if self.depth == MAX_DEPTH:
            raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels", line, "no key of a program needs that")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


@dataclass(slots=True)
class _Reader:
    """Turns nodes into values and records the line of each."""

    first_line: int
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + self.first_line
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(line=line, key=dotted(place), message="a key must be a word"))
                continue
            key = str(key_node.value)
            here = (*place, key)
            if here in self.lines:
                message = f"appears twice, first on line {self.lines[here]}"
                self.problems.append(Problem(line=line, key=dotted(here), message=message, fix="delete one of them"))
                continue
            self.lines[here] = line
            found.update((key, value) for value in self._value(value_node, here))
        return found

    def _value(self, node: yaml.Node, place: Place) -> Iterator[Value]:
        """The value of a node; if it has none, nothing, and a problem is recorded."""
        if isinstance(node, yaml.MappingNode):
            yield self.mapping(node, place)
        elif isinstance(node, yaml.SequenceNode):
            yield self._sequence(node, place)
        elif isinstance(node, yaml.ScalarNode):
            plain = node.style is None
            if plain and node.value in _NULLS:
                fix = "give it one, or delete the key to use its default"
                self.problems.append(Problem(line=self.lines[place], key=dotted(place), message="has no value", fix=fix))
            else:
                yield _resolve(node.value) if plain else str(node.value)

    def _sequence(self, node: yaml.SequenceNode, place: Place) -> list[Value]:
        items: list[Value] = []
        for index, item in enumerate(node.value):
            self.lines[(*place, index)] = item.start_mark.line + self.first_line
            items.extend(self._value(item, (*place, index)))
        return items


def _resolve(text: str) -> Value:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _syntax_error(error: yaml.MarkedYAMLError, path: str, first_line: int) -> ProgramError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + first_line if mark else None
    fix = ""
    if error.context == "while scanning an alias":
        fix = 'quote a glob that starts with `*`: "*.py"'
    elif error.problem and "mapping values are not allowed" in error.problem:
        fix = "quote a text that contains `: `"
    return ProgramError(f"not YAML: {printable(error.problem or 'unreadable', 200)}", path=path, line=line, fix=fix)
