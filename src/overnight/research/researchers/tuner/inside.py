"""The literals in the bodies of Python functions, named by what they are used for."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from overnight.research.researchers.tuner.bits import BITS, FORMULA, BitNames, bit_names
from overnight.research.researchers.tuner.declared import Function, functions
from overnight.research.researchers.tuner.facts import is_fact
from overnight.research.researchers.tuner.findings import LONGEST_LIST, Tier, Value
from overnight.research.researchers.tuner.options import last_name
from overnight.research.researchers.tuner.settings import Setting, fold

MOST = 300  # literals of a file
# fmt: off
_NOT_SETTINGS = frozenset((  # calls whose numbers are shapes, places, texts or how often something is done
    "print", "log", "debug", "info", "warning", "warn", "error", "critical", "exception", "exit", "_exit", "sleep", "format",
    "round", "range", "arange", "open", "int", "reshape", "view", "permute", "transpose", "squeeze", "unsqueeze", "swapaxes",
    "expand", "repeat", "split", "rsplit", "get", "pop", "insert", "index", "islice", "isinstance", "getattr", "setattr",
    "hasattr", "ljust", "rjust", "zfill", "encode", "decode", "to_bytes", "from_bytes", "pack", "unpack", "compile", "sub",
    "strip", "replace", "seed", "manual_seed", "default_rng", "Random", "RandomState", "PRNGKey", "date", "datetime", "sum",
    "mean", "add_argument", "option", "argument", "set_defaults", "randint", "enumerate", "signal", "alarm", "connect", "bind",
))
_NOT_ARGUMENTS = frozenset(("dim", "dims", "axis", "axes", "ndim", "ndmin", "indent", "width", "sep", "end", "base", "file"))
_SKIPPED = (
    ast.Raise, ast.Assert, ast.JoinedStr, ast.Slice, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.pattern,
    ast.arguments, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
)
# fmt: on


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, what it is used for, and whether a switch there would be a setting."""

    node: ast.AST
    use: str
    switch: bool = False


def function_literals(tree: ast.Module) -> Iterator[Setting]:
    """The numbers and switches that functions work with, by function and use, in file order."""
    seen: Counter[str] = Counter()
    for function, definition in functions(tree):
        for use, node in _literals(definition):
            name = f"{function}.{use}"
            seen[name] += 1
            again = f"-{seen[name]}" if seen[name] > 1 else ""
            yield Setting(name=name + again, node=node, tier=Tier.INSIDE)
            if seen.total() >= MOST:
                return


def _literals(function: Function) -> Iterator[tuple[str, ast.expr]]:
    variables, bits = _variables(function), bit_names(function)
    waiting: list[_Place] = [_Place(statement, "value") for statement in function.body[::-1]]
    while waiting:
        place = waiting.pop()
        node = place.node
        if isinstance(node, ast.Constant | ast.UnaryOp | ast.BinOp) and (value := fold(node)) is not None:
            if _is_setting(value, switch=place.switch):
                yield place.use, node
        elif not isinstance(node, _SKIPPED):
            waiting += list(_within(place, variables, bits))[::-1]


def _is_setting(value: Value, *, switch: bool) -> bool:
    if isinstance(value, bool):
        return switch
    return not isinstance(value, str) and not is_fact("", value, "", Tier.INSIDE)


def _variables(function: Function) -> frozenset[str]:
    """The names that a function binds more than once, or outside itself."""
    bound: Counter[str] = Counter()
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                bound[name] += 1
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                bound.update(names * 2)
    return frozenset(name for name, count in bound.items() if count > 1)


def _within(place: _Place, variables: frozenset[str], bits: BitNames) -> Iterator[_Place]:
    """What to look at inside a node."""
    use = place.use
    match place.node:
        case ast.Call() as call:
            yield from _in_call(call, use)
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
            name = last_name(target)
            varies = name in variables or not isinstance(target, ast.Name)
            if not (varies and fold(value) is not None):  # what is bound again is a variable
                yield _Place(value, name or use, True)
        case ast.AugAssign(target=target, op=op, value=value) if not isinstance(op, FORMULA):
            yield from _beside(value, target, use, bits)
        case ast.AugAssign():
            return
        case ast.expr() as expression:
            yield from _in_expression(expression, use, bits)
        case node:
            yield from (_Place(child, use) for child in ast.iter_child_nodes(node))


def _in_expression(expression: ast.expr, use: str, bits: BitNames) -> Iterator[_Place]:
    match expression:
        case ast.BinOp(left=left, op=op, right=right):
            if fold(left) is None or not isinstance(op, BITS):
                yield from _beside(left, right, use, bits)
            if not isinstance(op, FORMULA):
                yield from _beside(right, left, use, bits)
        case ast.Compare(left=left, comparators=[right, *_]):
            yield from _beside(left, right, use, bits)
            yield from _beside(right, left, use, bits)
        case ast.Subscript(value=value):
            yield _Place(value, use)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) if len(elements) > LONGEST_LIST:
            return  # data
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                name = key.value if isinstance(key, ast.Constant) else None
                yield _Place(value, name if isinstance(name, str) else use, True)
        case _:
            yield from (_Place(child, use) for child in ast.iter_child_nodes(expression))


def _beside(node: ast.expr, other: ast.expr, use: str, bits: BitNames) -> Iterator[_Place]:
    """An operand, named by the other one that explains it."""
    if not bits.explain(fold(node), other):
        yield _Place(node, last_name(other) or use)


def _in_call(call: ast.Call, use: str) -> Iterator[_Place]:
    called = last_name(call.func)
    yield _Place(call.func, use)
    if called in _NOT_SETTINGS:
        return
    yield from (_Place(argument, called or use) for argument in call.args)
    for keyword in call.keywords:
        if keyword.arg and keyword.arg not in _NOT_ARGUMENTS:
            yield _Place(keyword.value, f"{called}.{keyword.arg}" if called else keyword.arg, True)
