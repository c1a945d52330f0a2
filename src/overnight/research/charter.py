"""Parses the Markdown body of `program.md` into a record; any text is valid here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from overnight.research.risk_appetite import DEFAULT_BOLD, share_of_bold
from overnight.words.foreign import printable
from overnight.words.markdown import marked

LONGEST_TEXT = 100_000  # characters of the free text
LONGEST_SECTION = 20_000  # characters of one role, of the priorities, of the risk
LONGEST_LINE = 10_000  # characters
LONGEST_NAME = 64  # characters of a role
LONGEST_IDEA = 300  # characters
MOST_ROLES = 64
MOST_IDEAS = 500

_SECTIONS: Mapping[str, str] = {
    "role": "roles",
    "roles": "roles",
    "priority": "priorities",
    "priorities": "priorities",
    "risk": "risk",
    "risks": "risk",
    "risk appetite": "risk",
    "idea": "ideas",
    "ideas": "ideas",
    "idea queue": "ideas",
}
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_ITEM = re.compile(r"([ \t]*)(?:[-*+]|[0-9]{1,3}[.)])[ \t]+(?:\[(.)\](?:[ \t]+|$))?(.*)")
_TICKS = frozenset("xX-")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleText:
    """What the program tells one role."""

    name: str  # as the heading has it
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIdea:
    """One line of the checklist under `Ideas`."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """The body of a program in parts; what is in no known section is `text`."""

    text: str = ""
    roles: tuple[RoleText, ...] = ()
    priorities: str = ""
    risk: str = ""
    bold: float = 0.0  # share of bold ideas among those that are worked on, 0 to 1
    bold_stated: bool = False  # by the program; otherwise `bold` is the default
    ideas: tuple[ListedIdea, ...] = ()

    def role(self, name: str) -> str:
        """The text for the role of this name, in any case; empty if there is none."""
        wanted = name.casefold()
        return "\n\n".join(role.text for role in self.roles if role.name.casefold() == wanted)


@dataclass(slots=True)
class _Parts:
    """Lines of the body by section."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    roles: list[tuple[str, list[str]]] = field(default_factory=list)


def parse_charter(body: str) -> Charter:
    """Parse the body; headings count in any case and at any level, except in fenced code."""
    parts = _split([line[:LONGEST_LINE] for line in body.splitlines()])
    ideas, rest = _checklist(parts.lines.get("ideas", []))
    risk = _joined(parts.lines.get("risk", []), LONGEST_SECTION)
    share = share_of_bold(risk)
    return Charter(
        text=_joined([*parts.lines.get("", []), *rest], LONGEST_TEXT),
        roles=tuple(RoleText(name=name, text=_joined(lines, LONGEST_SECTION)) for name, lines in parts.roles[:MOST_ROLES]),
        priorities=_joined(parts.lines.get("priorities", []), LONGEST_SECTION),
        risk=risk,
        bold=DEFAULT_BOLD if share is None else share,
        bold_stated=share is not None,
        ideas=ideas,
    )


def without_ideas(body: str) -> str:
    """The body without its lists of ideas; every other section stays as it is."""
    kept: list[str] = []
    section, level = "", 0
    for line, heading in _headings([line[:LONGEST_LINE] for line in body.splitlines()]):
        if heading is not None and not (section and heading[0] > level):
            section, level = _SECTIONS.get(_plain(heading[1]), ""), heading[0]
        if section != "ideas":
            kept.append(line)
    return "\n".join(kept)


def _split(lines: Sequence[str]) -> _Parts:
    """Split into sections: one ends at the next heading of its level or above; under `Roles`, deeper headings name roles."""
    parts = _Parts()
    section, level, role_level = "", 0, 0
    into = parts.lines.setdefault("", [])
    for line, heading in _headings(lines):
        if heading is None:
            into.append(line)
            continue
        depth, name = heading
        if section and depth > level:
            if section != "roles":
                into.append(line)
            elif not role_level or depth <= role_level:
                role_level, into = depth, []
                parts.roles.append((printable(name, LONGEST_NAME), into))
            else:
                into.append(line)
            continue
        section, level, role_level = _SECTIONS.get(_plain(name), ""), depth, 0
        into = parts.lines.setdefault(section, [])
        if not section:
            into.append(line)
    return parts


def _headings(lines: Sequence[str]) -> Iterator[tuple[str, tuple[int, str] | None]]:
    """Each line, with level and name if it is a heading."""
    before = ""
    for line, fence in marked(lines):
        heading = None if before or fence else _HEADING.match(line)
        yield line, (len(heading[1]), _name(heading[2])) if heading else None
        before = fence


def _name(text: str) -> str:
    return text.strip().rstrip("#").strip().strip("`*_: \t")


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _joined(lines: Sequence[str], limit: int) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n")[:limit]


def _checklist(lines: Sequence[str]) -> tuple[tuple[ListedIdea, ...], list[str]]:
    """The ideas of a checklist, with nested lines joined to their idea, and the lines that belong to none."""
    found: list[tuple[bool, list[str]]] = []
    rest: list[str] = []
    indent = -1  # of the idea that further lines belong to; -1: none
    for line in lines:
        item = _ITEM.fullmatch(line)
        depth = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if item and (indent < 0 or depth <= indent):
            indent = depth
            found.append(((item[2] or " ") in _TICKS, [item[3]]))
        elif not line.strip():
            pass
        elif indent >= 0 and (item or depth > indent):
            found[-1][1].append(item[3] if item else line)
        else:
            indent = -1
            rest.append(line)
    ideas = (ListedIdea(text=_one_line(words), done=done) for done, words in found[:MOST_IDEAS])
    return tuple(idea for idea in ideas if idea.text), rest


def _one_line(lines: Sequence[str]) -> str:
    return printable(" ".join(" ".join(lines).split()), LONGEST_IDEA)
