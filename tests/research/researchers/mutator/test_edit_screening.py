"""Screening of statement edits by their text: what must crash, hang or change nothing is found, and nothing else."""

import ast

import pytest

from overnight.research.researchers.mutator.screening import fault, unbound

CODE = """\
def f(values, limit):
    total, at = 0, 0
    while at < limit:
        item = values[at]
        if item > 2:
            step = item * 2
        else:
            step = 1
        total += step
        at += 1
    return total
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("        item = values[at]\n", "", "before it is bound"),
        ("            step = 1\n", "            total = 1\n", "before it is bound"),
        ("    total, at = 0, 0\n", "    at = 0\n", "before it is bound"),
        ("        at += 1\n", "", "without an end"),
        ("        at += 1\n", "        limit_ = 1\n", "without an end"),
        ("        total += step\n", "        continue\n        total += step\n", "nothing reaches"),
        ("        at += 1\n", "        at += 1  # no other\n", "changes nothing"),
        ("        total += step\n", "        pass\n    break\n", "does not compile"),
        ("        total += step\n", "", None),
        ("            step = 1\n", "            step = total = 1\n", None),
        ("        at += 1\n", "        at += 1\n        del item\n", None),
    ],
)
def test_what_the_text_shows(old: str, new: str, said: str | None) -> None:
    """Each edit is found faulty for its reason, or let through."""
    assert old in CODE
    found = fault(CODE.encode(), CODE.replace(old, new).encode(), 1)
    assert found is None if said is None else said in (found or "")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("for y in x: pass\nreturn y", {"y"}),
        ("while True:\n    y = 1\n    break\nreturn y", set()),
        ("try:\n    y = g()\nexcept KeyError:\n    return 0\nreturn y", set()),
        ("try:\n    y = g()\nexcept KeyError:\n    pass\nreturn y", {"y"}),
        ("with g() as y:\n    return y", set()),
        ("match x:\n    case [y, *z]:\n        return y, z\nreturn y", {"y"}),
        ("if x:\n    raise ValueError\nelse:\n    y = 1\nreturn y", set()),
        ("return [y for y in x if (z := y)], z", set()),
        ("y += 1", {"y"}),
        ("global y\nreturn y", set()),
        ("def y(): return z\nz = 1\nreturn y()", set()),
        ("del x\nx = 1\nreturn x", set()),
        ("y = 1\ndel y\nreturn y", {"y"}),
        ("import os.path as p, sys\nreturn p, sys", set()),
        ("finally_ = (lambda: y)\ny = 1\nreturn finally_", set()),
        ("for y in x:\n    z = y\n    break\nelse:\n    z = 0\nreturn z", set()),
    ],
)
def test_paths_through_a_function(body: str, names: set[str]) -> None:
    """A name counts as bound where every path binds it first."""
    text = "def f(x):\n" + "\n".join(f"    {line}" for line in body.splitlines())
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert set(unbound(function)) == names


def test_warnings_of_the_compiler_about_foreign_code_are_not_shown() -> None:
    """An edit beside a comparison by identity with a number is screened without a word."""
    before = b"def f(x):\n    y = 1\n    return x is 1, y\n"
    assert fault(before, before.replace(b"y = 1", b"y = 2"), 1) is None


def test_behind_a_try_that_always_leaves_nothing_is_reached() -> None:
    """A name that is read there alone is not read too early."""
    text = "def f(x):\n    try:\n        return x\n    finally:\n        x.close()\n    return y\n    y = 1\n"
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef) and not unbound(function)
