"""Pure: whether a loop of a Python file ends when the clock says so."""

import ast
from collections.abc import Iterable, Sequence

from overnight.program.detection.clock_names import (
    CLOCKS,
    FUNCTIONS,
    aliases,
    assigned,
    defaults,
    imported,
    is_time,
    key,
    last,
    own_nodes,
    parameters,
    timed_names,
)
from overnight.program.detection.python_text import statements

_WAITS = frozenset(("sleep", "poll", "wait", "recv", "select", "kill", "terminate", "is_alive"))
_ENDS = (ast.Break, ast.Return)
_MOST_LOOPS = 200  # of a function


def python_ends_by_clock(text: str) -> bool | None:
    """Whether a loop compares a time that has passed with a limit, and ends by that; None if the text is no Python.

    A loop that waits for another process is none: it repeats nothing that is measured.
    """
    body = statements(text)
    if body is None:
        return None
    module = ast.Module(body=list(body), type_ignores=[])
    own = list(own_nodes(module))
    clocks = CLOCKS | imported(module) | aliases(own)
    outer = timed_names(own, clocks)
    if any(_ends_by_clock(loop, outer, clocks) for loop in _loops(own)):
        return True
    functions = (node for node in ast.walk(module) if isinstance(node, FUNCTIONS))
    return any(_in_function(function, outer, clocks) for function in functions)


def _in_function(function: ast.AST, outer: frozenset[str], clocks: frozenset[str]) -> bool:
    own = list(own_nodes(function))
    loops = list(_loops(own))
    if not loops:
        return False
    clocks = clocks | aliases(own) | defaults(function, clocks)
    timed = timed_names(own, clocks) | (outer - assigned(own) - parameters(function))
    return any(_ends_by_clock(loop, timed, clocks) for loop in loops)


def _loops(nodes: Iterable[ast.AST]) -> Sequence[ast.While | ast.For]:
    return [node for node in nodes if isinstance(node, ast.While | ast.For)][:_MOST_LOOPS]


def _ends_by_clock(loop: ast.While | ast.For, timed: frozenset[str], clocks: frozenset[str]) -> bool:
    inside = [node for statement in loop.body for node in (statement, *own_nodes(statement))]
    test = [loop.test, *ast.walk(loop.test)] if isinstance(loop, ast.While) else []
    if any(isinstance(node, ast.Call) and last(node.func) in _WAITS for node in (*inside, *test)):
        return False
    if any(_passes(node, timed, clocks) for node in test):
        return True
    flags = {key(node) for node in test} - {""}
    return any(_decides(node, flags, timed, clocks) for node in inside)


def _decides(node: ast.AST, flags: set[str], timed: frozenset[str], clocks: frozenset[str]) -> bool:
    """Whether a statement of the loop ends it by a time."""
    if isinstance(node, ast.Assign):
        return bool(flags & {key(target) for target in node.targets}) and _passes(node.value, timed, clocks)
    if not isinstance(node, ast.If) or not any(_passes(one, timed, clocks) for one in ast.walk(node.test)):
        return False
    return any(_ends(one, flags) for one in node.body)


def _passes(node: ast.AST, timed: frozenset[str], clocks: frozenset[str]) -> bool:
    """Whether it compares a time with something."""
    if not isinstance(node, ast.Compare) or not all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops):
        return False
    return any(is_time(side, timed, clocks) for side in (node.left, *node.comparators))


def _ends(node: ast.stmt, flags: set[str]) -> bool:
    """Whether a statement leaves the loop, or sets what its condition looks at to a constant."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        return bool(flags & {key(target) for target in node.targets})
    return isinstance(node, _ENDS)
