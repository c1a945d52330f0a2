"""Tests that ask less than before, found in their text: deleted, skipped, loosened, fewer, or asking for something else. Pure.

Python is compared test by test, by its syntax tree; other languages line by line, by what assertions and tests look like there.
A test that moved to another file is not deleted. Does not cover: a helper outside the tests that assertions go through, which
is code like any other; a runner's own settings (`check_scripts.py`).
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from overnight.actions.evidence.assertions import Assertion, assertions_of, name_of
from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.line_tests import weakened_lines
from overnight.actions.evidence.python_tests import Function, PythonTest, body_form, parsed, tests_of
from overnight.actions.evidence.skips import new_skips
from overnight.actions.findings import WeakenedTest, Weakening, foremost
from overnight.words.foreign import printable

PATH, DETAIL = 200, 240  # characters
MOST = 50  # that are named
_DATA = (".json", ".txt", ".csv", ".tsv", ".snap", ".yaml", ".yml", ".xml", ".html", ".out", ".expected", ".golden", ".ambr")


def weakened_tests(files: Sequence[ChangedFile]) -> Sequence[WeakenedTest]:
    """What a change does to the tests that existed, and skips in new ones."""
    tests = [file for file in files if file.kind in {FileKind.TESTS, FileKind.SUPPORT}]
    elsewhere = {name: test for file in tests for name, test in tests_of(parsed(file.path, file.new)).items()}
    found = [each for file in tests for each in _of_file(file, elsewhere)]
    return foremost(found, lambda each: each.how, MOST)


def _of_file(file: ChangedFile, elsewhere: Mapping[str, PythonTest]) -> Iterator[WeakenedTest]:
    yield from (_weak(file, Weakening.SKIPPED, line) for line in new_skips(file.path, file.old_text, file.new_text))
    if file.old is None:
        return
    old, new = parsed(file.path, file.old), parsed(file.path, file.new)
    if old is not None and (new is not None or file.new is None):
        yield from _of_python(file, old, new, elsewhere)
    elif file.kind is FileKind.TESTS:
        yield from (_weak(file, how, detail) for how, detail in weakened_lines(file.old_text, file.new_text))
    elif file.path.lower().endswith(_DATA):
        what = "is removed" if file.new is None else "was edited"
        yield _weak(file, Weakening.CHANGED, f"data that tests compare with {what}")


def _of_python(
    file: ChangedFile, old: ast.Module, new: ast.Module | None, elsewhere: Mapping[str, PythonTest]
) -> Iterator[WeakenedTest]:
    before, after = tests_of(old), tests_of(new)
    forms = {body_form(test.node) for test in elsewhere.values()}
    for name, test in before.items():
        now = after.get(name) or elsewhere.get(name)
        if now is not None:
            yield from (_weak(file, how, f"{name}: {detail}") for how, detail in _compared(test.node, now.node))
        elif body_form(test.node) not in forms:
            yield _weak(file, Weakening.DELETED, f"{name} is gone")
    if new is not None:
        yield from (_weak(file, how, detail) for how, detail in _shared(old, new))


def _compared(old: Function, new: Function) -> Iterator[tuple[Weakening, str]]:
    if ast.dump(old) == ast.dump(new):
        return
    yield from _parameters(old, new)
    before, after = assertions_of(old), assertions_of(new)
    gone = _minus(before, after)
    come = _minus(after, before)
    for each in gone:
        match = next((other for other in come if other.subject == each.subject), None)
        if match is None:
            yield Weakening.LOOSENED, f"it no longer asks `{each.text}`"
            continue
        come.remove(match)
        if match.rank < each.rank or (match.rank == each.rank and match.slack > each.slack):
            yield Weakening.LOOSENED, f"`{each.text}` became `{match.text}`"
        else:
            yield Weakening.CHANGED, f"`{each.text}` became `{match.text}`"
    kept = {each.key for each in before if not each.swallowed}
    if any(each.swallowed and each.key in kept for each in after):
        yield Weakening.LOOSENED, "what it asserts is now caught, or under a condition"
    if _ends_early(new) and not _ends_early(old):
        yield Weakening.LOOSENED, "it ends before it asserts"
    if not gone and _steps(old) - _steps(new):
        yield Weakening.CHANGED, "it does something else before it asserts"


def _parameters(old: Function, new: Function) -> Iterator[tuple[Weakening, str]]:
    before, after = _cases(old), _cases(new)
    if gone := before - after:
        fewer = after.total() < before.total()
        text = next(iter(gone))
        how = Weakening.FEWER if fewer else Weakening.CHANGED
        yield how, f"the case `{text[:80]}` is gone" if fewer else f"the case `{text[:80]}` became another"


def _cases(node: Function) -> Counter[str]:
    """The cases of a parametrized test."""
    lists = (
        argument.elts
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and name_of(mark.func) == "parametrize"
        for argument in mark.args[1:2]
        if isinstance(argument, ast.List | ast.Tuple)
    )
    return Counter(ast.unparse(each) for elements in lists for each in elements)


def _minus(some: Sequence[Assertion], others: Sequence[Assertion]) -> list[Assertion]:
    left = Counter(each.key for each in others)
    found = []
    for each in some:
        if left[each.key]:
            left[each.key] -= 1
        else:
            found.append(each)
    return found


def _steps(node: Function) -> Counter[str]:
    """What a test does besides asserting."""
    return Counter(ast.dump(each) for each in node.body if not isinstance(each, ast.Assert | ast.Expr | ast.With))


def _ends_early(node: Function) -> bool:
    return any(isinstance(each, ast.Return) for each in node.body[:-1])


def _shared(old: ast.Module, new: ast.Module) -> Iterator[tuple[Weakening, str]]:
    """What tests share and a change edits: values, and helpers that assert. A helper that only prepares something may grow."""
    after = {name: node for node in new.body for name in _names(node)}
    for node in old.body:
        for name in _names(node):
            now = after.get(name)
            if isinstance(node, Function) and isinstance(now, Function):
                yield from ((how, f"{name}: {detail}") for how, detail in _compared(node, now) if assertions_of(node))
            elif now is not None and ast.dump(now) != ast.dump(node):
                yield Weakening.CHANGED, f"`{name}`, which tests use, was edited"


def _names(node: ast.stmt) -> Sequence[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not name.startswith("test"):
            return (name,)
        case ast.Assign(targets=targets):
            return tuple(each.id for each in targets if isinstance(each, ast.Name) and each.id != "pytestmark")
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
    return ()


def _weak(file: ChangedFile, how: Weakening, detail: str) -> WeakenedTest:
    return WeakenedTest(path=printable(file.path, PATH), how=how, detail=printable(detail, DETAIL))
