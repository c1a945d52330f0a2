"""Pure: files broken on purpose, to see whether a command notices."""

import ast
from collections.abc import Iterable, Mapping

from overnight.git.port import FileChange
from overnight.research.changes.syntax import parse_python

# Not a text of any language whose parser can object: Python, C, JavaScript, Rust, Go, shell, make, JSON, YAML, TOML, SQL ...
NONSENSE = "]})> broken on purpose by `overnight check` <({[\n"
_PHP = "<?php "  # what stands before it is printed, not parsed
_RAISE = 'raise RuntimeError("broken on purpose by `overnight check`")'


def broken(paths: Iterable[str], executable: Mapping[str, bool]) -> list[FileChange]:
    """Each file with a text instead that does not parse in its language."""
    return [FileChange(path=path, content=_nonsense(path), executable=executable[path]) for path in paths]


def hollowed(texts: Mapping[str, bytes], executable: Mapping[str, bool]) -> list[FileChange]:
    """Each Python file with functions that can be imported and raise when they are called; others are left out."""
    found = ((path, _hollow(text)) for path, text in texts.items() if path.endswith(".py"))
    return [FileChange(path=path, content=text, executable=executable[path]) for path, text in found if text is not None]


def _nonsense(path: str) -> bytes:
    return (_PHP * path.endswith(".php") + NONSENSE).encode()


def _hollow(text: bytes) -> bytes | None:
    """None if there is no function in it, or it is not Python."""
    try:
        tree = parse_python(text)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        for function in functions:
            function.body = [*ast.parse(_RAISE).body]
        return ast.unparse(tree).encode() if functions else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
