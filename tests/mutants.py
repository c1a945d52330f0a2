"""Small mistakes in a program: another operator, a constant that is off by one, a statement left out."""

import ast
import copy
from collections.abc import Iterator

BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.NotIn: ast.In,
}
CALLED = {"min": "max", "max": "min"}


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """What was changed, as `line: before -> after`, and the changed program; one change each, docstrings aside."""
    tree = ast.parse(source)
    for index, node in enumerate(ast.walk(tree)):
        for change in range(_changes(node)):
            other = copy.deepcopy(tree)
            twin = list(ast.walk(other))[index]
            before = ast.unparse(twin)
            _change(twin, change)
            after = ast.unparse(ast.fix_missing_locations(twin))
            line = getattr(node, "lineno", 0)
            if isinstance(node, ast.FunctionDef):
                dropped = _statements(node)[change]
                line, before, after = dropped.lineno, ast.unparse(dropped), "pass"
            yield f"{line}: {before} -> {after}", ast.unparse(other)


def _statements(node: ast.FunctionDef) -> list[ast.stmt]:
    """The statements of a function at any depth that can be left out, and the program still be read."""
    simple = (ast.Assign, ast.AugAssign, ast.Expr)
    inner = [each for each in ast.walk(node) if isinstance(each, simple)]
    return [each for each in inner if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]


def _changes(node: ast.AST) -> int:
    match node:
        case ast.FunctionDef():
            return len(_statements(node))
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            return 2
        case ast.BinOp(op=operator):
            return int(type(operator) in BINARY)
        case ast.AugAssign(op=operator):
            return int(type(operator) in BINARY)
        case ast.Compare(ops=[operator]):
            return int(type(operator) in COMPARED)
        case ast.UnaryOp(op=ast.USub()):
            return 1
        case ast.Call(func=ast.Name(id=name)):
            return int(name in CALLED)
        case ast.BoolOp():
            return 1
    return 0


def _change(node: ast.AST, change: int) -> None:
    match node:
        case ast.FunctionDef():
            dropped = _statements(node)[change]
            _Without(dropped).visit(node)
        case ast.Constant(value=value) if isinstance(value, int | float):
            node.value = value + (1, -1)[change]
        case ast.BinOp() | ast.AugAssign():
            node.op = BINARY[type(node.op)]()
        case ast.Compare():
            node.ops = [COMPARED[type(node.ops[0])]()]
        case ast.UnaryOp():
            node.op = ast.UAdd()
        case ast.Call(func=ast.Name() as name):
            name.id = CALLED[name.id]
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


class _Without(ast.NodeTransformer):
    def __init__(self, dropped: ast.stmt) -> None:
        self._dropped = dropped

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._dropped:
            return ast.Pass()
        self.generic_visit(node)
        return node
