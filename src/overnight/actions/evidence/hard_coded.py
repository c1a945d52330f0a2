"""Python functions that answer what the tests ask, and nothing else. Pure.

Does not cover: answers that are hidden better than as literals of the function, or of a table beside it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.actions.evidence.assertions import name_of
from overnight.actions.evidence.python_tests import Function

_USUAL = (None, True, False, "", 0, 1, -1, 0.0, 1.0)  # answers that anybody may write


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A call that a test compares with a literal."""

    name: str
    arguments: Sequence[object]  # literals among them
    answer: object


def _tables(tree: ast.Module) -> Mapping[str, ast.Dict]:
    """Dictionaries at the top of a file."""
    found = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as table):
                found[name] = table
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as table):
                found[name] = table
    return found


def questions_of(node: Function) -> Iterator[Question]:
    """What a test compares with a literal."""
    for each in ast.walk(node):
        match each:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                pairs = ((left, right), (right, left))
            case ast.Call(func=function, args=[left, right, *_]) if name_of(function).startswith("assert"):
                pairs = ((left, right), (right, left))
            case _:
                continue
        for call, answer in pairs:
            value = _literal(answer)
            if isinstance(call, ast.Call) and value is not _NONE:
                given = [_literal(each) for each in (*call.args, *(word.value for word in call.keywords))]
                literals = [each for each in given if each is not _NONE and each is not None]
                together = [tuple(literals)] if len(literals) > 1 else []
                yield Question(name=name_of(call.func), arguments=[*literals, *together], answer=value)


_NONE = object()  # no literal


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NONE


def is_hard_coded(node: Function, tree: ast.Module, questions: Sequence[Question]) -> bool:
    """Whether a function of a file answers all that tests ask of it by literals, chosen by nothing or by the very questions."""
    asked = [each for each in questions if each.name == node.name]
    return any(each.arguments for each in asked) and _only_answers(node, _tables(tree), asked)


def _only_answers(node: Function, around: Mapping[str, ast.Dict], questions: Sequence[Question]) -> bool:
    parameters = {each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)} - {"self", "cls"}
    used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    answers = [each.answer for each in questions]
    if not parameters or all(_is_in(answer, _USUAL) for answer in answers):
        return False
    returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    if returned and not parameters & used:
        return not any(isinstance(each, ast.Name | ast.Attribute) for value in returned for each in ast.walk(value)) or all(
            _literal(value) is not _NONE for value in returned
        )
    tables = [each for each in ast.walk(node) if isinstance(each, ast.Dict) and each.values]
    tables += [table for name, table in around.items() if name in used]
    literals = _known([*returned, *(value for table in tables for value in table.values)])
    if not all(_is_in(answer, literals) for answer in answers):
        return False
    if len(returned) == 1 and _literal(returned[0]) is not _NONE and not _branches(node):
        return True
    sides = [side for each in ast.walk(node) if isinstance(each, ast.Compare) for side in _equals(each)]
    cases = [each.value for each in ast.walk(node) if isinstance(each, ast.MatchValue)]
    chosen_by = _known([*(key for table in tables for key in table.keys if key is not None), *sides, *cases])
    inputs = [value for each in questions for value in each.arguments]
    return bool(chosen_by) and all(_is_in(value, inputs) for value in chosen_by)


def _known(nodes: Sequence[ast.expr]) -> Sequence[object]:
    return [value for node in nodes if (value := _literal(node)) is not _NONE]


def _is_in(value: object, others: Sequence[object]) -> bool:
    return any(type(value) is type(other) and value == other for other in others)


def _equals(node: ast.Compare) -> Sequence[ast.expr]:
    return [node.left, *node.comparators] if all(isinstance(each, ast.Eq | ast.In) for each in node.ops) else []


def _branches(node: Function) -> bool:
    return any(isinstance(each, ast.If | ast.IfExp | ast.For | ast.While | ast.Match | ast.Try) for each in ast.walk(node))
