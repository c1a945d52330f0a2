"""Python text as a syntax tree."""

import ast
import warnings


def parse_python(text: str | bytes) -> ast.Module:
    """The tree of a text; an odd escape in it is its own affair and no warning of ours.

    Raises:
        SyntaxError: it is no Python.
        ValueError, RecursionError, MemoryError: it has null bytes, or is nested too deeply.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
