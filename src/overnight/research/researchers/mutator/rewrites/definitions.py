"""Rewrites around functions and classes: caching, inlining, patterns compiled once, slots."""

import ast
from collections.abc import Iterator

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import PURE, Cut, Function, Site, Source, loads, names_in, stores

DEFINITIONS = Table([])
_MATCHERS = frozenset(("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"))
_INLINED = 120  # characters of a body at most


@DEFINITIONS.add(
    "compiled-pattern",
    "a pattern that is compiled once, when the module is loaded, is not looked up by its text in every call",
    "the pattern is a constant without flags, and `re` is imported",
)
def compiled_pattern(source: Source) -> Iterator[Site]:
    names: dict[str, str] = {}
    for node in source.walk(ast.Call):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=attr),
                args=[ast.Constant(value=str() | bytes()) as pattern, first, *rest],
                keywords=[],
            ):
                most = {"sub": 2, "subn": 2, "split": 1}.get(attr, 0)
                if attr not in _MATCHERS or len(rest) > most or "re" not in source.imported or source.function_of(node) is None:
                    continue
                text = source.text(pattern)
                new = text not in names
                name = names.setdefault(text, _fresh(source, f"_PATTERN_{len(names) + 1}"))
                start = source.spans.of(node.func)[0]
                cuts = [Cut(start, source.spans.of(first)[0], f"{name}.{attr}(".encode())]
                if new:
                    cuts.insert(0, source.before_top(node, f"{name} = re.compile({text})"))
                yield Site(path=source.path, line=node.lineno, cuts=tuple(cuts))


def _fresh(source: Source, name: str) -> str:
    while name in source.bound:
        name += "_"
    return name


@DEFINITIONS.add(
    "constant-call", '`float("inf")` and the like are found once, when the module is loaded', "the argument is a constant"
)
def constant_call(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Call):
        match node:
            case ast.Call(func=ast.Name(id="float" | "frozenset" as how), args=[argument]) if source.is_builtin(node, how):
                shown = isinstance(argument, ast.Constant) or (
                    isinstance(argument, ast.Tuple) and all(isinstance(each, ast.Constant) for each in argument.elts)
                )
                if shown and source.function_of(node) is not None:
                    word = "".join(letter for letter in source.text(argument).upper() if letter.isalnum())[:24]
                    name = _fresh(source, f"_{how.upper()}_{word}")
                    yield Site(
                        path=source.path,
                        line=node.lineno,
                        cuts=(source.before_top(node, f"{name} = {source.text(node)}"), source.cut(node, name)),
                    )


@DEFINITIONS.add(
    "cached",
    "a pure function remembers what it returned for the last few thousand arguments",
    "it reads only its arguments and constants of the module, calls pure builtins and itself alone, and returns no list",
)
def cached(source: Source) -> Iterator[Site]:
    for function in source.tree.body:
        if isinstance(function, ast.FunctionDef) and not function.decorator_list and _is_pure(source, function):
            start = source.spans.of(function)[0]
            cuts = [Cut(start, start, b"@functools.lru_cache(maxsize=4096)\n")]
            if "functools" not in source.imported:
                cuts = [Cut(start, start, b"import functools\n\n\n@functools.lru_cache(maxsize=4096)\n")]
            yield Site(path=source.path, line=function.lineno, cuts=tuple(cuts))


def _is_pure(source: Source, function: ast.FunctionDef) -> bool:
    arguments = function.args
    if arguments.vararg or arguments.kwarg or not arguments.args or arguments.defaults or arguments.kwonlyargs:
        return False
    local = set(stores(function))
    constants = {
        target.id
        for statement in source.tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant | ast.Tuple | ast.UnaryOp | ast.BinOp)
        for target in statement.targets
        if isinstance(target, ast.Name) and list(stores(source.tree)).count(target.id) == 1
    }
    known = (
        local
        | constants
        | {name for name in PURE | {"range", "sorted", "zip", "enumerate", "reversed"} if name not in source.bound}
        | {function.name}
    )
    for part in ast.walk(function):
        match part:
            case ast.Name(id=name, ctx=ast.Load()) if name not in known:
                return False
            case ast.Call(func=ast.Attribute()) | ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                return False
            case ast.Yield() | ast.YieldFrom() | ast.Global() | ast.Nonlocal() | ast.Lambda() | ast.Import() | ast.ImportFrom():
                return False
            case ast.Return(value=value) if value is None or isinstance(
                value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp
            ):
                return False
    inner = (part for part in ast.walk(function) if isinstance(part, Function | ast.ClassDef) and part is not function)
    returned = [part.value for part in ast.walk(function) if isinstance(part, ast.Return)]
    lists = {
        part.targets[0].id
        for part in ast.walk(function)
        if isinstance(part, ast.Assign)
        and isinstance(part.targets[0], ast.Name)
        and isinstance(part.value, ast.List | ast.ListComp | ast.Dict | ast.Set)
    }
    named = {value.id for value in returned if isinstance(value, ast.Name)}
    return not any(inner) and bool(returned) and lists.isdisjoint(named)


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


@DEFINITIONS.add("get-with-default", "`get` looks a key up once in place of twice", "key and default are pure", "SIM401")
def get_with_default(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.IfExp):
        match node:
            case ast.IfExp(
                test=ast.Compare(left=key, ops=[ast.In()], comparators=[ast.Name(id=name)]),
                body=ast.Subscript(value=ast.Name(id=again), slice=same),
                orelse=default,
            ) if name == again and ast.dump(key) == ast.dump(same) and source.is_pure(key) and source.is_pure(default):
                yield source.replaced(node, f"{name}.get({source.text(key)}, {source.text(default)})")


@DEFINITIONS.add(
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
            ):
                if any(isinstance(each, ast.Constant) for each in (test.left, *test.comparators)):
                    yield Site(
                        path=source.path, line=statement.lineno, cuts=(source.cut(statement, f"return {source.text(test)}"),)
                    )


@DEFINITIONS.add(
    "unused-name",
    "a value that nobody reads is not worked out",
    "the value is pure, and the name is bound once and read nowhere",
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
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if not loads(function, name) and source.is_pure(
                    value
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
