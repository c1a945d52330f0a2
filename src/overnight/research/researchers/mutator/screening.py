"""Whether an edit of a Python function is worth a trial, by its text alone: what must crash, hang or change nothing is not.

Does not cover: types and values; other languages, whose edits are only parsed.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Iterable

from overnight.research.changes.syntax import parse_python
from overnight.research.researchers.mutator.source import Function, names_in, stores

_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LEAVES = ast.Break | ast.Return | ast.Raise
Bound = frozenset[str] | None  # the names that are surely bound; None where no path arrives


def fault(before: bytes, after: bytes, line: int) -> str | None:
    """Why an edit of the function that begins at a line is not worth a trial; None if it may be."""
    try:
        tree = parse_python(after)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, "<edit>", "exec")
        new, old = _function_at(tree, line), _function_at(parse_python(before), line)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "it does not compile"
    if ast.dump(new) == ast.dump(old):
        return "it changes nothing"
    if unbound(new, _locals(old)) - unbound(old):
        return "it reads a name before it is bound"
    if _unreached(new) > _unreached(old):
        return "it leaves statements that nothing reaches"
    if len(_endless(new)) > len(_endless(old)):
        return "it leaves a loop without an end"
    return None


def _function_at(tree: ast.AST, line: int) -> Function:
    """The function that begins at a line.

    Raises:
        ValueError: none does.
    """
    for node in ast.walk(tree):
        if isinstance(node, Function) and node.lineno == line:
            return node
    raise ValueError(line)


def unbound(function: Function, also: frozenset[str] = frozenset()) -> Counter[str]:
    """The reads of local names, and of some others, that some path reaches before they are bound, by name."""
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    flow = _Flow(_locals(function) | also)
    flow.block(function.body, frozenset(each.arg for each in given if each is not None))
    return flow.early


def _locals(function: Function) -> frozenset[str]:
    """The names that a function binds for itself."""
    outer = {name for part in ast.walk(function) if isinstance(part, ast.Global | ast.Nonlocal) for name in part.names}
    return frozenset(_local_stores(function.body)) - outer


def _local_stores(body: Iterable[ast.stmt]) -> Iterable[str]:
    """The names that statements bind in their own scope."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif not isinstance(node, ast.Lambda | _COMPREHENSIONS):
            yield from stores(_shallow(node))
            waiting.extend(ast.iter_child_nodes(node))


def _shallow(node: ast.AST) -> ast.AST:
    """A node that binds names by itself; what it holds is looked at on its own."""
    kinds = ast.Name | ast.Import | ast.ImportFrom
    if isinstance(node, ast.ExceptHandler):
        return ast.Name(id=node.name, ctx=ast.Store()) if node.name else ast.Pass()
    if isinstance(node, ast.MatchAs | ast.MatchStar):
        return ast.Name(id=node.name, ctx=ast.Store()) if node.name else ast.Pass()
    return node if isinstance(node, kinds) else ast.Pass()


