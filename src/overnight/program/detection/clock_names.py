"""Pure: which names of a Python function hold a time, by what they are computed from."""

import ast
from collections.abc import Iterator, Sequence

CLOCKS = frozenset(
    ("time", "perf_counter", "monotonic", "process_time", "thread_time", "default_timer", "clock", "now", "timer")
)
CLOCKS |= frozenset(f"{name}_ns" for name in CLOCKS)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_ARITHMETIC = frozenset(
    ("abs", "float", "int", "round", "sum", "fsum", "min", "max", "mean", "fmean", "median", "total_seconds", "timedelta")
) | frozenset(("stdev", "pstdev", "std", "variance"))
_MOST_ROUNDS = 8  # of names that are computed from names


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those of the functions inside."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            waiting.extend(ast.iter_child_nodes(node))


def imported(module: ast.Module) -> frozenset[str]:
    """`from time import perf_counter as tick`."""
    imports = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
    return frozenset(alias.asname for node in imports for alias in node.names if alias.asname and alias.name in CLOCKS)


def aliases(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """`tick = time.perf_counter`, without a call."""
    pairs = (pair for node in nodes for pair in _assignments(node))
    return frozenset(name for name, value in pairs if isinstance(value, ast.Attribute | ast.Name) and last(value) in CLOCKS)


def defaults(function: ast.AST, clocks: frozenset[str]) -> frozenset[str]:
    """`def measure(f, tick=time.perf_counter)`."""
    if not isinstance(function, FUNCTIONS):
        return frozenset()
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args][-len(arguments.defaults) :] if arguments.defaults else []
    pairs = [*zip(plain, arguments.defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return frozenset(argument.arg for argument, value in pairs if value is not None and last(value) in clocks)


def parameters(function: ast.AST) -> frozenset[str]:
    """What a function is given."""
    return frozenset(node.arg for node in ast.walk(getattr(function, "args", function)) if isinstance(node, ast.arg))


def last(node: ast.AST) -> str:
    """`now` of `datetime.now`; empty for anything but names."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def key(node: ast.AST) -> str:
    """`elapsed`, `self.elapsed`; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Each name that a statement gives a value, or adds one to."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, node.value)
    elif isinstance(node, ast.AugAssign | ast.NamedExpr) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        yield from _unpacked(node.target, node.value)  # type: ignore[arg-type]
    elif isinstance(node, ast.For):
        yield from _unpacked(node.target, node.iter)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append" and node.args:
        yield key(node.func.value), node.args[0]


def _unpacked(target: ast.AST, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        yield from zip(map(key, target.elts), value.elts, strict=True)
    elif isinstance(target, ast.Tuple):
        yield from ((key(one), value) for one in target.elts)
    else:
        yield key(target), value


def assigned(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Names that get a value here."""
    return frozenset(name for node in nodes for name, _ in _assignments(node))


def timed_names(nodes: Sequence[ast.AST], clocks: frozenset[str]) -> frozenset[str]:
    """Names that hold a time, and nothing else but a constant that they begin with."""
    pairs = [(name, value) for node in nodes for name, value in _assignments(node) if name]
    counted = {key(node.target) for node in nodes if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant)}
    timed: frozenset[str] = frozenset()
    for _ in range(_MOST_ROUNDS):
        more = frozenset(name for name, value in pairs if is_time(value, timed, clocks)) - counted
        if more == timed:
            break
        timed = more
    other = {name for name, value in pairs if not (is_time(value, timed, clocks) or _is_start(value))}
    return timed - other


def _is_start(value: ast.expr) -> bool:
    """What a name holds before the first time: a number, None, infinity or an empty list."""
    if isinstance(value, ast.Call):
        return last(value.func) == "float" and all(isinstance(one, ast.Constant) for one in value.args)
    return isinstance(value, ast.Constant) or (isinstance(value, ast.List) and not value.elts)


def is_time(value: ast.AST, timed: frozenset[str], clocks: frozenset[str]) -> bool:
    """Whether an expression is a reading of a clock, or computed from one by arithmetic alone."""
    waiting, reads = [value], False
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp):
            waiting += [node.left, node.right]
        elif isinstance(node, ast.UnaryOp):
            waiting.append(node.operand)
        elif isinstance(node, ast.IfExp):
            waiting += [node.body, node.orelse]
        elif isinstance(node, ast.Call) and last(node.func) in clocks:
            reads = True
        elif isinstance(node, ast.Call) and last(node.func) in _ARITHMETIC:
            waiting += [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
        elif isinstance(node, ast.Subscript | ast.Attribute) and key(node) not in timed:
            waiting.append(node.value)
        else:
            reads = reads or key(node) in timed
    return reads
