"""Edits of an organisation's text that leave every other character as it is: comments, other keys, line ends.

Each returns None if the text is written in a way that it cannot edit, and never guesses: its caller parses what comes back.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from overnight.program.front_matter import Value, split_front_matter
from overnight.program.writer import flow
from overnight.research.charter import Charter, parse_charter
from overnight.research.ideas.text import split_marks
from overnight.words.markdown import marked

_ITEM = re.compile(r"(?P<indent>[ \t]*)(?P<bullet>[-*+]|[0-9]{1,3}[.)])[ \t]+(?P<box>\[.\](?:[ \t]+|$))?(?P<text>.*)")
_SHARE = re.compile(r"\d{1,3}(?:\.\d+)?[ \t]*%")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#:]*", re.DOTALL)
_RISKS = frozenset({"risk", "risks", "risk appetite"})


@dataclass(frozen=True, slots=True)
class _Front:
    """A program's front matter as nodes, with its place in the text."""

    text: str  # the whole program
    start: int  # of the front matter
    end: int
    root: yaml.MappingNode

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text[: self.end] else "\n"

    def value(self, *keys: str) -> yaml.Node | None:
        """The node of a value, through mappings."""
        node: yaml.Node | None = self.root
        for key in keys:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            node = next((value for name, value in pairs if name.value == key), None)
        return node

    def replaced(self, start: int, end: int, new: str) -> str:
        """The program with other text between two places of the front matter."""
        return self.text[: self.start + start] + new + self.text[self.start + end :]

    def with_line(self, line: str) -> str:
        """The program with one more line at the end of the front matter."""
        front = self.text[self.start : self.end]
        gap = "" if not front or front.endswith("\n") else self.newline
        return self.replaced(len(front), len(front), f"{gap}{line}{self.newline}")