class _Flow:
    """Follows the paths through a function."""

    def __init__(self, local: frozenset[str]) -> None:
        self.local, self.early = local, Counter[str]()
        self._breaks: list[list[frozenset[str]]] = []

    def block(self, body: Iterable[ast.stmt], bound: Bound) -> Bound:
        """What is bound after some statements."""
        for statement in body:
            if bound is not None:
                bound = self._statement(statement, bound)
        return bound

    def _statement(self, node: ast.stmt, bound: frozenset[str]) -> Bound:  # noqa: C901  # a case for each kind
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                bound = self._read(test, bound)
                return _joined([self.block(body, bound), self.block(orelse, bound)])
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, bound)
            case ast.Try() | ast.TryStar():
                done = self.block(node.orelse, self.block(node.body, bound))
                caught = [self.block(each.body, bound | {each.name} if each.name else bound) for each in node.handlers]
                ends = _joined([done, *caught])
                after = self.block(node.finalbody, bound if ends is None else ends)
                return None if ends is None else after
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    bound = self._read(item.context_expr, bound)
                    bound = self._read(item.optional_vars, bound) if item.optional_vars else bound
                return self.block(body, bound)
            case ast.Match(subject=subject, cases=cases):
                bound = self._read(subject, bound)
                return _joined([bound, *(self.block(each.body, bound | set(_local_stores([each.pattern]))) for each in cases)])  # type: ignore[list-item]  # a pattern is walked as well
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                return bound | {name}
            case ast.Break():
                if self._breaks:
                    self._breaks[-1].append(bound)
                return None
            case ast.Continue():
                return None
            case ast.AugAssign(target=ast.Name(id=name)):
                self._note(name, bound)
        bound = self._read(node, bound)
        return None if isinstance(node, ast.Return | ast.Raise) else bound

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, bound: frozenset[str]) -> Bound:
        self._breaks.append([])
        if isinstance(node, ast.While):
            bound = inside = self._read(node.test, bound)
            endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        else:
            bound = self._read(node.iter, bound)
            inside, endless = self._read(node.target, bound), False
        self.block(node.body, inside)
        after = None if endless else self.block(node.orelse, bound)
        return _joined([after, *self._breaks.pop()])

    def _read(self, node: ast.AST, bound: frozenset[str]) -> frozenset[str]:  # noqa: C901  # a case for each kind
        """What is bound after an expression or a simple statement; values are read before targets are bound."""
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                self._note(name, bound)
                return bound
            case ast.Name(id=name):
                return bound - {name} if isinstance(node.ctx, ast.Del) else bound | {name}
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                return bound | {(each.asname or each.name).split(".")[0] for each in names}
            case ast.Lambda() | ast.ClassDef():
                return bound
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                own = frozenset(name for each in node.generators for name in names_in(each.target))
                for part in ast.iter_child_nodes(node):
                    self._read(part, bound | own)
                return bound
            case ast.IfExp(test=test, body=body, orelse=orelse):
                bound = self._read(test, bound)
                return self._read(body, bound) & self._read(orelse, bound)
            case ast.Assign(targets=targets, value=value):
                parts: list[ast.AST] = [value, *targets]
            case ast.AnnAssign(target=target, value=value):
                parts = [value, target] if value is not None else []
            case ast.NamedExpr(target=target, value=value) | ast.AugAssign(target=target, value=value):
                parts = [value, target]
            case _:
                parts = list(ast.iter_child_nodes(node))
        for part in parts:
            bound = self._read(part, bound)
        return bound

    def _note(self, name: str, bound: frozenset[str]) -> None:
        if name in self.local and name not in bound:
            self.early[name] += 1


def _joined(ends: Iterable[Bound]) -> Bound:
    """What is bound where several paths meet."""
    arrived = [end for end in ends if end is not None]
    return frozenset.intersection(*arrived) if arrived else None


def _unreached(function: Function) -> int:
    """How many statements leave their block before its end."""
    blocks = (getattr(node, field, None) for node in ast.walk(function) for field in ("body", "orelse", "finalbody"))
    leaves = _LEAVES | ast.Continue
    return sum(isinstance(each, leaves) for block in blocks if isinstance(block, list) for each in block[:-1])


def _endless(function: Function) -> list[ast.While]:
    """The loops that change nothing their condition reads, and that nothing leaves."""
    return [
        loop
        for loop in ast.walk(function)
        if isinstance(loop, ast.While)
        and not any(
            isinstance(part, _LEAVES | ast.Yield | ast.YieldFrom | ast.Await) for each in loop.body for part in ast.walk(each)
        )
        and _touched(loop).isdisjoint(names_in(loop.test))
    ]


def _touched(loop: ast.While) -> frozenset[str]:
    """The names that a loop's body binds, or whose value it may change."""
    found: set[str] = set()
    for each in loop.body:
        found.update(stores(each))
        for part in ast.walk(each):
            stored = isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load)
            if stored or isinstance(part, ast.Call):  # a method, or a function that is handed the value
                found |= names_in(part)
    return frozenset(found)
