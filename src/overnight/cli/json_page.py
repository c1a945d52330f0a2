"""What each `--json` prints, as one Markdown page: `python -m overnight.cli.json_page > docs/json.md`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

import click

from overnight.actions.asking.initialisation import ActionsProposal
from overnight.actions.views.result import Result
from overnight.claw.views.spoken import Spoken
from overnight.cli.front import Ready
from overnight.cli.hub_init import OpenedHub
from overnight.cli.hub_verify_chain import CopyReport
from overnight.cli.main import COMMANDS
from overnight.cli.token import NewToken, TokenList
from overnight.cli.work_here import JoinedFolder
from overnight.meta.check_report import MetaCheck
from overnight.meta.setup import MetaProposal
from overnight.notices.channel_test import NotifyReport
from overnight.operations.documentation import slug
from overnight.operations.fields import inputs_of
from overnight.operations.operation import AnyOperation, Argument
from overnight.operations.record_fields import about, comments_of, members_of, types_of
from overnight.operations.registry import operations
from overnight.pool.keeping.form import About
from overnight.pool.keeping.restore import Restored
from overnight.pool.operations.work_status import SentChange
from overnight.pool.work.mirror import Mirrored
from overnight.program.front_matter import Value
from overnight.research.experiment import SessionTranscript
from overnight.research.findings import Rerun
from overnight.research.receipts.receipt import ReceiptReport
from overnight.research.setup.initialisation import InitReport
from overnight.research.tryout.result import Tryout

Form = Any  # a type, or a form such as a union; Python has no common type for these

# command: type of what it prints
_BY_HAND: Mapping[str, Form] = {
    "init": InitReport,
    "do --init": ActionsProposal,
    "review": Result,
    "agents test": Tryout,
    "meta check": MetaCheck,
    "meta init": MetaProposal,
    "notify test": NotifyReport,
    "claw chat": Spoken,
    "show --assignment K": Sequence[SessionTranscript],
    "serve": Ready,
    "token": NewToken,
    "token list": TokenList,
    "hub init": OpenedHub,
    "hub backup FILE": About,
    "hub restore FILE": Restored,
    "hub mirror URL FOLDER": Mirrored,
    "hub verify-chain": CopyReport,
    "work join URL": JoinedFolder,
    "work submit COMMIT": SentChange,
    "verify --receipt COMMIT": ReceiptReport,
    "verify --rerun N": Sequence[Rerun],
}

_NOTES = {
    "claw chat": "One value a line: what was said, and each message.",
    "show --assignment K": "What was said and done in it; empty if nothing of it is kept.",
    "review": "As `result` does.",
    "hub init": "What would be public is printed on standard error.",
    "work join URL": "What would run here is printed on standard error.",
    "serve": "On one line, when it takes requests.",
    "init": "The proposal and what its two trials measured. It is written only if you also pass `--yes`.",
    "do --init": "The proposal. It is written only if you also pass `--yes`.",
    "meta init": "The proposal. It is written only if you also pass `--yes`.",
    "hub verify-chain": "`rerun` is null without `--rerun`.",
    "verify --rerun N": "One for each kept change that was measured again.",
}


def shape_name(operation: AnyOperation) -> str:
    """The heading of an operation: its name, and the arguments that it is given."""
    places = ((field, field.place) for field in inputs_of(operation))
    given = (place.metavar or field.name.upper() for field, place in places if isinstance(place, Argument))
    return " ".join([operation.name, *given])


def _in_order(heading: str) -> tuple[int, str]:
    """As the first screen lists the commands, then by name."""
    word = heading.partition(" ")[0]
    return (list(COMMANDS).index(word), "") if word in COMMANDS else (len(COMMANDS), heading)


_OPERATIONS = {shape_name(operation): operation for operation in operations() if operation.output is not None}
_ALL = {**{heading: operation.output for heading, operation in _OPERATIONS.items()}, **_BY_HAND}
SHAPES: Mapping[str, Form] = {heading: _ALL[heading] for heading in sorted(_ALL, key=_in_order)}
NOTES = {**{heading: operation.note for heading, operation in _OPERATIONS.items() if operation.note}, **_NOTES}

HEAD = """\
# What `--json` prints

