"""Whether a file can still be read after an edit, for the formats that need no further parser.

Only what could be read before is asked for: a template with the ending of Python is not, and Python may be of a newer version.
"""

import ast
import json
import tomllib
import warnings
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from overnight.agents.editor.edit import DoesNotApply
from overnight.words.foreign import one_line, printable

SHOWN = 200  # characters of a reason
MOST_DOTS = 200  # of a line: a key's parts take their square in time


def _python(text: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an invalid escape, for one
        return ast.parse(text)


def _toml(text: str) -> object:
    if any(line.count(".") > MOST_DOTS for line in text.split("\n")):
        raise ValueError(f"a line of it has more than {MOST_DOTS} dots")
    return tomllib.loads(text)


_PARSERS: Mapping[str, Callable[[str], object]] = {".py": _python, ".json": json.loads, ".toml": _toml}


def require_sound(path: str, text: str, *, before: str | None) -> None:
    """Refuse a text that cannot be parsed while that of before could.

    Raises:
        DoesNotApply: it cannot be parsed; says where.
    """
    parse = _PARSERS.get(PurePosixPath(path).suffix)
    if parse is None or (before is not None and _problem(parse, before)):
        return
    if problem := _problem(parse, text):
        raise DoesNotApply(f"{path} cannot be parsed after the edits: {problem}")


def _problem(parse: Callable[[str], object], text: str) -> str:
    """Why a text cannot be parsed; empty if it can."""
    try:
        parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno}): {printable((error.text or '').strip(), SHOWN)}"
    except (ValueError, RecursionError, MemoryError) as error:
        return one_line(str(error) or type(error).__name__, SHOWN)
    return ""
