"""What the source of a record says about its fields: the comment after each field, or after each member of an enumeration."""

import ast
import inspect
import io
import sys
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any


def types_of(record: type) -> Mapping[str, Any]:  # Any: a type, or a form of one such as a union
    """The type of each field of a dataclass, in order."""
    return {field.name: field.type for field in fields(record)}


def comments_of(record: type) -> Mapping[str, str]:
    """The comment of each field or member that has one, including those of base classes."""
    found: dict[str, str] = {}
    for each in reversed(record.__mro__):
        if each.__module__.startswith("overnight."):
            found |= _comments(each)
    return found


def about(record: type) -> str:
    """The first paragraph of a record's docstring."""
    return (inspect.getdoc(record) or "").partition("\n\n")[0].replace("\n", " ")


def members_of(enumeration: type[Enum]) -> Mapping[str, str]:
    """The values of an enumeration, each with its comment."""
    comments = comments_of(enumeration)
    return {str(member.value): comments.get(member.name, "") for member in enumeration}


def _comments(record: type) -> Mapping[str, str]:
    return _comments_in(record.__module__).get(record.__qualname__, {})


@cache
def _comments_in(module: str) -> Mapping[str, Mapping[str, str]]:
    """The comments of all classes of a module, whose source is read once."""
    source = inspect.getsource(sys.modules[module])
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    by_line = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    return dict(_classes(ast.parse(source).body, "", by_line)) if by_line else {}


def _classes(body: Sequence[ast.stmt], above: str, by_line: Mapping[int, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each class by its qualified name, with the comments after its fields."""
    for declared in body:
        if isinstance(declared, ast.ClassDef):
            name = f"{above}{declared.name}"
            yield name, dict(_fields(declared, by_line))
            yield from _classes(declared.body, f"{name}.", by_line)


def _fields(declared: ast.ClassDef, by_line: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    for node in declared.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                if comment := by_line.get(node.end_lineno or node.lineno):
                    yield name, comment
            case _:
                pass
