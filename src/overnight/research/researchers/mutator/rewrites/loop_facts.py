"""What rewrites ask of a loop: its function, what each round evaluates, what it changes."""

import ast
from collections.abc import Iterator

from overnight.research.researchers.mutator.source import READERS, Function, Loop, Source, changed_in, names_in, stores

CHEAP = frozenset(("len", "abs", "min", "max", "ord", "int", "float"))


def loops_of(source: Source) -> Iterator[tuple[Function, Loop]]:
    """Each loop with its function."""
    for loop in source.walk((ast.For, ast.While)):
        function = source.function_of(loop)
        if function is not None and isinstance(loop, ast.For | ast.While):
            yield function, loop


def repeated(loop: Loop) -> Iterator[ast.AST]:
    """What is evaluated again and again, but for what functions and lambdas in it hold, and inner branches."""
    waiting: list[ast.AST] = [*loop.body, *([loop.test] if isinstance(loop, ast.While) else [])]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(
            node, Function | ast.Lambda | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        ):
            waiting.extend(ast.iter_child_nodes(node))


def changed_by(source: Source, function: Function, loop: Loop) -> frozenset[str]:
    """The names that a loop of a function binds, or whose value it may change, itself or through what it calls.

    Does not see another name of the same value.
    """
    if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await | ast.AsyncFor | ast.AsyncWith) for part in ast.walk(loop)):
        return names_in(loop)  # others run in between
    found = {*stores(loop), *changed_in(loop)}
    if any(isinstance(part, ast.Call) and not source.is_builtin(part, *READERS) for part in ast.walk(loop)):
        found |= _within_reach(source, function)
    return frozenset(found)


def _within_reach(source: Source, function: Function) -> frozenset[str]:
    """The names that the file changes somewhere and that are not this function's alone: what it calls may change them."""
    inner = {part for part in ast.walk(function) if isinstance(part, Function | ast.Lambda) and part is not function}
    own = frozenset(stores(function)) - source.shared - {name for each in inner for name in names_in(each)}
    return (source.changed | source.shared) - own


class FreshNames:
    """Names that the file does not have, one for each value, so that rewrites in several places do not meet."""

    def __init__(self, source: Source) -> None:
        self._known = {part.id for part in ast.walk(source.tree) if isinstance(part, ast.Name)} | source.bound
        self._given: dict[str, str] = {}

    def of(self, value: str, *words: str) -> str:
        """A name that says what it holds."""
        name = "_".join(word.strip("_") for word in words if word)
        while name in self._known or self._given.get(name, value) != value:
            name += "_"
        self._given[name] = value
        return name
