"""Pure: what a Python file does when it is run, by reading it."""

import ast
import re
import warnings
from collections.abc import Sequence

MOST_PARSED = 300_000  # characters; no script that a person wrote is longer
MOST_DOTS = 200  # in a name: the parser takes time and memory with their square

_NAME = re.compile(r"[\w.\s\\]+")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_INERT = (*_DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


def only_defines(text: str) -> bool:
    """Whether a Python file run as a script does nothing: it imports, defines and assigns."""
    body = statements(text) or []
    defines = any(isinstance(one, _DEFINITIONS) for one in body)
    return defines and all(isinstance(one, _INERT) or _is_constant(one) for one in body)


def acts(text: str) -> bool:
    """Whether a Python file run as a script does something: it says what, or calls or loops outside of all functions."""
    if "__main__" in text:
        return True
    body = statements(text)
    if body is None:
        return "print" in text  # of Python 2, perhaps
    loops = (ast.For, ast.While, ast.With)
    return any(isinstance(one, loops) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)) for one in body)


def run_by_pytest(text: str) -> bool:
    """Whether a Python file that only defines functions has some that pytest calls."""
    return re.search(r"^(?:class Test|[ \t]*def test_)", text, re.MULTILINE) is not None


def statements(text: str) -> Sequence[ast.stmt] | None:
    """The statements of a file; None if it is no Python, or nothing that a person wrote."""
    if len(text) > MOST_PARSED or any(name.count(".") > MOST_DOTS for name in _NAME.findall(text)):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stranger's text, with its characters
            return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_constant(one: ast.stmt) -> bool:
    return isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
