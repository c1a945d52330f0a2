"""Rewrites that find a value once, before a loop."""

import ast
from collections.abc import Iterable, Iterator

from overnight.research.researchers.mutator.rewrites.loop_facts import (
    CHEAP,
    FreshNames,
    changed_by,
    loops_of,
    repeated,
)
from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Function, Loop, Site, Source, names_in, stores

HOISTING = Table([])


def _hoisted(source: Source, loop: Loop, found: list[ast.expr], name: str) -> Iterator[Site]:
    """The same expression of a loop, read once before it."""
    above = source.before(loop, f"{name} = {source.text(found[0])}")
    if above is not None:
        yield Site(path=source.path, line=loop.lineno, cuts=(above, *(source.cut(each, name) for each in found)))


def _grouped(nodes: Iterator[ast.expr]) -> list[list[ast.expr]]:
    groups: dict[str, list[ast.expr]] = {}
    for node in nodes:
        groups.setdefault(ast.dump(node), []).append(node)
    return list(groups.values())


@HOISTING.add(
    "hoisted-call",
    "what `len` and the like return for values that the loop does not change is found once, before it",
    "the values are names that nothing in the loop can change, and every round finds it",
)
def hoisted_call(source: Source) -> Iterator[Site]:
    names = FreshNames(source)
    for function, loop in loops_of(source):
        changed = changed_by(source, function, loop)
        calls = (
            node
            for node in repeated(loop)
            if isinstance(node, ast.Call)
            and source.is_builtin(node, *CHEAP)
            and all(isinstance(each, ast.Name | ast.Constant) for each in node.args)
            and any(isinstance(each, ast.Name) for each in node.args)
            and names_in(node).isdisjoint(changed)
            and _always(source, node, loop)
        )
        for found in _grouped(calls):
            call = found[0]
            assert isinstance(call, ast.Call)
            words = [each.id for each in call.args if isinstance(each, ast.Name)]
            yield from _hoisted(source, loop, found, names.of(source.text(call), source.text(call.func), *words))


@HOISTING.add(
    "hoisted-entry",
    "an entry that the loop does not change is read once, before it",
    "it is read in every round, and neither its names nor what they hold change in the loop",
)
def hoisted_entry(source: Source) -> Iterator[Site]:
    names = FreshNames(source)
    for function, loop in loops_of(source):
        if not isinstance(loop, ast.For):
            continue
        changed = changed_by(source, function, loop)
        entries = (
            node
            for node in repeated(loop)
            if isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.value, ast.Name)
            and not isinstance(node.slice, ast.Slice)
            and source.is_pure(node)
            and names_in(node).isdisjoint(changed)
            and _always(source, node, loop)
        )
        for found in _grouped(entries):
            node = found[0]
            assert isinstance(node, ast.Subscript)
            yield from _hoisted(source, loop, found, names.of(source.text(node), source.text(node.value), "entry"))


def _always(source: Source, node: ast.expr, loop: Loop) -> bool:
    """Whether every round evaluates it: it is in no branch, and nothing before it leaves the round."""
    leaves = (part for part in repeated(loop) if isinstance(part, ast.Break | ast.Continue | ast.Return | ast.Raise))
    if any(part.lineno < node.lineno for part in leaves):
        return False
    inner = node
    for parent in source.above(node):
        if parent is loop:
            return True
        if isinstance(parent, ast.If | ast.IfExp | ast.While):
            if inner is not parent.test:
                return False
        elif isinstance(parent, ast.BoolOp):
            if inner is not parent.values[0]:
                return False
        elif isinstance(parent, ast.For | ast.Try | ast.With):
            return False
        if isinstance(parent, ast.expr | ast.stmt):
            inner = parent  # type: ignore[assignment]  # a statement has parts as well
    return False


@HOISTING.add(
    "local-attribute",
    "an attribute of `self` that only `__init__` sets is read once, before the loop",
    "nothing else of the file sets it, it is no method or property, and the loop does not bind `self`",
)
def local_attribute(source: Source) -> Iterator[Site]:
    names = FreshNames(source)
    for function, loop in loops_of(source):
        owner = source.parents[function]
        if not isinstance(owner, ast.ClassDef) or not function.args.args or function.name == "__init__":
            continue
        own = function.args.args[0].arg
        if own in stores(loop):
            continue
        fixed = _set_once(source, owner)
        reads = (
            node
            for node in repeated(loop)
            if isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.value, ast.Name)
            and node.value.id == own
            and node.attr in fixed
        )
        for found in _grouped(reads):
            node = found[0]
            assert isinstance(node, ast.Attribute)
            yield from _hoisted(source, loop, found, names.of(source.text(node), node.attr))


def _set_once(source: Source, owner: ast.ClassDef) -> frozenset[str]:
    """The attributes that a class sets in `__init__`, and nothing else of the file."""
    makers = [each for each in owner.body if isinstance(each, Function) and each.name == "__init__"]
    inside = [part for maker in makers for part in ast.walk(maker)]
    elsewhere = {*source.walk(ast.Attribute)} - {*inside}
    methods = {member.name for member in owner.body if isinstance(member, Function)}
    return frozenset(_set_attributes(inside)) - frozenset(_set_attributes(elsewhere)) - methods


def _set_attributes(parts: Iterable[ast.AST]) -> Iterator[str]:
    return (part.attr for part in parts if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del))


@HOISTING.add(
    "local-function", "a function of a module is looked up once, before the loop", "the module is imported by its own name"
)
def local_function(source: Source) -> Iterator[Site]:
    names = FreshNames(source)
    for _, loop in loops_of(source):
        reads = (
            node.func
            for node in repeated(loop)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in source.imported
            and list(stores(source.tree)).count(node.func.value.id) == 1
        )
        for found in _grouped(reads):
            yield from _hoisted(source, loop, found, names.of(source.text(found[0]), *source.text(found[0]).split(".")))


@HOISTING.add(
    "local-method",
    "a method such as `append` of a list that the loop does not rebind is looked up once",
    "the name is bound to a list, set or dict in the function, and no function within rebinds it",
    "FURB113",
)
def local_method(source: Source) -> Iterator[Site]:
    names = FreshNames(source)
    for function, loop in loops_of(source):
        bound = frozenset(stores(loop)) | source.shared
        made = {
            part.targets[0].id
            for part in ast.walk(function)
            if isinstance(part, ast.Assign)
            and isinstance(part.targets[0], ast.Name)
            and isinstance(part.value, ast.List | ast.Dict | ast.Set | ast.ListComp)
            and part.lineno < loop.lineno
        }
        methods = (
            node.func
            for node in repeated(loop)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"append", "add", "get"}
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in made - bound
        )
        for found in _grouped(methods):
            yield from _hoisted(source, loop, found, names.of(source.text(found[0]), *source.text(found[0]).split(".")))
