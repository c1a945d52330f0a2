"""A page's Markdown twin: what agents read instead of the HTML.

It is made from the fields of what the page's operation returned: plain fields as a list, records of one kind as a table, texts
of several lines as blocks, and at the end where to look next. All text is foreign until it is escaped here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, TypeGuard

from overnight.operations.page import Link
from overnight.operations.record_fields import comments_of
from overnight.words.foreign import printable_lines
from overnight.words.markdown import closed, code, fenced, inline
from overnight.words.moments import moment

if TYPE_CHECKING:
    from overnight.web.calls import Looked

MOST = 60_000  # characters of a whole twin, about 15,000 tokens
TEXT = 2_000  # characters of one text on a line
BLOCK = 16_000  # of one with several lines
CELL = 160  # of one in a table
ROWS = 50  # of a table
ITEMS = 100  # of a list
FEW = 8  # items of a list that is on one line
COLUMNS = 16
SECTIONS = 20  # records that have records in them, which get a part each
COMMENT = 120  # characters of a field's comment
DEEPEST = 5  # level of a heading; what is deeper is JSON
_LARGE = 1e6  # from which a value is written without decimals
_UNIX = "Unix time"  # in the comment of a field that is one
_WORDS = {"None": "none", "True": "yes", "False": "no"}
_CONSTANT = re.compile(r"\b(?:None|True|False)\b")
_NAMES = ("name", "tag", "number", "role")  # fields that name a record
_KINDS = {"diff": "diff"}  # fields whose blocks are of a kind


def markdown_of(looked: "Looked") -> str:
    """The twin of a page."""
    page, links = looked.page, [*([looked.next_page] if looked.next_page else []), *looked.links]
    if page.markdown:
        body: Iterator[str] = iter(page.markdown(looked.found).rstrip("\n").split("\n"))
    else:
        body = to_lines(looked.title, looked.found, page.operation.about)
    return "\n".join([*_bounded(body, f"{looked.here}.json"), *_next(links)]) + "\n"


def to_lines(title: str, found: object, about: str = "") -> Iterator[str]:
    """A whole value below its title."""
    yield f"# {inline(title, CELL)}"
    yield ""
    if about:
        yield f"> {inline(about, TEXT)}"
        yield ""
    yield from _value("", found, 2)


def _next(links: Sequence[Link]) -> Iterator[str]:
    """Where to look next, each with the address of its twin."""
    if links:
        yield from ("", "## Next", "")
        yield from (f"- [{inline(link.about, CELL)}]({twin_of(link.address)})" for link in links)


def twin_of(address: str) -> str:
    """The address of the Markdown twin of a page, with the page's query."""
    path, mark, query = address.partition("?")
    return f"{path}.md{mark}{query}"


def _bounded(lines: Iterator[str], whole: str) -> Iterator[str]:
    """The lines that fit, and where the rest is."""
    left, cut = MOST, False
    kept: list[str] = []
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            cut = True
            break
        kept.append(line)
    yield from closed(kept)
    if cut:
        yield from ("", f"The rest is left out here; all of it: {whole}")


def _value(name: str, value: object, level: int) -> Iterator[str]:
    """A value in the form that fits it, without a heading of its own."""
    if _is_record(value):
        yield from _record(value, level)
    elif isinstance(value, Mapping):
        yield from _mapping(value, level)
    elif _is_sequence(value):
        yield from _sequence(value, level)
    elif isinstance(value, str) and "\n" in value.strip("\n"):
        yield from _block(name, value)
    else:
        yield _text(value, TEXT) or "none"


def _record(value: object, level: int) -> Iterator[str]:
    comments = comments_of(type(value))
    pairs = [(field.name, getattr(value, field.name)) for field in fields(value)]  # type: ignore[arg-type]  # it is one
    yield from _pairs(pairs, comments, level)


def _mapping(value: Mapping[object, object], level: int) -> Iterator[str]:
    if any(_is_tree(each) for each in value.values()):
        yield from _json(value)
    elif value and all(_is_record(each) for each in value.values()):
        yield from _records([(str(name), each) for name, each in value.items()], level)
    else:
        pairs = [(str(name), each) for name, each in islice(value.items(), ITEMS)]
        yield from _pairs(pairs, {}, level)
        yield from _left_out(len(value) - ITEMS, "entries")


def _sequence(value: Sequence[object], level: int) -> Iterator[str]:
    if not value:
        yield "none"
    elif all(_is_record(each) for each in value):
        yield from _records([("", each) for each in value], level)
    elif any(_has_parts(each) for each in value):
        yield from _json(value)
    else:
        yield from (f"- {_text(each, TEXT)}" for each in value[:ITEMS])
        yield from _left_out(len(value) - ITEMS, "items")


def _pairs(pairs: Sequence[tuple[str, object]], comments: Mapping[str, str], level: int) -> Iterator[str]:
    """The plain ones as a list, the rest in parts of their own; those without a value are only named."""
    empty = [name for name, each in pairs if _is_empty(each)]
    filled = [(name, each) for name, each in pairs if not _is_empty(each)]
    for name, each in filled:
        if not _has_parts(each):
            comment = comments.get(name, "")
            yield f"- {code(name, CELL)}: {_text(each, TEXT, comment)}{_about(comment)}"
    if empty:
        yield f"- none or not known: {_names(empty)}"
    for name, each in filled:
        if _has_parts(each):
            yield from ("", f"{'#' * level} {inline(name, CELL)}{_about(comments.get(name, ''))}", "")
            yield from _value(name, each, level + 1) if level < DEEPEST else _json(each)