With `--json` a command prints the same facts as without it, as one JSON value on standard output. The shapes are stable:
fields are added, never renamed or removed. All fields are always present; an unknown number is `null`. Gains are in the
metric's units, and positive is better whatever the direction.

```
overnight status --json
overnight log --json -n 5
overnight verify --json
```

This page is generated from the records in the source. Tests check it against them and against the output of the commands.
"""

_PLAIN = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    NoneType: "null",
    Path: "text, a path",
    object: "any JSON value",
}
EMPTY = '""'  # how an empty text is written
_PYTHON = {"None": "null", "True": "true", "False": "false"}


def render() -> str:
    """The whole page."""
    parts = [HEAD]
    parts += [_section(command, form) for command, form in SHAPES.items()]
    named = [each for form in SHAPES.values() for each in (types_of(form).values() if _is_record(form) else (form,))]
    parts.append("## Records\n\nThe parts of the values above, by name.\n")
    for part in sorted(_parts(named), key=lambda part: (part.__name__, part.__module__)):
        rows = _members(part) if issubclass(part, Enum) else _rows(part)
        head = ("Value", "Meaning") if issubclass(part, Enum) else ("Field", "Type", "Meaning")
        parts.append(f"### {part.__name__}\n\n{_plain(about(part))}\n\n{_table(rows, head)}")
    return "\n".join(parts)


def _section(command: str, form: Form) -> str:
    """One command: a note, then its fields or what it lists."""
    note = f"{NOTES[command]}\n\n" if command in NOTES else ""
    word = _word(form)
    return f"## `{command}`\n\n{note}" + (_table(_rows(form)) if _is_record(form) else f"{word[:1].upper()}{word[1:]}.\n")


def _rows(record: type) -> Iterable[tuple[str, ...]]:
    comments = comments_of(record)
    return ((f"`{name}`", _word(form), _plain(comments.get(name, ""))) for name, form in types_of(record).items())


def _members(enumeration: type[Enum]) -> Iterable[tuple[str, ...]]:
    return ((f"`{value or EMPTY}`", _plain(comment)) for value, comment in members_of(enumeration).items())


def _table(rows: Iterable[tuple[str, ...]], head: tuple[str, ...] = ("Field", "Type", "Meaning")) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _word(form: Form) -> str:
    """A type in plain words, with a link if it has a table of its own."""
    origin: Form = get_origin(form)
    inner = get_args(form)
    if origin is Annotated:
        return _word(inner[0])
    if form == Value:
        return "any value of YAML"
    if form in _PLAIN:
        return _PLAIN[form]
    if origin in {Union, UnionType}:
        words = dict.fromkeys(_word(each) for each in inner)
        return " or ".join([*(word for word in words if word != "null"), *(["null"] if "null" in words else [])])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in {tuple, list, Sequence}:
        return f"list of {_word(inner[0])}"
    if origin is Mapping:
        return f"object: {_word(inner[1])} by name"
    at = next((shape for shape, printed in SHAPES.items() if printed is form), form.__name__)  # a command may print it
    return f"[{form.__name__}](#{slug(at)})"


def _parts(forms: Iterable[Form]) -> set[type]:
    """All records and enumerations that values of these types contain."""
    found: set[type] = set()
    left = list(forms)
    while left:
        form = left.pop()
        if form in found or form == Value:
            continue
        if get_origin(form) is not Literal:
            left += get_args(form)
        if _is_record(form):
            found.add(form)
            left += types_of(form).values()
        elif isinstance(form, type) and issubclass(form, Enum):
            found.add(form)
    return found


def _is_record(form: Form) -> TypeGuard[type]:
    return isinstance(form, type) and is_dataclass(form)


def _plain(comment: str) -> str:
    """A comment as Markdown, with JSON's words for Python's constants."""
    return re.sub(r"\b(?:None|True|False)\b", lambda word: _PYTHON[word[0]], comment).replace("<", "\\<")


if __name__ == "__main__":
    click.echo(render(), nl=False)
