"""Rewrites of functions and classes: inlining, slots."""

import ast
from collections.abc import Iterator

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Function, Site, Source, names_in, stores

DEFINITIONS = Table([])
_INLINED = 120  # characters of a body at most


@DEFINITIONS.add(
    "inlined-call",
    "a short function in place of its call saves making a frame",
    "it is one `return` of a short expression over its arguments, and is called with names or constants",
)
def inlined_call(source: Source) -> Iterator[Site]:
    short: dict[str, tuple[list[str], ast.expr]] = {}
    for function in source.tree.body:
        match function:
            case ast.FunctionDef(
                name=name,
                args=ast.arguments(posonlyargs=[], args=arguments, vararg=None, kwonlyargs=[], kwarg=None, defaults=[]),
                body=[*docstring, ast.Return(value=ast.expr() as value)],
                decorator_list=[],
            ):
                documented = not docstring or (
                    len(docstring) == 1 and isinstance(docstring[0], ast.Expr) and isinstance(docstring[0].value, ast.Constant)
                )
                scoped = any(
                    isinstance(
                        part,
                        ast.Lambda
                        | ast.ListComp
                        | ast.SetComp
                        | ast.DictComp
                        | ast.GeneratorExp
                        | ast.NamedExpr
                        | ast.Await
                        | ast.JoinedStr
                        | ast.Yield,
                    )
                    for part in ast.walk(value)
                )
                once = list(stores(source.tree)).count(name) == 1
                if (
                    documented
                    and not scoped
                    and once
                    and name not in names_in(value)
                    and value.lineno == value.end_lineno
                    and len(source.text(value)) <= _INLINED
                ):
                    short[name] = [argument.arg for argument in arguments], value
    for node in source.walk(ast.Call):
        assert isinstance(node, ast.Call)
        if not isinstance(node.func, ast.Name) or node.func.id not in short or node.keywords:
            continue
        parameters, value = short[node.func.id]
        caller = source.function_of(node)
        plain = all(isinstance(each, ast.Name | ast.Constant) and each.lineno == each.end_lineno for each in node.args)
        if caller is None or not plain or len(node.args) != len(parameters) or caller.name == node.func.id:
            continue
        free = names_in(value) - set(parameters)
        if free.isdisjoint(stores(caller)):
            given = dict(zip(parameters, map(source.text, node.args), strict=True))
            yield source.replaced(node, f"({_filled(source, value, given)})")


def _filled(source: Source, value: ast.expr, given: dict[str, str]) -> str:
    """The text of an expression with other names in it."""
    start, end = source.spans.of(value)
    text, at = b"", start
    uses = [part for part in ast.walk(value) if isinstance(part, ast.Name) and part.id in given]
    for use in sorted(uses, key=source.spans.of):
        first, last = source.spans.of(use)
        text += source.content[at:first] + given[use.id].encode()
        at = last
    return (text + source.content[at:end]).decode()


@DEFINITIONS.add(
    "slots",
    "slots make instances smaller and their attributes quicker to reach",
    "the class has no base, decorator or class attribute, and nothing but its own methods sets attributes",
)
def slots(source: Source) -> Iterator[Site]:
    set_elsewhere = {
        part.attr
        for part in source.walk(ast.Attribute)
        if isinstance(part, ast.Attribute)
        and isinstance(part.ctx, ast.Store)
        and not (isinstance(part.value, ast.Name) and part.value.id == "self")
    }
    for owner in source.tree.body:
        if not isinstance(owner, ast.ClassDef) or owner.bases or owner.keywords or owner.decorator_list:
            continue
        methods = [member for member in owner.body if isinstance(member, Function)]
        others = [
            member
            for member in owner.body
            if member not in methods and not (isinstance(member, ast.Expr) and isinstance(member.value, ast.Constant))
        ]
        own = dict.fromkeys(
            part.attr
            for method in methods
            for part in ast.walk(method)
            if isinstance(part, ast.Attribute)
            and isinstance(part.ctx, ast.Store)
            and isinstance(part.value, ast.Name)
            and part.value.id == "self"
        )
        words = {part.attr for part in ast.walk(owner) if isinstance(part, ast.Attribute)} | names_in(owner)
        inherited = any(
            isinstance(base, ast.Name) and base.id == owner.name
            for each in source.walk(ast.ClassDef)
            if isinstance(each, ast.ClassDef)
            for base in each.bases
        )
        clear = not others and own and not inherited and words.isdisjoint({"__dict__", "setattr", "vars", "__weakref__"})
        if clear and not set(own) & ({method.name for method in methods} | set_elsewhere) and methods:
            shown = ", ".join(repr(name) for name in own)
            above = source.before(owner.body[0], f"__slots__ = ({shown},)")
            first = owner.body[0]
            if above is not None and not isinstance(first, ast.Expr) and not getattr(first, "decorator_list", []):
                yield Site(path=source.path, line=owner.lineno, cuts=(above,))
