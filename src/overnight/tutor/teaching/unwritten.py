"""A program in which nothing is written yet: what a learner reads then, in place of a misconception."""

import ast

from overnight.research.changes.syntax import parse_python


def unwritten(source: str, start: str) -> str:
    """That a program is empty or as it was given, and what to write first; empty: something is written."""
    program, given = _form(source), _form(start)
    if program is None or given is None or program not in (given, _form("")):
        return ""
    what = "as it was given" if source.strip() else "empty"
    names = functions(start)
    first = f": begin with `{names[0]}`, as the exercise says" if names else ""
    return f"the file is {what}, nothing of yours is in it yet{first}; save it, then check again"


def functions(start: str) -> list[str]:
    """Names of the functions and classes that an exercise begins with."""
    try:
        body = ast.parse(start).body
    except (SyntaxError, ValueError):
        return []
    return [each.name for each in body if isinstance(each, ast.FunctionDef | ast.ClassDef)]


def _form(text: str) -> str | None:
    """The program without comments and spaces; None if it is none."""
    try:
        return ast.dump(parse_python(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
