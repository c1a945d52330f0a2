"""Rewrites of loops that only build a list, set, dict or text."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Cut, Function, Site, Source, loads, names_in

BUILDING = Table([])


def _blocks(source: Source) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(source.tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _started(source: Source, empty: str) -> Iterator[tuple[ast.stmt, str, ast.For, ast.stmt, ast.expr | None]]:
    """Each loop behind a statement that binds its name to something empty: with its one statement and its condition."""
    for block in _blocks(source):
        for first, loop in pairwise(block):
            match first:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
                ):
                    if value is None or source.text(value) != empty:
                        continue
                case _:
                    continue
            if isinstance(loop, ast.For) and not loop.orelse and _leaks_nothing(source, loop):
                statement, test = _only(loop)
                if statement is not None and name not in names_in(loop.iter) and (test is None or name not in names_in(test)):
                    yield first, name, loop, statement, test


def _only(loop: ast.For) -> tuple[ast.stmt | None, ast.expr | None]:
    match loop.body:
        case [ast.If(test=test, body=[statement], orelse=[])]:
            return statement, test
        case [statement] if not isinstance(statement, ast.If):
            return statement, None
    return None, None


def _leaks_nothing(source: Source, loop: ast.For) -> bool:
    """Whether nobody reads the loop's own names outside it; a comprehension keeps them to itself."""
    function = source.function_of(loop)
    if function is None:
        return False
    names = {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
    if any(isinstance(part, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for part in ast.walk(loop)):
        return False
    declared = (n for part in ast.walk(function) if isinstance(part, ast.Global | ast.Nonlocal) for n in part.names)
    inside = {id(part) for part in ast.walk(loop)}
    return names.isdisjoint(declared) and all(id(use) in inside for name in names for use in loads(function, name))


def _clauses(source: Source, loop: ast.For, test: ast.expr | None) -> str:
    over = source.text(loop.iter)
    over = f"({over})" if isinstance(loop.iter, ast.IfExp | ast.Lambda | ast.Tuple) and not over.startswith("(") else over
    condition = f" if {source.text(test)}" if test is not None else ""
    condition = f" if ({source.text(test)})" if isinstance(test, ast.IfExp | ast.Lambda) else condition
    return f"for {source.text(loop.target)} in {over}{condition}"


def _commented(source: Source, *statements: ast.stmt) -> bool:
    start, end = source.spans.of(statements[0])[0], source.spans.of(statements[-1])[1]
    return b"#" in source.content[start:end]


def _replaced(source: Source, first: ast.stmt, loop: ast.For, text: str) -> Iterator[Site]:
    if not _commented(source, first, loop):
        start, end = source.spans.of(first)[0], source.spans.of(loop)[1]
        yield Site(path=source.path, line=loop.lineno, cuts=(Cut(start, end, text.encode()),))


def _added(statement: ast.stmt, name: str, method: str) -> ast.expr | None:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=to), attr=attr), args=[value], keywords=[])):
            if to == name and attr == method and name not in names_in(value) and not isinstance(value, ast.Starred):
                return value
    return None


@BUILDING.add(
    "list-comprehension",
    "a comprehension appends without looking up and calling a method each time",
    "the loop only appends",
    "PERF401",
)
def list_comprehension(source: Source) -> Iterator[Site]:
    for first, name, loop, statement, test in _started(source, "[]"):
        if (value := _added(statement, name, "append")) is not None:
            yield from _replaced(source, first, loop, f"{name} = [{source.text(value)} {_clauses(source, loop, test)}]")


@BUILDING.add(
    "set-comprehension",
    "a comprehension adds without looking up and calling a method each time",
    "the loop only adds",
    "FURB142",
)
def set_comprehension(source: Source) -> Iterator[Site]:
    for first, name, loop, statement, test in _started(source, "set()"):
        if (value := _added(statement, name, "add")) is not None:
            yield from _replaced(source, first, loop, f"{name} = {{{source.text(value)} {_clauses(source, loop, test)}}}")


@BUILDING.add(
    "dict-comprehension",
    "a comprehension fills a dict without a statement for each entry",
    "the loop only sets entries",
    "PERF403",
)
def dict_comprehension(source: Source) -> Iterator[Site]:
    for first, name, loop, statement, test in _started(source, "{}"):
        match statement:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=to), slice=key)], value=value) if to == name:
                if name not in names_in(key) | names_in(value) and not isinstance(key, ast.Slice | ast.Tuple):
                    pair = f"{source.text(key)}: {source.text(value)}"
                    yield from _replaced(source, first, loop, f"{name} = {{{pair} {_clauses(source, loop, test)}}}")


