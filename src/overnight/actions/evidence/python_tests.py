"""The tests of a Python file, by name: what each is, so that two versions of the file can be compared."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from overnight.research.changes.syntax import parse_python

LARGEST = 400_000  # bytes of a file that is looked at
DEEPEST = 120  # nodes inside one another: others recurse through each with a few frames
REMEMBERED = 16  # files

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonTest:
    """One test function."""

    name: str  # `Class::test`, as runners name it
    node: Function

    @property
    def form(self) -> str:
        """What it does, without its place and layout."""
        return ast.dump(self.node)


def parsed(path: str, content: bytes | None) -> ast.Module | None:
    """The syntax tree of a Python file, not to be changed; None if it is none, or is nested too deeply to be looked at."""
    if content is None or not path.endswith((".py", ".pyw")) or len(content) > LARGEST:
        return None
    return _parsed(content)


@lru_cache(REMEMBERED)
def _parsed(content: bytes) -> ast.Module | None:
    try:
        tree = parse_python(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if _depth(tree) <= DEEPEST else None


def _depth(tree: ast.AST) -> int:
    """How many nodes are inside one another, at most."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if deepest > DEEPEST:
            break
    return deepest


def new_tests(path: str, old: bytes | None, new: bytes | None) -> Sequence[PythonTest]:
    """The tests of a file that its old version does not have, or has otherwise."""
    before, after = tests_of(parsed(path, old)), tests_of(parsed(path, new))
    return [test for name, test in after.items() if name not in before or before[name].form != test.form]


def body_form(node: Function) -> str:
    """What a function does, whatever it is called and takes."""
    return "".join(ast.dump(each) for each in node.body)


def tests_of(tree: ast.Module | None) -> Mapping[str, PythonTest]:
    """The tests of a file, by name."""
    return {test.name: test for test in _tests(tree.body if tree else (), "")}


def _tests(body: Sequence[ast.stmt], prefix: str) -> Iterator[PythonTest]:
    for node in body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield PythonTest(name=prefix + node.name, node=node)
        elif isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}{node.name}::")
