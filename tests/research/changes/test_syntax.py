"""Which Python files do not parse, and whose fault that is."""

import pytest

from overnight.git.port import FileChange
from overnight.research.changes.syntax import LARGEST, half_finished, unparsable


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", b"x = 1\n"),
        ("a.py", b""),
        ("a.py", None),
        ("a.txt", b"def f("),
        ("a.py", b"(" * (LARGEST + 1)),
        ("a.py", "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1")),
        ("a.py", b"x = '\\d'\n"),
    ],
    ids=["python", "empty", "removed", "text", "huge", "another encoding", "a warning"],
)
def test_what_can_be_parsed_or_is_not_looked_at(path: str, content: bytes | None) -> None:
    """Nothing is said of it."""
    assert unparsable(path, content) == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x = 1\ndef f(\n", "line 2 of `a.py` is no Python: '(' was never closed"),
        (b"x = \x00", "`a.py` is no Python"),
        (b"\xff\xfe", "`a.py` is no Python"),
        (b"-" * 100_000 + b"1", "`a.py` is no Python"),
    ],
    ids=["half", "null", "no text", "deep"],
)
def test_what_cannot_be_parsed_says_where(content: bytes, why: str) -> None:
    """In one printable line, also of hostile files."""
    found = unparsable("a.py", content)
    assert why in found and found.isprintable()


def test_a_hostile_name_is_printable() -> None:
    """The path is foreign text."""
    assert unparsable("\x1b[2J.py", b"(").isprintable()


def test_only_what_parsed_before_is_half_finished() -> None:
    """A file that was no Python of ours before may be edited; a new one that is none is half finished."""
    old, new = (FileChange(path=path, content=b"print 1\n") for path in ("old.py", "new.py"))
    before = {"old.py": b"print 0\n"}
    assert half_finished([old], before) == ""
    assert "new.py" in half_finished([old, new], before)
    assert "old.py" in half_finished([old], {"old.py": b"print(0)\n"})
