"""Why a green test may prove less than it seems to, as far as the text of a change shows it. Pure.

Read line by line in every language: code that asks whether a test runs it. Read in Python alone: tests that assert nothing,
tests that put something else in place of what they test, and functions that answer what the tests ask and nothing else.
Does not cover: answers that are hidden better than as literals beside the questions; a reviewer reads the diff as well.
"""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from overnight.actions.evidence.assertions import assertions_of, name_of
from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.hard_coded import is_hard_coded, questions_of
from overnight.actions.evidence.hollow import first_line, functions_of
from overnight.actions.evidence.line_tests import ASSERTION, names_of
from overnight.actions.evidence.python_tests import Function, new_tests, parsed
from overnight.actions.findings import Doubt, Hunk, Suspicion, foremost
from overnight.program.code_files import is_code
from overnight.words.foreign import printable

PATH, DETAIL = 200, 200  # characters
MOST = 20
READ_BY_GIT = 8000  # bytes of a file, by which git tells whether it is binary
_KNOWS = re.compile(
    r"PYTEST_CURRENT_TEST|PYTEST_VERSION|PYTEST_XDIST|JEST_WORKER_ID|NODE_TEST_CONTEXT|\bVITEST\b|CARGO_TARGET_TMPDIR"
    r"|(?:environ|getenv|process\.env|ENV\b|Getenv|env::var)[^#]*?\b(?:CI|\w*_CI|(?:\w+_)?(?:TEST|TESTS|TESTING)(?:_\w+)?)\b"
    r"|NODE_ENV[^#]*test|RAILS_ENV[^#]*test|\b(?:APP_ENV|ENVIRONMENT|DJANGO_ENV|FLASK_ENV)\b[^#]*['\"]test"
    r"|['\"](?:_?pytest|unittest|nose|doctest)['\"]\s+(?:not\s+)?in\s+\w|modules[^#]*['\"](?:_?pytest|unittest|nose)\b"
    r"|argv[^#]*\b(?:pytest|unittest|test)\b|\b(?:IS_|UNDER_|IN_)?TESTING\b|\b(?:is_testing|isTesting|under_test|underTest)\b"
    r"|\b(?:in_tests?|running_tests?|runningTests?|test_mode|testMode|TEST_MODE|IS_TEST|isTest|is_test)\b"
    r"|\btesting\.Testing\(\)|\bcfg!?\(test\)[^#]*(?:\{|return)"
    r"|^\s*(?:import|from)\s+(?:pytest|unittest|_pytest|nose)\b"
    r"|\b_?testing\s*=\s*(?:False|True)|\b_test\s*=\s*(?:False|True)"
    r"|(?:inspect\.stack|currentframe|_getframe|extract_stack)\b[^#]*test"
)
_REPLACES = frozenset(("patch", "setattr", "object"))


def doubts(files: Sequence[ChangedFile]) -> Sequence[Suspicion]:
    """What makes green tests of a change doubtful, besides mocks."""
    found = [*_not_shown(files), *_knows(files), *_asserts_nothing(files), *_hard_coded(files)]
    return foremost(found, lambda each: each.doubt, MOST)


def _not_shown(files: Sequence[ChangedFile]) -> Iterator[Suspicion]:
    """Code with a zero byte, which most languages take, and of which a diff says no more than that it differs."""
    for file in files:
        is_written = file.kind is FileKind.CODE or is_code(file.path)
        if is_written and file.new is not None and b"\0" in file.new[:READ_BY_GIT]:
            yield _suspicion(Doubt.NOT_SHOWN, file, 1, "it has a zero byte, so git takes it for binary: read the file itself")


def _knows(files: Sequence[ChangedFile]) -> Iterator[Suspicion]:
    names = [file.path.rpartition("/")[2] for file in files if file.kind is FileKind.TESTS]
    for file in files:
        if file.kind is FileKind.CODE:
            yield from (
                _suspicion(Doubt.KNOWS_TESTS, file, number, line.strip())
                for number, line in _added(file)
                if (_KNOWS.search(line[:400]) or any(name in line for name in names))
                and not line.lstrip().startswith(("#", "//", "*"))
            )


def _added(file: ChangedFile) -> Iterator[tuple[int, str]]:
    """Lines of the new version that the old one has less often, with their numbers."""
    before = Counter(line.strip() for line in file.old_text.splitlines())
    for number, line in enumerate(file.new_text.splitlines(), 1):
        if before[line.strip()]:
            before[line.strip()] -= 1
        else:
            yield number, line


