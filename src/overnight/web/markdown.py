"""A page's Markdown twin, made from the fields of what its operation returned."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum

from overnight.words.markdown import inline

TEXT = 2_000  # characters of one text
CELL = 200  # of one in a table


def to_markdown(title: str, found: object) -> str:
    """The whole value: a list of its plain fields, then a part for each that has some of its own."""
    return "\n".join([f"# {inline(title, CELL)}", "", *_parts(found, 2)]) + "\n"


def _parts(value: object, level: int) -> Iterator[str]:
    pairs = list(_pairs(value))
    plain = [(name, each) for name, each in pairs if not _has_parts(each)]
    yield from (f"- {inline(name, CELL)}: {_text(each, TEXT)}" for name, each in plain)
    for name, each in pairs:
        if _has_parts(each):
            yield from ("", f"{'#' * min(level, 6)} {inline(name, CELL)}", "")
            yield from _parts(each, level + 1)


def _pairs(value: object) -> Iterator[tuple[str, object]]:
    if is_dataclass(value) and not isinstance(value, type):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, Mapping):
        yield from ((str(name), each) for name, each in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from ((str(number), each) for number, each in enumerate(value, 1))
    else:
        yield "value", value


def _has_parts(value: object) -> bool:
    return (is_dataclass(value) and not isinstance(value, type)) or (
        isinstance(value, Mapping | Sequence) and not isinstance(value, str) and len(value) > 0
    )


def _text(value: object, limit: int) -> str:
    if value is None or value in ("", (), [], {}):
        return "none"
    return inline(str(value.value if isinstance(value, Enum) else value), limit, first=False)
