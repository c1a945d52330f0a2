"""The functions and statements of a file in any language that has a parser, as places in its text."""

import ast
import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from overnight.research.researchers.mutator.source import Function, Source
from overnight.research.researchers.tuner.grammars import WALL_S, grammar_of

_CHILD = "overnight.research.researchers.mutator.statement_child"
_KEPT = ast.Return | ast.Raise | ast.Global | ast.Nonlocal | ast.Import | ast.ImportFrom | ast.ClassDef | ast.Assert | ast.Pass
_MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement that stands alone on its lines: the bytes of these, line end included."""

    path: str
    start: int
    end: int
    lines: tuple[int, ...]  # where it and each statement within it begins
    alone: bool  # the only one of its block, which cannot do without it


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """A function and the statements of it that may be deleted, moved, copied or replaced."""

    path: str
    name: str
    first: int  # line
    last: int
    body: tuple[int, int]  # bytes
    statements: tuple[Statement, ...]


def python_routines(source: Source) -> Sequence[Routine]:
    """The functions of a Python file."""
    return [_routine(source, function) for function in source.functions]


def _routine(source: Source, function: Function) -> Routine:
    return Routine(
        path=source.path,
        name=function.name,
        first=function.lineno,
        last=function.end_lineno or function.lineno,
        body=(source.spans.of(function.body[0])[0], source.spans.of(function.body[-1])[1]),
        statements=tuple(_statements(source, function)),
    )


def _statements(source: Source, function: Function) -> Iterator[Statement]:
    waiting = [function.body]
    while waiting:
        block = waiting.pop()
        for statement in block:
            if isinstance(statement, Function | ast.ClassDef):
                continue
            waiting += [inner for field in ("body", "orelse", "finalbody") if (inner := getattr(statement, field, None))]
            span = source.spans.lines_of(statement)
            documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            leaves = any(isinstance(part, _KEPT | ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(statement))
            if span and not documents and not leaves and source.indent(statement) is not None:
                lines = tuple(part.lineno for part in ast.walk(statement) if isinstance(part, ast.stmt))
                yield Statement(path=source.path, start=span[0], end=span[1], lines=lines, alone=len(block) == 1)


_Place = tuple[int, int, tuple[int, ...], bool]
_Found = tuple[Annotated[str, Field(max_length=200)], int, int, int, int, list[_Place]]
_ANSWER = TypeAdapter(Annotated[list[_Found], Field(max_length=_MOST)])


def other_routines(files: Mapping[str, bytes]) -> Mapping[str, Sequence[Routine]]:
    """The functions of files in other languages; none of a file that is too much for its parser, or without parsers."""
    found: dict[str, Sequence[Routine]] = {}
    for path, content in files.items():
        line = json.dumps([grammar_of(path), base64.b64encode(content).decode()]) + "\n"
        command = [sys.executable, "-I", "-m", _CHILD]
        try:
            done = subprocess.run(command, input=line.encode(), capture_output=True, timeout=WALL_S, check=False, env={})
            answer = _ANSWER.validate_json(done.stdout)
        except (subprocess.TimeoutExpired, ValidationError):
            continue
        found[path] = [
            Routine(
                path=path,
                name=name,
                first=first,
                last=last,
                body=(start, end),
                statements=tuple(
                    Statement(path=path, start=s, end=e, lines=lines, alone=alone) for s, e, lines, alone in places
                ),
            )
            for name, first, last, start, end, places in answer
        ]
    return found