def _asserts_nothing(files: Sequence[ChangedFile]) -> Iterator[Suspicion]:
    for file in files:
        if file.kind is not FileKind.TESTS or file.new is None:
            continue
        tree = parsed(file.path, file.new)
        if tree is None:
            added = list(_added(file))
            is_test = file.old is None or names_of("\n".join(line for _, line in added))
            if is_test and not any(ASSERTION.search(line[:400]) for _, line in added):
                yield _suspicion(Doubt.ASSERTS_NOTHING, file, added[0][0] if added else 1, "nothing in what is new there")
            continue
        new = new_tests(file.path, file.old, file.new)
        if new and not any(_tells(test.node, tree) for test in new):
            named = ", ".join(f"`{test.name}`" for test in new[:3])
            yield _suspicion(Doubt.ASSERTS_NOTHING, file, new[0].node.lineno, f"{named}: it passes whatever the answer is")


def _tells(node: Function, tree: ast.Module) -> bool:
    """Whether a test, or a function of its file that it calls, asserts something that can fail for a wrong answer."""
    if any(each.telling for each in assertions_of(node)):
        return True
    called = {name_of(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
    local = [each for each in ast.walk(tree) if isinstance(each, Function) and each.name in called and each is not node]
    return any(found.telling for each in local for found in assertions_of(each))


def mocked(files: Sequence[ChangedFile], unproven: Collection[Hunk], *, all_tried: bool) -> Sequence[Suspicion]:
    """Tests that call what they replaced, a function that the change makes, if no other test notices what that one does."""
    changed = {name.rpartition(".")[2]: place for file in files for name, place in _changed_functions(file)}
    found = []
    for file in files:
        if file.kind is not FileKind.TESTS:
            continue
        for test in new_tests(file.path, file.old, file.new):
            called = {name_of(each.func) for each in ast.walk(test.node) if isinstance(each, ast.Call)}
            for name, line in _replaced(test.node):
                if name not in called:  # it stands for something that another function uses
                    continue
                path, first, end = changed.get(name, ("", 0, 0))
                lacking = any(hunk.path == printable(path, PATH) and first <= hunk.line <= end for hunk in unproven)
                if path and (lacking or not all_tried):
                    found.append(_suspicion(Doubt.MOCKED, file, line, f"`{test.name}` replaces `{name}` of {path}"))
    return found[:MOST]


def _changed_functions(file: ChangedFile) -> Iterator[tuple[str, tuple[str, int, int]]]:
    """Functions of code that are new or differ, with the file and the lines."""
    if file.kind is not FileKind.CODE:
        return
    before = {name: ast.dump(node) for name, node in functions_of(parsed(file.path, file.old))}
    for name, node in functions_of(parsed(file.path, file.new)):
        if before.get(name) != ast.dump(node):
            yield name, (file.path, first_line(node) + 1, node.end_lineno or node.lineno)


def _replaced(node: Function) -> Iterator[tuple[str, int]]:
    """Names that a test puts something else in place of."""
    for each in ast.walk(node):
        match each:
            case ast.Call(func=function, args=args) if name_of(function) in _REPLACES:
                texts = [arg.value for arg in args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                yield from ((text.rpartition(".")[2], each.lineno) for text in texts[:1])
            case ast.Assign(targets=[ast.Attribute(attr=name, value=ast.Name(id=owner))]) if owner != "self":
                yield name, each.lineno


def _hard_coded(files: Sequence[ChangedFile]) -> Iterator[Suspicion]:
    questions = [
        each
        for file in files
        if file.kind is FileKind.TESTS
        for test in new_tests(file.path, file.old, file.new)
        for each in questions_of(test.node)
    ]
    for file in files:
        tree = parsed(file.path, file.new)
        nodes = dict(functions_of(tree))
        for name, (_, first, _end) in _changed_functions(file):
            if tree and is_hard_coded(nodes[name], tree, questions):
                detail = f"`{name}` returns what the tests expect, and computes nothing"
                yield _suspicion(Doubt.HARD_CODED, file, first, detail)


def _suspicion(doubt: Doubt, file: ChangedFile, line: int, detail: str) -> Suspicion:
    return Suspicion(doubt=doubt, path=printable(file.path, PATH), line=line, detail=printable(detail, DETAIL))
