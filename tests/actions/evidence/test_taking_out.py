"""The parts of a change that are taken out one at a time."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.hollow import MARK, other_answers
from overnight.actions.evidence.takeouts import TakeOut, takeouts

OLD = b"""\
import os


def double(x):
    return 2 * x


def half(x):
    if x < 0:
        return 0
    return x / 2
"""


def _parts(old: bytes | None, new: bytes | None, path: str = "a.py") -> list[TakeOut]:
    return list(takeouts([ChangedFile(path=path, kind=FileKind.CODE, old=old, new=new)]))


def test_a_hunk_is_put_back() -> None:
    """Each hunk is one part, and without it the file is as before there alone."""
    new = OLD.replace(b"2 * x", b"x + x").replace(b"x / 2", b"x // 2")
    first, second = sorted(_parts(OLD, new), key=lambda part: part.hunk.line)
    assert (first.change.content, second.change.content) == (new.replace(b"x + x", b"2 * x"), new.replace(b"x // 2", b"x / 2"))
    assert first.hunk.text == "-    return 2 * x\n+    return x + x"
    assert (first.hunk.line, first.lines, first.hollow) == (5, 1, False)


def test_a_new_function_returns_at_once() -> None:
    """Its name stays, so that everything loads; what it does is gone, also behind a docstring or on the line of `def`."""
    new = OLD + b'\n\ndef third(x):\n    """A third."""\n    y = x / 3\n    return y\n\n\ndef same(x): return x\n'
    third, same = _parts(OLD, new)
    assert third.change.content == new.replace(b"    y = x", b"    return None\n    y = x")
    assert same.change.content == new.replace(b"same(x): return x", b"same(x): return None; return x")
    assert third.hollow and "`third`" in third.hunk.why


def test_a_function_that_does_nothing_is_no_part() -> None:
    """There is nothing in it to take out."""
    assert not _parts(OLD, OLD + b"\n\ndef later(x):\n    raise NotImplementedError\n")


@pytest.mark.parametrize(
    ("path", "function"),
    [("a.py", "def f_{}(a, b):\n    return a + b + {}\n\n\n"), ("a.js", "function f{}(a, b) {{\n  return a + b + {};\n}}\n")],
)
def test_many_functions_of_a_large_file_need_little_memory(path: str, function: str) -> None:
    """The file without one of them is put together when it is tried, not for each of them at once."""
    new = "".join(function.format(number, number) for number in range(3000)).encode()
    tracemalloc.start()
    try:
        assert len(_parts(None, new, path)) == 200
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()


def test_methods_of_a_new_class_are_parts() -> None:
    """Each method returns at once by itself."""
    new = b"class Box:\n    def __init__(self):\n        self.x = 1\n\n    @property\n    def y(self):\n        return self.x\n"
    assert sorted(part.name for part in _parts(None, new, "box.py")) == [
        "`Box.__init__` returns at once",
        "`Box.y` returns at once",
    ]


def test_other_parameters_keep_the_old_body() -> None:
    """Without the parameter nothing could be called, which proves little."""
    new = OLD.replace(b"def double(x):\n    return 2 * x", b"def double(x, by=2):\n    return by * x")
    (part,) = _parts(OLD, new)
    assert part.change.content == OLD.replace(b"def double(x)", b"def double(x, by=2)")


def test_hunks_that_cannot_stand_alone_go_together() -> None:
    """A function whose hunks are no Python one by one is put back as a whole."""
    new = OLD.replace(
        b"    if x < 0:\n        return 0\n    return x / 2\n",
        b"    try:\n        return x / 2\n    finally:\n        print(x)\n",
    )
    assert any(part.change.content == OLD for part in _parts(OLD, new))


def test_comments_need_no_proof() -> None:
    """Nor do docstrings and blank lines."""
    assert not _parts(OLD, OLD.replace(b"import os\n", b"import os  # the system\n\n"))


def test_a_script_function_returns_at_once() -> None:
    """Also in JavaScript, where it is on a line of its own."""
    new = b"export function shout(text) {\n  return text.toUpperCase();\n}\nconst twice = (x) => {\n  return 2 * x;\n};\n"
    parts = _parts(b"", new, "lib.js")
    assert sorted(part.name for part in parts) == ["`shout` returns at once", "`twice` returns at once"]
    assert any(part.change.content == new.replace(b"{\n  return t", b"{\nreturn;\n  return t") for part in parts)


def test_a_new_function_answers_something_else() -> None:
    """Of the same type, and leaves a mark that it did; one that waits, or answers nothing, is left alone."""
    code = b"""\
def number(x):
    return x + 1


class A:
    @property
    def text(self):
        return "a"

    @staticmethod
    def words():
        return ["a"]


def nothing(x):
    print(x)


def some():
    yield 1
    return 2
"""
    others = {name: content for name, _, content in other_answers("a.py", None, code)}
    assert sorted(others) == ["A.text", "A.words", "number"]


@pytest.mark.parametrize(
    ("answer", "other"),
    [
        (1, 2),
        (1.5, 2.5),
        (True, False),
        ("a", "?"),
        (b"a", b"?"),
        ([1], [None]),
        ((1,), (None,)),
        ({1: 2}, {None: {1: 2}}),
        ({1}, {None}),
    ],
)
def test_another_answer_is_of_the_same_type(answer: object, other: object, tmp_path: Path) -> None:
    """Every usual type has one; the function keeps its name."""
    ((_, _, content),) = other_answers("a.py", None, f"def f():\n    return {answer!r}\n".encode())
    names: dict[str, Any] = {"__file__": str(tmp_path / "a.py")}
    exec(content, names)
    found = names["f"]()
    assert (found, type(found), names["f"].__name__) == (other, type(answer), "f")
    assert (tmp_path / MARK).exists()


def test_an_answer_of_another_kind_stays(tmp_path: Path) -> None:
    """What it is nobody knows, so nothing is said of it."""
    ((_, _, content),) = other_answers("a.py", None, b"def f():\n    return object\n")
    names: dict[str, Any] = {"__file__": str(tmp_path / "a.py")}
    exec(content, names)
    assert names["f"]() is object
    assert not (tmp_path / MARK).exists()


def test_other_files_are_put_back_whole() -> None:
    """A new file of another language is one part, as is one that is removed or not text."""
    (new,) = _parts(None, b"puts 1\n", "a.rb")
    assert new.change.content is None
    (gone,) = _parts(b"puts 1\n", None, "a.rb")
    assert gone.change.content == b"puts 1\n"
    (binary,) = _parts(b"\0a", b"\0b", "a.rb")
    assert binary.change.content == b"\0a"