def _about(comment: str) -> str:
    """A field's comment behind it, without Python's words."""
    plain = _CONSTANT.sub(lambda found: _WORDS[found[0]], comment)
    return f" ({inline(plain, COMMENT, first=False)})" if plain else ""


def _records(rows: Sequence[tuple[str, object]], level: int) -> Iterator[str]:
    """A table of records; if one has records in it, a part for each."""
    nested = level < DEEPEST and any(
        _is_sequence(each) and each and _is_record(each[0]) for _, row in rows for each in _values(row)
    )
    if not nested:
        yield from _table(rows)
        return
    for place, (name, row) in enumerate(rows[:SECTIONS]):
        yield from ([""] if place else [])
        yield from (f"{'#' * level} {inline(name or _name_of(row) or str(place + 1), CELL)}", "")
        yield from _record(row, level + 1)
    yield from _left_out(len(rows) - SECTIONS, "parts")


def _name_of(record: object) -> str:
    """What people call it."""
    return next((_plain(getattr(record, name)) for name in _NAMES if hasattr(record, name)), "")


def _values(record: object) -> Iterator[object]:
    return (getattr(record, field.name) for field in fields(record))  # type: ignore[arg-type]  # it is one


def _table(rows: Sequence[tuple[str, object]]) -> Iterator[str]:
    """Records of one kind, a row each; columns without any value are left out."""
    shown = [(name, dict(_columns(each))) for name, each in rows[:ROWS]]
    comments = {name: text for _, each in rows[:1] for name, text in comments_of(type(each)).items()}
    names = list(dict.fromkeys(column for _, cells in shown for column in cells))
    used = [column for column in names if any(_tells(cells.get(column)) for _, cells in shown)]
    kept, left = used[:COLUMNS], used[COLUMNS:]
    head = [*(["name"] if any(name for name, _ in shown) else []), *kept]
    yield f"| {' | '.join(_cell(column) for column in head)} |"
    yield f"|{'---|' * len(head)}"
    for name, cells in shown:
        texts = [_text(cells.get(column), CELL, comments.get(column, "")) for column in kept]
        yield f"| {' | '.join([*([inline(name, CELL)] if len(head) > len(kept) else []), *texts])} |"
    if left:
        yield f"\nColumns left out: {_names(left)}"
    if idle := [column for column in names if column not in used]:
        yield f"\nIn no row: {_names(idle)}"
    yield from _left_out(len(rows) - ROWS, "rows")


def _names(names: Sequence[str]) -> str:
    return ", ".join(code(name, CELL) for name in names)


def _tells(value: object) -> bool:
    return not _is_empty(value) and value is not False


def _columns(record: object, before: str = "") -> Iterator[tuple[str, object]]:
    """The plain values of a record, those of a record or a mapping in it too; of lists, how many there are."""
    for field in fields(record):  # type: ignore[arg-type]  # it is one
        value = getattr(record, field.name)
        if _is_record(value) and not before:
            yield from _columns(value, f"{field.name}.")
        elif isinstance(value, Mapping) and value and not any(map(_has_parts, value.values())):
            yield f"{before}{field.name}", ", ".join(f"{name} {_plain(each)}" for name, each in islice(value.items(), ITEMS))
        elif isinstance(value, Mapping) or _is_record(value):
            continue
        elif _is_sequence(value):
            plain = not any(_has_parts(each) for each in value)
            yield f"{before}{field.name}", ", ".join(_plain(each) for each in value) if plain else f"{len(value)}"
        else:
            yield f"{before}{field.name}", value


def _cell(name: str) -> str:
    return code(name, CELL).replace("|", "\\|")


def _left_out(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"\n{count:,} more {what} are left out here; all of them are in the JSON twin."


def _block(name: str, text: str) -> Iterator[str]:
    yield from fenced(printable_lines(text.strip("\n"), BLOCK).split("\n"), _KINDS.get(name, ""))


def _json(value: object) -> Iterator[str]:
    from pydantic_core import to_json

    text = to_json(value, indent=1, inf_nan_mode="null", fallback=str).decode()
    yield from fenced(printable_lines(text, BLOCK).split("\n"), "json")


def _text(value: object, limit: int, comment: str = "") -> str:
    """A plain value on one line, escaped."""
    return inline(_plain(value, comment), limit, first=False)


def _plain(value: object, comment: str = "") -> str:
    if _is_empty(value):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and _UNIX in comment:
        return moment(value)
    if _is_sequence(value):
        return ", ".join(map(_plain, value))
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < _LARGE else f"{value:.0f}"
    return str(value)


def _is_record(value: object) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_tree(value: object) -> bool:
    """Whether it is JSON of any depth."""
    return isinstance(value, Mapping | list) and any(isinstance(each, Mapping | list) for each in _inner(value))


def _inner(value: Mapping[object, object] | list[object]) -> Sequence[object]:
    return list(value.values()) if isinstance(value, Mapping) else value


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | Sequence | Mapping) and not value)


def _has_parts(value: object) -> bool:
    """Whether it needs more than one line."""
    if isinstance(value, str):
        return "\n" in value.strip("\n")
    if _is_sequence(value):  # a short one of plain values is a line
        return len(value) > FEW or any(map(_has_parts, value)) or sum(len(_plain(each)) for each in value) > CELL
    return _is_record(value) or isinstance(value, Mapping)
