"""Python text as a syntax tree."""

import ast
import warnings


def parse_python(text: str | bytes) -> ast.Module:
    """The syntax tree of a text; warnings about it, such as an invalid escape, are ignored.

    Raises:
        SyntaxError: it is not Python.
        ValueError, RecursionError, MemoryError: it has null bytes, or is nested too deeply.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
