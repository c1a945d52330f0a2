"""Checks that kernel.py is plain Python: no compiled code, no files, no other programs. Frozen.

It reads the source and runs nothing of it. It stops shortcuts, not a determined forger: a proposal that hides what it
imports is for the person who reviews the kept changes.
"""

import ast
import sys
from pathlib import Path

MODULES = {"array", "bisect", "collections", "functools", "heapq", "itertools", "math", "operator", "string", "typing"}
NAMES = {"__builtins__", "__import__", "__loader__", "__spec__"}
NAMES |= {"breakpoint", "compile", "eval", "exec", "getattr", "globals", "open", "vars"}


def problems(source: str) -> list[str]:
    """The violations of the rules, one line each."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                imported = [alias.name for alias in names]
            case ast.ImportFrom(module=module):
                imported = [module or "."]
            case _:
                imported = []
        found += [f"line {node.lineno}: imports {name}" for name in imported if name.split(".")[0] not in MODULES]
        match node:
            case ast.Name(id=name) if name in NAMES:
                found.append(f"line {node.lineno}: uses {name}")
            case ast.Attribute(attr=name) if name.startswith("__"):
                found.append(f"line {node.lineno}: uses .{name}")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(problems(Path("kernel.py").read_text(encoding="utf-8"))) or 0)
