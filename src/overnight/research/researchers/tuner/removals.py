"""Statements of a Python file that can be dropped: those that only replace a value by another of the same name.

`x = norm(x)` and `g *= clip` qualify: without them the name is still bound and the file still parses. Anything that may be
part of a measurement, a count or a random state does not qualify.
"""

import ast
from collections.abc import Iterator

from overnight.research.researchers.tuner.findings import Removal
from overnight.research.researchers.tuner.names import is_untouched, words
from overnight.research.researchers.tuner.spans import Spans

LONGEST_STATEMENT = 120  # characters
# fmt: off
_MEASURES = frozenset((
    "loss", "losses", "acc", "accuracy", "error", "err", "cost", "total", "sum", "count", "mean", "avg", "average", "time",
    "elapsed", "best", "result", "bpb", "nll", "reward",
))
# fmt: on


def find_removals(path: str, tree: ast.Module, spans: Spans) -> tuple[Removal, ...]:
    """The removable statements inside the functions of a file, in file order."""
    found: list[Removal] = []
    for function, statement in _candidates(tree):
        lines = spans.lines_of(statement)
        text = spans.read(*spans.of(statement))
        if lines and len(text) <= LONGEST_STATEMENT and "\n" not in text and not _may_measure(text, function):
            found.append(Removal(path=path, start=lines[0], end=lines[1], statement=text, function=function))
    return tuple(found)


def _candidates(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Each statement that only updates a name, with its function; none in a `while`, which might not end without it."""
    waiting: list[tuple[str, list[ast.stmt]]] = [("", tree.body)]
    while waiting:
        function, body = waiting.pop()
        for statement in body:
            inner = statement.name if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) else function
            if not isinstance(statement, ast.While):
                waiting.extend((inner, block) for block in _blocks(statement))
            if function and len(body) > 1 and _only_updates(statement):
                yield function, statement


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(statement, field, None)
        if block:
            yield block


def _only_updates(statement: ast.stmt) -> bool:
    match statement:
        case ast.AugAssign(target=ast.Name(), op=ast.Mult() | ast.Div()):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=arguments)):
            return any(isinstance(argument, ast.Name) and argument.id == name for argument in arguments)
    return False


def _may_measure(statement: str, function: str) -> bool:
    return is_untouched(statement) or is_untouched(function) or bool((words(statement) | words(function)) & _MEASURES)
