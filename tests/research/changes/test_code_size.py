"""What counts as more or less code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.git.port import FileChange
from overnight.research.changes.code_size import LARGEST, SizeChange, _remembered, code_lines, size_change

PYTHON = b'''\
"""A module."""

import math  # for pi


def area(r):
    """The area."""
    # of a circle
    return math.pi * r ** 2
'''


def change(before: bytes, after: bytes | None, path: str = "a.py") -> SizeChange:
    """The change of one file."""
    return size_change([FileChange(path=path, content=after)], {path: before})


def test_python_counts_statements() -> None:
    """Comments, docstrings and blank lines do not count."""
    assert code_lines("a.py", PYTHON) == [b"import math", b"def area ( r ) :", b"return math . pi * r ** 2"]


@pytest.mark.parametrize(
    "after",
    [
        PYTHON.replace(b"    # of a circle\n", b""),
        PYTHON.replace(b'    """The area."""\n', b""),
        PYTHON.replace(b"\n\n", b"\n"),
    ],
)
def test_layout_and_words_are_no_code(after: bytes) -> None:
    """Removing comments, docstrings or blank lines is not less code."""
    assert change(PYTHON, after) == SizeChange(added=0, removed=0)


def test_joining_statements_is_no_less_code() -> None:
    """A semicolon does not turn two statements into one."""
    assert change(b"a = 1\nb = 2\n", b"a = 1; b = 2\n") == SizeChange(added=0, removed=0)


@pytest.mark.parametrize(
    "after",
    [
        b"exec('a = 1\\nb = 2\\nif a:\\n    c = a + b\\n')\n",
        b"exec('''\na=1\nb=2\nif a:\n c=a+b\n''')\n",
        b"a, b = 1, 2\nif a: c = a + b\n",
    ],
)
def test_hidden_lines_are_still_there(after: bytes) -> None:
    """Lines moved into a text or into one another keep their bytes, so there is no less code."""
    found = change(b"a = 1\nb = 2\nif a:\n    c = a + b\n", after)
    assert not found.shrinks
    assert found.added == found.removed


def test_joined_lines_of_other_languages_are_still_there() -> None:
    """White space is not code, so removing it does not make up for joining lines."""
    assert not change(b"int a = 1;\nint b = 2;\n", b"int a=1;int b=2;\n", "a.c").shrinks
    assert change(b"int a = 1;\nint b = 2;\n", b"int a = 1;\n", "a.c").shrinks


def test_fewer_lines_in_fewer_bytes_are_less_code() -> None:
    """A shorter expression counts, whatever the lines."""
    long = b"total = 0\nfor x in xs:\n    total = total + x\n"
    assert change(long, b"total = sum(xs)\n") == SizeChange(added=1, removed=3)


def test_a_statement_over_many_lines_is_one() -> None:
    """Breaking a line changes only the line breaks."""
    assert len(code_lines("a.py", b"f(\n    1,\n    2,\n)\n")) == 1


def test_less_code_shrinks_and_a_moved_line_does_not() -> None:
    """Removed lines count, over all files of the proposal; a line that moves to another file is neither."""
    assert change(b"a = 1\nb = 2\n", b"a = 1\n").shrinks
    assert not change(b"a = 1\nb = 2\n", b"b = 2\na = 1\n").shrinks
    assert not change(b"a = 1\n", b"a = 2\n").shrinks
    assert change(b"a = 1\n", None) == SizeChange(added=0, removed=1)
    moved = [FileChange(path="a.py", content=b""), FileChange(path="b.py", content=b"a = 1\n")]
    assert size_change(moved, {"a.py": b"a = 1\n"}) == SizeChange(added=0, removed=0)


@pytest.mark.parametrize(
    ("path", "content", "count"),
    [
        ("a.c", b"// no\nint x;\n/* no */\n", 1),
        ("a.sh", b"#!/bin/sh\n\nls\n", 1),
        ("notes.txt", b"# counts\n\nthis too\n", 2),
        ("broken.py", b"def (:\n# no\n  'x\n", 2),
    ],
)
def test_other_languages_count_lines(path: str, content: bytes, count: int) -> None:
    """The file's suffix decides what a comment is; a `.py` file that is not Python counts by lines."""
    assert len(code_lines(path, content)) == count


def test_a_large_file_is_counted_and_not_remembered() -> None:
    """Only small ones stay in memory."""
    asked, large = _remembered.cache_info().misses, b"a = 1\n" * (LARGEST // 6 + 1)
    assert len(code_lines("large.py", large)) == LARGEST // 6 + 1
    assert len(code_lines("large.txt", large)) == LARGEST // 6 + 1
    assert _remembered.cache_info().misses == asked


@given(st.binary(max_size=60), st.sampled_from(["a.py", "a.rs", "a"]))
def test_any_bytes_can_be_counted(content: bytes, path: str) -> None:
    """Whatever a researcher writes is counted, and equal files do not differ."""
    assert change(content, content, path) == SizeChange(added=0, removed=0)
