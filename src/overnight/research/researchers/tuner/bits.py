"""Which literals of a Python function are parts of a bit pattern, in decimal too: masks, moduli and shifts of an encoding.

Told by use: operands of `&`, `|`, `^`, `<<`, `>>` and `%`, and what is compared with, added to or divides the same names.
Does not cover: constants with a name of their own, and names that are passed to another function on the way.
"""

import ast
from dataclasses import dataclass

from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.options import last_name
from overnight.research.researchers.tuner.settings import fold

FORMULA = (ast.Pow, ast.Mod, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)  # whose right side is seldom taste
BITS = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)
_SMALLEST = 127  # of a mask or modulus; smaller powers of two are often amounts


@dataclass(frozen=True, slots=True)
class BitNames:
    """The names that a function treats as bit patterns, and those that it shifts by."""

    patterns: frozenset[str]
    shifts: frozenset[str]

    def explain(self, value: Value | None, other: ast.AST) -> bool:
        """Whether a literal beside this expression is a fact: a mask of a bit pattern, or a part of the width of a shift."""
        if isinstance(value, bool | str) or value is None:
            return False
        return last_name(other) in self.shifts or (is_mask(value) and (is_bits(other) or last_name(other) in self.patterns))


def bit_names(function: ast.AST) -> BitNames:
    """Read the operands of all bit operations in a function."""
    patterns: set[str] = set()
    shifts: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.BinOp(left=left, op=op, right=right) | ast.AugAssign(target=left, op=op, value=right):
                if _is_bit_operation(op, right):
                    patterns |= {last_name(left), last_name(right)}
                if isinstance(op, ast.LShift | ast.RShift):
                    shifts.add(last_name(right))
    return BitNames(patterns=frozenset(patterns - {""}), shifts=frozenset(shifts - {""}))


def is_bits(node: ast.AST) -> bool:
    """Whether an expression is a bit operation, or a remainder by a mask or modulus."""
    return isinstance(node, ast.BinOp) and _is_bit_operation(node.op, node.right)


def is_mask(value: Value | None) -> bool:
    """Whether a number has only its lowest bits set, or only one bit: 127, 128, 255, 256, 65535."""
    if isinstance(value, bool) or not isinstance(value, int) or value < _SMALLEST:
        return False
    return value & (value - 1) == 0 or value & (value + 1) == 0


def _is_bit_operation(op: ast.operator, right: ast.AST) -> bool:
    modulus = isinstance(op, ast.Mod) and isinstance(right, ast.expr) and is_mask(fold(right))
    return modulus or isinstance(op, BITS)
