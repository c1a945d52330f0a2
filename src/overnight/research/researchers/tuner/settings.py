"""A named expression of a Python file that may be a setting, and the value of such an expression."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from overnight.research.researchers.tuner.findings import Tier, Value, is_number

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An expression, by a name that a person would say."""

    name: str
    node: ast.expr
    tier: Tier = Tier.NAMED
    choices: tuple[str, ...] = ()  # the strings that it may be, as the code that declares it says


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