def _front(text: str, path: str) -> _Front | None:
    front, _ = split_front_matter(text, path)
    root = yaml.compose(front, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return None
    return _Front(text, start := text.index(front, 3), start + len(front), root)


# --- The front matter ---


def with_member(text: str, path: str, index: int, entry: Mapping[str, Value] | None) -> str | None:
    """The text with another entry in place of a researcher, or without it."""
    front = _front(text, path)
    members = front.value("researchers") if front else None
    if front is None or not isinstance(members, yaml.SequenceNode):
        return None
    item = members.value[index]
    if entry is not None:
        return front.replaced(item.start_mark.index, _end(item), flow(dict(entry)))
    if len(members.value) == 1:
        return None
    if members.flow_style:
        last = index == len(members.value) - 1
        first = _end(members.value[index - 1]) if last else item.start_mark.index
        return front.replaced(first, _end(item) if last else members.value[index + 1].start_mark.index, "")
    body = text[front.start : front.end]
    begin = body.rindex("\n", 0, item.start_mark.index) + 1
    if body[begin : item.start_mark.index].strip() != "-":
        return None
    end = body.find("\n", _end(item)) + 1
    return front.replaced(begin, end or len(body), "")


def with_new_member(text: str, path: str, entry: Mapping[str, Value], members: Sequence[Value]) -> str | None:
    """The text with one more researcher, behind the others; `members` are those that it has, written or by default."""
    front = _front(text, path)
    if front is None:
        return None
    found = front.value("researchers")
    if found is None:
        return front.with_line(f"researchers: {flow([*members, dict(entry)])}")
    if not isinstance(found, yaml.SequenceNode) or not found.value:
        return None
    last = found.value[-1]
    if found.flow_style:
        return front.replaced(_end(last), _end(last), f", {flow(dict(entry))}")
    body = text[front.start : front.end]
    begin = body.rindex("\n", 0, last.start_mark.index) + 1
    end = body.find("\n", _end(last))
    dash = body[begin : last.start_mark.index]
    if dash.strip() != "-" or end < 0:
        return None
    return front.replaced(end + 1, end + 1, f"{dash}{flow(dict(entry))}{front.newline}")


def with_max_pairs(text: str, path: str, pairs: int) -> str | None:
    """The text with another `gate.max_pairs`."""
    front = _front(text, path)
    if front is None:
        return None
    gate, written = front.value("gate"), front.value("gate", "max_pairs")
    if written is not None:
        return front.replaced(written.start_mark.index, written.end_mark.index, str(pairs))
    if gate is None:
        return front.with_line(f"gate: {{max_pairs: {pairs}}}")
    if not isinstance(gate, yaml.MappingNode):
        return None
    if gate.flow_style:
        comma = ", " if gate.value else ""
        return front.replaced(gate.start_mark.index + 1, gate.start_mark.index + 1, f"max_pairs: {pairs}{comma}")
    indent = " " * gate.start_mark.column
    return front.replaced(gate.start_mark.index, gate.start_mark.index, f"max_pairs: {pairs}{front.newline}{indent}")


def _end(node: yaml.Node) -> int:
    """Where a node ends; that of a block is the end of its last word, not of what follows."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


# --- The Markdown below ---


def with_idea_first(body: str, idea: str) -> str | None:
    """The body with an idea before all others."""
    places = dict(_ideas(body))
    if idea not in places or next(iter(places)) == idea:
        return None
    lines = body.splitlines(keepends=True)
    (first, _), (start, end) = next(iter(places.values())), places[idea]
    moved = [line if line.endswith("\n") else line + _newline(body) for line in lines[start:end]]
    return "".join([*lines[:first], *moved, *lines[first:start], *lines[end:]])


def without_idea(body: str, idea: str) -> str | None:
    """The body with an idea ticked, or without it if it has no box."""
    places = dict(_ideas(body))
    if idea not in places:
        return None
    start, end = places[idea]
    lines = body.splitlines(keepends=True)
    found = _ITEM.match(lines[start])
    if found and found["box"]:
        return "".join([*lines[:start], lines[start].replace(found["box"][:3], "[x]", 1), *lines[start + 1 :]])
    return "".join([*lines[:start], *lines[end:]])


def with_bold(body: str, share: float) -> str | None:
    """The body with another share of bold ideas."""
    said = f"{share * 100:.0f} % bold"
    lines = body.splitlines(keepends=True)
    depths = [(at, len(found[1]), found[2]) for at, found in _headings(lines)]
    risk = next(((at, depth) for at, depth, name in depths if name.casefold().strip("`*_ ") in _RISKS), None)
    if risk is None:
        gap = "" if not body or body.endswith("\n") else _newline(body)
        return f"{body}{gap}{_newline(body)}{'#' * min((depth for _, depth, _ in depths[1:]), default=1)} Risk\n\n{said}.\n"
    at, depth = risk
    end = next((place for place, other, _ in depths if place > at and other <= depth), len(lines))
    section = "".join(lines[at + 1 : end])
    for changed in (_SHARE.sub(f"{share * 100:.0f} %", section, count=1), f"{_newline(body)}{said}.{_newline(body)}{section}"):
        made = "".join([*lines[: at + 1], changed, *lines[end:]])
        if changed != section and parse_charter(made).bold == share:
            return made
    return None


def has_risks(charter: Charter) -> bool:
    """Whether some of its open ideas are marked bold, and others safe: else no share of them decides anything."""
    return len({split_marks(idea.text)[1] for idea in charter.ideas if not idea.done} - {None}) > 1


def _ideas(body: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The first and the last line of each open idea, by its text."""
    wanted = {idea.text for idea in parse_charter(body).ideas if not idea.done}
    lines = body.splitlines()
    for at, line in enumerate(lines):
        found = _ITEM.fullmatch(line)
        if not found:
            continue
        end = at + 1
        while end < len(lines) and lines[end].strip() and _depth(lines[end]) > len(found["indent"].expandtabs(4)):
            end += 1
        words = [found["text"], *((_ITEM.fullmatch(more) or {"text": more})["text"] for more in lines[at + 1 : end])]
        if (text := " ".join(" ".join(words).split())) in wanted:
            yield text, (at, end)


def _depth(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    for at, (line, fence) in enumerate(marked([line.rstrip("\r\n") for line in lines])):
        if not fence and (found := _HEADING.fullmatch(line)):
            yield at, found


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