@BUILDING.add("joined", "`join` writes the text once; adding to a text may copy it each time", "the loop only adds texts")
def joined(source: Source) -> Iterator[Site]:
    for quotes in ('""', "''"):
        for first, name, loop, statement, test in _started(source, quotes):
            match statement:
                case ast.AugAssign(target=ast.Name(id=to), op=ast.Add(), value=value) if to == name and name not in names_in(
                    value
                ):
                    yield from _replaced(
                        source, first, loop, f"{name} = {quotes}.join([{source.text(value)} {_clauses(source, loop, test)}])"
                    )


@BUILDING.add(
    "extended", "`extend` takes all elements in one call in place of one `append` for each", "the loop only appends", "PERF402"
)
def extended(source: Source) -> Iterator[Site]:
    for loop in source.walk(ast.For):
        assert isinstance(loop, ast.For)
        match _only(loop):
            case (ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"))) as statement, test):
                value = _added(statement, name, "append")
                known = name not in names_in(loop.iter) and (test is None or name not in names_in(test))
                if value is None or not known or loop.orelse or not _leaks_nothing(source, loop) or _commented(source, loop):
                    continue
                if any(site.line == loop.lineno for site in list_comprehension(source)):
                    continue
                same = test is None and isinstance(value, ast.Name) and source.text(value) == source.text(loop.target)
                what = source.text(loop.iter) if same else f"[{source.text(value)} {_clauses(source, loop, test)}]"
                yield Site(path=source.path, line=loop.lineno, cuts=(source.cut(loop, f"{name}.extend({what})"),))


@BUILDING.add(
    "append-in-place", "`append` adds one element without a list around it", "the name is bound to a list in the function"
)
def append_in_place(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.AugAssign):
        match node:
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=ast.List(elts=[element])) if _is_list(
                source, node, name
            ):
                if not isinstance(element, ast.Starred):
                    yield Site(
                        path=source.path, line=node.lineno, cuts=(source.cut(node, f"{name}.append({source.text(element)})"),)
                    )


def _is_list(source: Source, node: ast.AST, name: str) -> bool:
    """Whether a function binds a name to lists only."""
    function = source.function_of(node)
    return function is not None and _bindings(function, name, (ast.List, ast.ListComp)) > 0


def _bindings(function: Function, name: str, kinds: tuple[type[ast.expr], ...]) -> int:
    """How often a function binds a name by plain assignments of these kinds; 0 if it does so in another way, too."""
    plain = 0
    for part in ast.walk(function):
        match part:
            case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name and isinstance(value, kinds):
                plain += 1
            case ast.arg(arg=bound) if bound == name:
                return 0
    stored = sum(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store) for part in ast.walk(function)
    )
    grown = sum(
        isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name) and part.target.id == name
        for part in ast.walk(function)
    )
    return plain if stored == plain + grown else 0


@BUILDING.add(
    "deque",
    "a deque takes its first element off at once; a list moves all others",
    "the name is only appended to, popped and counted, and `collections` can be imported",
)
def deque(source: Source) -> Iterator[Site]:
    for function in source.functions:
        for part in ast.walk(function):
            match part:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.List() as value) if (
                    _bindings(function, name, (ast.List,)) == 1
                ):
                    pops = _pops(source, function, name)
                    if pops:
                        cuts = [
                            Cut(source.spans.of(pop.func.value)[1], source.spans.of(pop)[1], b".popleft()")
                            for pop in pops
                            if isinstance(pop.func, ast.Attribute)
                        ]
                        cuts.append(source.cut(value, f"collections.deque({source.text(value)})"))
                        if "collections" not in source.imported:
                            cuts.append(source.before_top(function, "import collections\n"))
                        yield Site(path=source.path, line=pops[0].lineno, cuts=tuple(cuts))


def _pops(source: Source, function: Function, name: str) -> list[ast.Call]:
    """Where the first element is popped; nothing if the name is used in a way that a deque does not know."""
    pops = []
    for use in loads(function, name):
        match (parent := source.parents[use]), source.parents.get(parent):
            case ast.Attribute(attr="pop"), ast.Call(args=[ast.Constant(value=0)]) as call:
                pops.append(call)
            case ast.Attribute(attr="append" | "extend" | "clear"), ast.Call():
                pass
            case ((ast.While() | ast.If() | ast.UnaryOp(op=ast.Not())), _):
                pass
            case ast.Call(func=ast.Name(id="len")), _:
                pass
            case _:
                return []
    return pops
