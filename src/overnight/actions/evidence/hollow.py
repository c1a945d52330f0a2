"""New functions with nothing in them: what a change looks like if a function that it adds returns at once.

A function that is missing only shows that tests name it. One that is there and does nothing shows whether tests look at what it
does. Read are Python, by its syntax tree, and JavaScript and TypeScript, by the usual forms of a function on one line. Pure.
Does not cover: functions inside functions, which are taken out with the outer one; lambdas and arrow functions without braces.
"""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from overnight.actions.evidence.python_tests import LARGEST, Function, parsed

_SCRIPTS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".jsx", ".tsx")
_FUNCTION = re.compile(
    rb"\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s*\*?\s*(\w+)\s*\(.*\{\s*$"
    rb"|\s*(?:export\s+)?(?:const|let|var)\s+(\w+)\s*=\s*(?:async\s+)?(?:function\b.*|\(.*=>\s*|\w+\s*=>\s*)\{\s*$"
    rb"|\s*(?:exports|module\.exports)\.(\w+)\s*=\s*(?:async\s+)?(?:function\b.*|\(.*=>\s*|\w+\s*=>\s*)\{\s*$"
    rb"|\s+(?:static\s+|async\s+|get\s+|set\s+)*(?!(?:if|for|while|switch|catch|constructor|function|return)\b)"
    rb"([A-Za-z_$]\w*)\s*\([^;]*\)\s*(?::\s*[^{]+)?\{\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFunction:
    """A function that a change adds to a file."""

    name: str
    first: int  # its lines, from 0, with decorators
    end: int  # behind the last one
    hollow: Callable[[], bytes] | None  # makes the file with this function returning at once; None: it does nothing anyway


_TYPES = "(bool, int, float, str, bytes, list, tuple, set, dict)"
_ANOTHER = (
    "not v if type(v) is bool else v + 1 if type(v) in (int, float) else '?' if type(v) is str else b'?' if type(v) is bytes"
    " else {None: v} if type(v) is dict else type(v)([None])"
)
_MARKS = "__import__('pathlib').Path(__file__).with_name('MARK').touch()"
_OTHER = (
    "@(lambda f: __import__('functools').wraps(f)(lambda *a, **k: "
    f"(lambda v: ({_MARKS}, {_ANOTHER})[1] if type(v) in {_TYPES} else v)(f(*a, **k))))\n"
)
MARK = ".overnight-other-answer"  # a file beside the code, made when another answer was given


def other_answers(path: str, old: bytes | None, new: bytes | None) -> Iterator[tuple[str, int, bytes]]:
    """New Python functions that answer, and their lines: the file with each giving another answer of the same type."""
    tree = parsed(path, new)
    known = {name for name, _ in functions_of(parsed(path, old))}
    lines = (new or b"").splitlines(keepends=True)
    for name, node in functions_of(tree):
        line = lines[node.lineno - 1]
        if name not in known and _answers(node) and not line[: node.col_offset].strip():
            wrapped = line[: node.col_offset] + _OTHER.replace("MARK", MARK).encode()
            yield name, node.lineno, _with_line(lines, node.lineno - 1, wrapped)


def _answers(node: Function) -> bool:
    """Whether a function returns a value, at once."""
    inside = list(ast.walk(node))
    waits = isinstance(node, ast.AsyncFunctionDef) or any(isinstance(each, ast.Yield | ast.YieldFrom) for each in inside)
    return not waits and any(isinstance(each, ast.Return) and each.value is not None for each in inside)


def new_functions(path: str, old: bytes | None, new: bytes | None) -> Sequence[NewFunction]:
    """The functions of a file that its old version does not have, none inside another."""
    if new is None:
        return ()
    if path.endswith(_SCRIPTS):
        return list(_script_functions(old or b"", new)) if max(len(new), len(old or b"")) <= LARGEST else ()
    tree = parsed(path, new)
    if tree is None:
        return ()
    known, lines = {name for name, _ in functions_of(parsed(path, old))}, new.splitlines(keepends=True)
    return [_new_function(name, node, lines) for name, node in functions_of(tree) if name not in known]


def functions_of(tree: ast.Module | None) -> Sequence[tuple[str, Function]]:
    """The functions and methods of a Python file with their dotted names, none inside another function."""
    return list(_functions(tree.body if tree else (), ""))


def _functions(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[str, Function]]:
    for node in body:
        if isinstance(node, Function):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from _functions(node.body, prefix)


def first_line(node: Function) -> int:
    """The first line of a function, from 0, with its decorators."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1


def _new_function(name: str, node: Function, lines: Sequence[bytes]) -> NewFunction:
    first, end = first_line(node), node.end_lineno or node.lineno
    body = node.body[1:] if _is_docstring(node.body[0]) else node.body
    if all(_does_nothing(each) for each in body):
        return NewFunction(name=name, first=first, end=end, hollow=None)
    return NewFunction(name=name, first=first, end=end, hollow=partial(_returning_at_once, lines, body[0]))


def _returning_at_once(lines: Sequence[bytes], start: ast.stmt) -> bytes:
    """The file with a return before a statement."""
    at = min([start.lineno, *(each.lineno for each in getattr(start, "decorator_list", ()))]) - 1
    line, column = lines[at], start.col_offset if at == start.lineno - 1 else 0
    if line[:column].strip():  # on the line of `def`, or behind another statement
        return b"".join([*lines[:at], line[:column] + b"return None; " + line[column:], *lines[at + 1 :]])
    return _with_line(lines, at, line[: len(line) - len(line.lstrip())] + b"return None\n")


def _with_line(lines: Sequence[bytes], at: int, line: bytes) -> bytes:
    return b"".join([*lines[:at], line, *lines[at:]])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _does_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None | ast.Constant(value=None)):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


def _script_functions(old: bytes, new: bytes) -> Iterator[NewFunction]:
    lines = new.splitlines(keepends=True)
    end = 0
    for at, line in enumerate(lines):
        if at < end or len(line) > 400 or not (found := _FUNCTION.match(line.rstrip(b"\n"))):  # noqa: PLR2004  # no form of ours
            continue
        name = next(filter(None, found.groups()))
        if re.search(rb"\b" + re.escape(name) + rb"\b\s*(?:\(|=|:)", old):
            continue
        end = _closed(lines, at)
        hollow = partial(_with_line, lines, at + 1, b"return;\n")
        yield NewFunction(name=name.decode(errors="replace"), first=at, end=end, hollow=hollow)


def _closed(lines: Sequence[bytes], at: int) -> int:
    """Behind the line that closes the brace which a line opens, by counting braces."""
    depth = 0
    for place in range(at, len(lines)):
        depth += lines[place].count(b"{") - lines[place].count(b"}")
        if depth <= 0:
            return place + 1
    return len(lines)
