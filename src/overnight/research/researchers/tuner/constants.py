"""The settings of a Python file: literals at its top level, in its dicts, calls and classes, defaults, and in functions.

The file is parsed, never run. The standard library's parser reports byte positions, so an edit is a splice that keeps
formatting and comments; it raises an exception on hostile nesting.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

from overnight.research.changes.syntax import parse_python
from overnight.research.researchers.tuner.declared import class_attributes, command_line_options, default_arguments
from overnight.research.researchers.tuner.findings import LONGEST_LIST, Constant, Findings, Unreadable
from overnight.research.researchers.tuner.inside import function_literals
from overnight.research.researchers.tuner.options import chosen_options, compared_strings, last_name, string_options
from overnight.research.researchers.tuner.removals import find_removals
from overnight.research.researchers.tuner.seeds import seed_names
from overnight.research.researchers.tuner.settings import Setting, fold
from overnight.research.researchers.tuner.spans import Spans


def scan_python(path: str, content: bytes) -> Findings:
    """Find what can be tuned in a Python file.

    Raises:
        Unreadable: it is not UTF-8 or does not parse.
    """
    spans = Spans(content)
    try:
        return _scan(path, spans, _parse(spans.text))
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("has null bytes or is nested too deeply") from None


def _scan(path: str, spans: Spans, tree: ast.Module) -> Findings:
    bound, compared = _bindings(tree), compared_strings(tree)
    constants: dict[str, Constant] = {}
    taken: set[tuple[int, int]] = set()
    named = (setting for setting in settings_of(tree) if bound[_root(setting.name)] == 1)
    for setting in chain(named, command_line_options(tree), default_arguments(tree), function_literals(tree)):
        name, value = setting.name, fold(setting.node)
        if value is None:
            continue
        start, end = spans.of(setting.node)
        text = spans.read(start, end)
        options = _string_options(setting, value, text, compared) if isinstance(value, str) else ()
        if (options or not isinstance(value, str)) and (start, end) not in taken:
            taken.add((start, end))
            constants[name] = Constant(
                path=path, name=name, value=value, start=start, end=end, text=text, tier=setting.tier, options=options
            )
    return Findings(constants=tuple(constants.values()), removals=find_removals(path, tree, spans), seeds=seed_names(tree))


def _string_options(setting: Setting, value: str, text: str, compared: Mapping[str, set[str]]) -> tuple[str, ...]:
    return chosen_options(value, text, setting.choices) or string_options(setting.name, value, text, compared)


def _parse(text: str) -> ast.Module:
    try:
        return parse_python(text)
    except SyntaxError as error:
        raise Unreadable(f"does not parse: line {error.lineno}: {error.msg}") from None


def settings_of(tree: ast.Module) -> Iterator[Setting]:
    """Every named expression at the top level and inside its literals."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield from _inside(Setting(name=name, node=value))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield from _inside(Setting(name=name, node=value))
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
                for target, value in zip(targets, values, strict=True):
                    if isinstance(target, ast.Name):
                        yield from _inside(Setting(name=target.id, node=value))
            case ast.ClassDef():
                for attribute in class_attributes(statement):
                    yield from _inside(attribute)


def _inside(setting: Setting) -> Iterator[Setting]:
    """The expression itself, or what its dict, tuple, list or `Config(...)` holds."""
    parts = _parts(setting.node)
    if parts is None:
        yield setting
    else:
        for suffix, part in parts:
            yield from _inside(replace(setting, name=setting.name + suffix, node=part))


def _parts(value: ast.expr) -> list[tuple[str, ast.expr]] | None:
    """What a container holds, by the suffix of its name; None if the expression is not a container."""
    match value:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [(f"[{index}]", element) for index, element in enumerate(elements)] if len(elements) <= LONGEST_LIST else []
        case ast.Dict(keys=keys, values=values):
            named = zip(keys, values, strict=True)
            return [(f".{key.value}", v) for key, v in named if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        case ast.Call(func=func, keywords=keywords):
            called = last_name(func)
            is_record = called == "dict" or called[:1].isupper()
            return [(f".{keyword.arg}", keyword.value) for keyword in keywords if keyword.arg] if is_record else []
    return None


def _root(name: str) -> str:
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def _bindings(tree: ast.Module) -> Counter[str]:
    """How often the top level binds each name: a name that is bound again is a variable, not a constant."""
    bound: Counter[str] = Counter()
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    bound[name] += 1
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    bound[name] += 1
                    bound.update(name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names)
                    continue
            waiting.append(node)
    return bound
