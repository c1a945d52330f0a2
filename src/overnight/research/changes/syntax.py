"""Python text as a syntax tree, and whether a file has one.

Does not cover: syntax that is newer than the Python that runs us; very large files, which are not looked at.
"""

import ast
import warnings
from collections.abc import Mapping, Sequence

from overnight.git.port import FileChange
from overnight.words.foreign import printable

PATH = 120  # characters
LARGEST = 1_000_000  # bytes of a file that is parsed to see whether it can be


def parse_python(text: str | bytes) -> ast.Module:
    """The syntax tree of a text; warnings about it, such as an invalid escape, are ignored.

    Raises:
        SyntaxError: it is not Python.
        ValueError, RecursionError, MemoryError: it has null bytes, or is nested too deeply.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def unparsable(path: str, content: bytes | None) -> str:
    """Why a file cannot be run, in words, if it is Python that does not parse; empty else, and for a removed file."""
    if content is None or not path.endswith((".py", ".pyw")) or len(content) > LARGEST:
        return ""
    try:
        parse_python(content)
    except SyntaxError as error:
        return f"line {error.lineno or 1} of `{printable(path, PATH)}` is no Python: {printable(error.msg, PATH)}"
    except (ValueError, RecursionError, MemoryError):
        return f"`{printable(path, PATH)}` is no Python"
    return ""


def half_finished(changes: Sequence[FileChange], before: Mapping[str, bytes]) -> str:
    """Which changed Python file does not parse although it did before, and why; empty if none does."""
    broken = (
        why
        for change in changes
        if (why := unparsable(change.path, change.content)) and not unparsable(change.path, before.get(change.path))
    )
    return next(broken, "")
