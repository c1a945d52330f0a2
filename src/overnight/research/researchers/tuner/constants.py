"""The constants of a Python file: literals at its top level, in its dicts, calls and dataclasses.

The file is parsed, never run. The standard library's parser reports byte positions, so an edit is a splice that keeps
formatting and comments; it raises an exception on hostile nesting.
"""

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from overnight.research.changes.syntax import parse_python
from overnight.research.researchers.tuner.findings import LONGEST_LIST, Constant, Findings, Unreadable, Value, is_number
from overnight.research.researchers.tuner.options import compared_strings, last_name, string_options
from overnight.research.researchers.tuner.removals import find_removals
from overnight.research.researchers.tuner.seeds import seed_names
from overnight.research.researchers.tuner.spans import Spans

LARGEST_EXPONENT = 64  # of folded powers and shifts
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], object]] = {  # Any: as in the operator module
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
}
_CONFIG_CLASS = re.compile(r"config|param|setting|option|arg", re.IGNORECASE)

Setting = tuple[str, ast.expr]  # a dotted name and the expression of its value


def scan_python(path: str, content: bytes) -> Findings:
    """Find what can be tuned in a Python file.

    Raises:
        Unreadable: it is not UTF-8 or does not parse.
    """
    spans = Spans(content)
    try:
        return _scan(path, spans, _parse(spans.text))
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("has null bytes or is nested too deeply") from None


def _scan(path: str, spans: Spans, tree: ast.Module) -> Findings:
    bound, compared = _bindings(tree), compared_strings(tree)
    constants: dict[str, Constant] = {}
    for name, node in _settings(tree):
        value = fold(node)
        start, end = spans.of(node)
        text = spans.read(start, end)
        options = string_options(name, value, text, compared) if isinstance(value, str) else ()
        if value is not None and bound[_root(name)] == 1 and (options or not isinstance(value, str)):
            constants[name] = Constant(path=path, name=name, value=value, start=start, end=end, text=text, options=options)
    return Findings(constants=tuple(constants.values()), removals=find_removals(path, tree, spans), seeds=seed_names(tree))


def _parse(text: str) -> ast.Module:
    try:
        return parse_python(text)
    except SyntaxError as error:
        raise Unreadable(f"does not parse: line {error.lineno}: {error.msg}") from None


def fold(node: ast.expr) -> Value | None:
    """The value of a literal or of plain arithmetic on literals; None for anything else."""
    match node:
        case ast.Constant(value=bool() | str() as value):
            return value
        case ast.Constant(value=int() | float() as value):
            return value if is_number(value) else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _calculate(ast.Sub(), 0, _number(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _calculate(op, _number(left), _number(right))
    return None


def _number(node: ast.expr) -> float | None:
    value = fold(node)
    return None if isinstance(value, bool | str) else value


def _calculate(op: ast.operator, left: float | None, right: float | None) -> float | None:
    if left is None or right is None or (isinstance(op, ast.Pow | ast.LShift) and abs(right) > LARGEST_EXPONENT):
        return None
    try:
        result = _ARITHMETIC[type(op)](left, right)
    except (ArithmeticError, TypeError, ValueError):
        return None  # the file itself would fail on it
    return result if isinstance(result, int | float) and is_number(result) else None


def _settings(tree: ast.Module) -> Iterator[Setting]:
    """Every named expression at the top level and inside its literals."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from _inside(name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield from _inside(name, value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
                for target, value in zip(targets, values, strict=True):
                    if isinstance(target, ast.Name):
                        yield from _inside(target.id, value)
            case ast.ClassDef(name=name, body=body) if _is_config(statement):
                for field in body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.value:
                        yield from _inside(f"{name}.{field.target.id}", field.value)


def _is_config(definition: ast.ClassDef) -> bool:
    said = {last_name(node) for decorator in definition.decorator_list for node in ast.walk(decorator)}
    return bool(_CONFIG_CLASS.search(definition.name) or said & {"dataclass", "define", "frozen"})


def _inside(name: str, value: ast.expr) -> Iterator[Setting]:
    """The expression itself, or what its dict, tuple, list or `Config(...)` holds."""
    parts = _parts(value)
    if parts is None:
        yield name, value
    else:
        for suffix, part in parts:
            yield from _inside(name + suffix, part)


def _parts(value: ast.expr) -> list[Setting] | None:
    """What a container holds, by the suffix of its name; None if the expression is not a container."""
    match value:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [(f"[{index}]", element) for index, element in enumerate(elements)] if len(elements) <= LONGEST_LIST else []
        case ast.Dict(keys=keys, values=values):
            named = zip(keys, values, strict=True)
            return [(f".{key.value}", v) for key, v in named if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        case ast.Call(func=func, keywords=keywords):
            called = last_name(func)
            is_record = called == "dict" or called[:1].isupper()
            return [(f".{keyword.arg}", keyword.value) for keyword in keywords if keyword.arg] if is_record else []
    return None


def _root(name: str) -> str:
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def _bindings(tree: ast.Module) -> Counter[str]:
    """How often the top level binds each name: a name that is bound again is a variable, not a constant."""
    bound: Counter[str] = Counter()
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    bound[name] += 1
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    bound[name] += 1
                    bound.update(name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names)
                    continue
            waiting.append(node)
    return bound
