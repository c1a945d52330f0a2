"""Pure: what a driver file may look like, so that what it does can be read; the jail is what confines it.

Does not cover: a file that finds another way to what is refused here; it runs in the jail all the same.
"""

import ast
from collections.abc import Iterator

LARGEST = 40_000  # characters
MODULES = frozenset({"json", "math", "re", "time", "base64", "hashlib", "datetime", "colorsys", "typing"})
FUNCTIONS = {"describe": 1, "read": 1, "write": 2}  # with how many arguments
REFUSED = frozenset({"open", "eval", "exec", "compile", "getattr", "setattr", "delattr", "globals", "locals", "vars", "input"})


def problems_of(source: str) -> list[str]:
    """What is wrong with a file, a line each; empty: nothing is."""
    if len(source) > LARGEST:
        return [f"it has more than {LARGEST:,} characters"]
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [f"it is no Python: {type(error).__name__}"]
    found = {node.name: len(node.args.args) for node in tree.body if isinstance(node, ast.FunctionDef)}
    missing = [
        f"it has no function `{name}` of {count} arguments" for name, count in FUNCTIONS.items() if found.get(name) != count
    ]
    return [*missing, *(f"line {line}: {what}" for line, what in _refused(tree))]


def _refused(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for each in names:
                    if each.name not in MODULES:
                        yield node.lineno, f"it imports {each.name[:40]}"
            case ast.ImportFrom(module=module):
                if module not in MODULES:
                    yield node.lineno, f"it imports {(module or '.')[:40]}"
            case ast.Name(id=name) if name in REFUSED:
                yield node.lineno, f"it uses {name}"
            case ast.Attribute(attr=name) if name.startswith("_"):
                yield node.lineno, f"it uses .{name[:40]}"
            case ast.Name(id=name) if name.startswith("__"):
                yield node.lineno, f"it uses {name[:40]}"
            case _:
                pass
