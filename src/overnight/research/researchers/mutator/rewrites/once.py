"""Rewrites that find a value once for a module: patterns, constants, what pure functions return."""

import ast
import re
import warnings
from collections.abc import Iterator

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import PURE, Cut, Function, Site, Source, loads, stores

ONCE = Table([])
_MATCHERS = frozenset(("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"))


@ONCE.add(
    "compiled-pattern",
    "a pattern that is compiled once, when the module is loaded, is not looked up by its text in every call",
    "the pattern is a constant without flags, and `re` is imported",
)
def compiled_pattern(source: Source) -> Iterator[Site]:
    found: dict[str, tuple[str, Cut]] = {}
    for node in _calls(source):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=attr),
                args=[ast.Constant(value=str() | bytes()) as pattern, first, *rest],
                keywords=[],
            ):
                most = {"sub": 2, "subn": 2, "split": 1}.get(attr, 0)
                if attr not in _MATCHERS or len(rest) > most or "re" not in source.imported or source.function_of(node) is None:
                    continue
                if not _compiles(pattern.value):
                    continue
                text = source.text(pattern)
                name, top = _named(source, node, f"_PATTERN_{len(found) + 1}", f"re.compile({text})", found)
                start = source.spans.of(node.func)[0]
                cut = Cut(start, source.spans.of(first)[0], f"{name}.{attr}(".encode())
                yield Site(path=source.path, line=node.lineno, cuts=(top, cut))


def _compiles(pattern: object) -> bool:
    """Whether a pattern may be compiled when the module is loaded: a wrong one fails where it is used, perhaps never."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the code of others
            re.compile(pattern if isinstance(pattern, bytes) else str(pattern))
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _calls(source: Source) -> list[ast.Call]:
    """The calls in the order of the text."""
    found = [node for node in source.walk(ast.Call) if isinstance(node, ast.Call)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _named(source: Source, node: ast.AST, name: str, value: str, found: dict[str, tuple[str, Cut]]) -> tuple[str, Cut]:
    """The name of a value of the module, and the line that gives it, above the first place that uses it."""
    if value not in found:
        while name in source.bound or any(name == other for other, _ in found.values()):
            name += "_"
        found[value] = name, source.before_top(node, f"{name} = {value}")
    return found[value]


@ONCE.add(
    "constant-call",
    '`float("inf")` and the like are found once, when the module is loaded',
    "the argument is a constant that it takes",
)
def constant_call(source: Source) -> Iterator[Site]:
    found: dict[str, tuple[str, Cut]] = {}
    for node in _calls(source):
        match node:
            case ast.Call(func=ast.Name(id="float" | "frozenset" as how), args=[argument]) if source.is_builtin(node, how):
                match how, argument:
                    case "float", ast.Constant(value=str() | int() | float() as value):
                        shown = _is_number(value)
                    case "frozenset", ast.Constant(value=str() | bytes()):
                        shown = True
                    case "frozenset", ast.Tuple(elts=elements):
                        shown = all(isinstance(each, ast.Constant) for each in elements)
                    case _:
                        shown = False
                if shown and source.function_of(node) is not None:
                    word = "".join(letter for letter in source.text(argument).upper() if letter.isalnum())[:24]
                    name, top = _named(source, node, f"_{how.upper()}_{word}", source.text(node), found)
                    yield Site(path=source.path, line=node.lineno, cuts=(top, source.cut(node, name)))


@ONCE.add(
    "cached",
    "a pure function remembers what it returned for the last few thousand arguments",
    "it loops or calls itself, reads only constants of the module and arguments that it does not walk, and returns no list",
)
def cached(source: Source) -> Iterator[Site]:
    for function in source.tree.body:
        if (
            isinstance(function, ast.FunctionDef)
            and not function.decorator_list
            and _is_pure(source, function)
            and _is_long(function)
        ):
            start = source.spans.of(function)[0]
            above = b"" if "functools" in source.imported else b"import functools\n\n\n"
            # In place of `def`, so that other lines above the function come before the decorator.
            cut = Cut(start, start + len(b"def"), above + b"@functools.lru_cache(maxsize=4096)\ndef")
            yield Site(path=source.path, line=function.lineno, cuts=(cut,))


def _is_long(function: ast.FunctionDef) -> bool:
    """Whether it may take longer than a look-up of its arguments: it loops or calls itself."""
    loops = ast.For | ast.While | ast.comprehension
    return any(isinstance(part, loops) for part in ast.walk(function)) or bool(loads(function, function.name))


def _uses_up(function: ast.FunctionDef, given: set[str]) -> bool:
    """Whether it walks an argument, which an iterator survives only once."""
    for part in ast.walk(function):
        match part:
            case ast.For(iter=ast.Name(id=name)) | ast.comprehension(iter=ast.Name(id=name)) if name in given:
                return True
            case (
                ast.Call(func=ast.Name(id="sorted" | "zip" | "enumerate" | "sum"), args=walked)
                | ast.Call(func=ast.Name(id="min" | "max"), args=[_] as walked)
            ) if any(isinstance(each, ast.Name) and each.id in given for each in walked):
                return True
    return False


def _is_pure(source: Source, function: ast.FunctionDef) -> bool:
    arguments = function.args
    if arguments.vararg or arguments.kwarg or not arguments.args or arguments.defaults or arguments.kwonlyargs:
        return False
    if _uses_up(function, {each.arg for each in arguments.args}):
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
