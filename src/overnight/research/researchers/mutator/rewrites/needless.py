"""Rewrites that leave out work which nothing needs: a second look-up, a branch, a value that nobody reads."""

import ast
from collections.abc import Iterator

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Cut, Function, Site, Source, names_in

NEEDLESS = Table([])


@NEEDLESS.add(
    "get-with-default",
    "`get` looks a key up once in place of twice",
    "the key is pure, the default a name or a constant",
    "SIM401",
)
def get_with_default(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.IfExp):
        match node:
            case ast.IfExp(
                test=ast.Compare(left=key, ops=[ast.In()], comparators=[ast.Name(id=name)]),
                body=ast.Subscript(value=ast.Name(id=again), slice=same),
                orelse=ast.Name() | ast.Constant() as default,
            ) if name == again and ast.dump(key) == ast.dump(same) and source.is_pure(key):
                yield source.replaced(node, f"{name}.get({source.text(key)}, {source.text(default)})")


@NEEDLESS.add(
    "returned-test",
    "the comparison itself is returned, without a branch",
    "it is a single comparison with a constant",
    "SIM103",
)
def returned_test(source: Source) -> Iterator[Site]:
    for statement in source.walk(ast.If):
        match statement:
            case ast.If(
                test=ast.Compare(ops=[_]) as test,
                body=[ast.Return(value=ast.Constant(value=True))],
                orelse=[ast.Return(value=ast.Constant(value=False))],
            ) if not source.text(statement).startswith("elif"):
                if any(isinstance(each, ast.Constant) for each in (test.left, *test.comparators)):
                    yield Site(
                        path=source.path, line=statement.lineno, cuts=(source.cut(statement, f"return {source.text(test)}"),)
                    )


@NEEDLESS.add(
    "unused-name",
    "a value that nobody reads is not worked out",
    "the value is pure and caught by no `try`, and the name is read, deleted or added to nowhere",
    "F841",
)
def unused_name(source: Source) -> Iterator[Site]:
    for function in source.functions:
        if any(isinstance(part, ast.Global | ast.Nonlocal) for part in ast.walk(function)) or names_in(function) & {
            "locals",
            "vars",
            "eval",
            "exec",
        }:
            continue
        for part in ast.walk(function):
            match part:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                    not _is_used(function, name)
                    and source.is_pure(value)
                    and source.function_of(part) is function
                    and not any(isinstance(each, ast.Try | ast.TryStar) for each in source.above(part))
                ):
                    block = next(
                        (
                            b
                            for f in ("body", "orelse", "finalbody")
                            if isinstance(b := getattr(source.parents[part], f, None), list) and part in b
                        ),
                        [],
                    )
                    span = source.spans.lines_of(part)
                    if len(block) > 1 and span:
                        yield Site(path=source.path, line=part.lineno, cuts=(Cut(*span, b""),))


def _is_used(function: Function, name: str) -> bool:
    """Whether something in a function needs that a name is bound."""
    needing = (
        part.target if isinstance(part, ast.AugAssign) else part
        for part in ast.walk(function)
        if isinstance(part, ast.AugAssign) or (isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Store))
    )
    return any(isinstance(each, ast.Name) and each.id == name for each in needing)
