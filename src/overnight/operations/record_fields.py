"""What the source of a record says about its fields: the comment after each field, or after each member of an enumeration."""

import ast
import inspect
import io
import textwrap
import tokenize
from collections.abc import Mapping
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


@cache
def _comments(record: type) -> dict[str, str]:
    source = textwrap.dedent(inspect.getsource(record))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    by_line = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    [declared] = ast.parse(source).body
    found = {}
    for node in declared.body if isinstance(declared, ast.ClassDef) else ():
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                if comment := by_line.get(node.end_lineno or node.lineno):
                    found[name] = comment
            case _:
                pass
    return found
