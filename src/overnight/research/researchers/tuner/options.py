"""The other possible values of a string constant in a Python file, as far as the file itself shows."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

_OPTION = re.compile(r"[A-Za-z0-9_.+-]{1,40}")
_PATTERN = re.compile(r"[A-Z]{2,12}")  # a word over a small alphabet, as in "SSSL" for kinds of layers


def compared_strings(tree: ast.Module) -> Mapping[str, set[str]]:
    """For each name, attribute or string key, the strings that the file compares it with."""
    compared: defaultdict[str, set[str]] = defaultdict(set)
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=[ast.Constant() | ast.Tuple() | ast.List() | ast.Set() as right]):
                compared[last_name(left)].update(_strings(right))
            case ast.Match(subject=subject, cases=cases):
                compared[last_name(subject)].update(text for case in cases for text in _strings(case.pattern))
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Subscript(value=ast.Name(id="Literal"), slice=choices)):
                compared[name].update(_strings(choices))
    return compared


def last_name(node: ast.AST) -> str:
    """The last part of a name, attribute or subscript by a string; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
    return ""


def _strings(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and _OPTION.fullmatch(inner.value):
            yield inner.value


def string_options(name: str, value: str, text: str, compared: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Possible values of a string: what the file compares it with, otherwise its pattern with one letter changed."""
    if text[1:-1] != value or not _OPTION.fullmatch(value):
        return ()  # triple-quoted, prefixed or escaped
    others = compared.get(re.split(r"[.\[]", name)[-1], set()) - {value}
    if not others and _PATTERN.fullmatch(value):
        letters = sorted(set(value))
        others = {value[:i] + letter + value[i + 1 :] for i in range(len(value)) for letter in letters} - {value}
    return (value, *sorted(others)) if others else ()


def chosen_options(value: str, text: str, choices: Sequence[str]) -> tuple[str, ...]:
    """Possible values of a string whose declaration lists them; none if its text or one of them is not plain."""
    plain = text[1:-1] == value and value in choices and all(_OPTION.fullmatch(choice) for choice in choices)
    return (value, *(choice for choice in choices if choice != value)) if plain and len(choices) > 1 else ()
