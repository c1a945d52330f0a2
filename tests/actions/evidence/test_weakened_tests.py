"""Tests that ask less than before are found by their text."""

import pytest

from overnight.actions.evidence.changed import ChangedFile, changed_files
from overnight.actions.evidence.weakened import weakened_tests
from overnight.actions.findings import Weakening
from overnight.git.port import FileChange

OLD = """\
import pytest
import unittest

EXPECTED = 4


@pytest.mark.parametrize("x", [1, 2, 3])
def test_double(x):
    assert double(x) == 2 * x


def test_sum():
    total = add(2, 2)
    assert total == EXPECTED
    assert add(0, 0) == 0


class Prices(unittest.TestCase):
    def test_net(self):
        self.assertEqual(net(119), 100)
        self.assertAlmostEqual(net(1), 0.84, places=2)

    def test_refuses(self):
        with self.assertRaises(ValueError):
            net(-1)
"""


def _files(path: str, old: str | None, new: str | None, **others: tuple[str | None, str | None]) -> list[ChangedFile]:
    pairs = {path: (old, new), **others}
    changes = [FileChange(path=name, content=None if now is None else now.encode()) for name, (_, now) in pairs.items()]
    before = {name: was.encode() for name, (was, _) in pairs.items() if was is not None}
    return list(changed_files(changes, before, {}, ()))


def _found(old: str, new: str, path: str = "tests/test_a.py") -> list[tuple[Weakening, str]]:
    return [(each.how, each.detail) for each in weakened_tests(_files(path, old, new))]


@pytest.mark.parametrize(
    ("old", "new", "how", "says"),
    [
        ("    assert add(0, 0) == 0\n", "", Weakening.LOOSENED, "no longer asks `assert add(0, 0) == 0`"),
        ("add(0, 0) == 0", "add(0, 0) >= 0", Weakening.LOOSENED, "became"),
        ("add(0, 0) == 0", "add(0, 0) in (0, 1)", Weakening.LOOSENED, "became"),
        ("add(0, 0) == 0", "add(0, 0) is not None", Weakening.LOOSENED, "became"),
        ("add(0, 0) == 0", "add(0, 0) == pytest.approx(0, abs=1)", Weakening.LOOSENED, "became"),
        ("add(0, 0) == 0", "add(0, 0) == 1", Weakening.CHANGED, "became"),
        ("assert add(0, 0) == 0", "assert True", Weakening.LOOSENED, "no longer asks"),
        ("assert add(0, 0) == 0", "assert add(0, 0) == 0 or True", Weakening.LOOSENED, "no longer asks"),
        ("EXPECTED = 4", "EXPECTED = 5", Weakening.CHANGED, "`EXPECTED`"),
        ("add(2, 2)\n", "add(2, 3)\n", Weakening.CHANGED, "does something else"),
        ("[1, 2, 3]", "[1]", Weakening.FEWER, "is gone"),
        ("[1, 2, 3]", "[1, 2, 4]", Weakening.CHANGED, "became another"),
        ("places=2", "places=0", Weakening.LOOSENED, "became"),
        ("assertEqual(net(119), 100)", "assertIn(net(119), (100, 101))", Weakening.LOOSENED, "became"),
        ("assertEqual(net(119), 100)", "assertTrue(net(119))", Weakening.LOOSENED, "became"),
        ("assertRaises(ValueError)", "assertRaises(Exception)", Weakening.LOOSENED, "became"),
        ("    def test_net", '    @unittest.skip("later")\n    def test_net', Weakening.SKIPPED, "skip"),
        ("def test_sum", "@pytest.mark.xfail\ndef test_sum", Weakening.SKIPPED, "xfail"),
        ("    total = add", '    pytest.skip("later")\n    total = add', Weakening.SKIPPED, "pytest.skip"),
        ("    total = add(2, 2)\n", "    total = add(2, 2)\n    return\n", Weakening.LOOSENED, "ends before"),
        ("def test_sum", "def check_sum", Weakening.DELETED, "test_sum is gone"),
        (OLD[OLD.index("def test_sum") : OLD.index("class")], "", Weakening.DELETED, "test_sum is gone"),
        (
            "    assert add(0, 0) == 0\n",
            "    try:\n        assert add(0, 0) == 0\n    except AssertionError:\n        pass\n",
            Weakening.LOOSENED,
            "caught",
        ),
        (
            "    assert add(0, 0) == 0\n",
            "    if add:\n        assert add(0, 0) == 0\n",
            Weakening.LOOSENED,
            "under a condition",
        ),
    ],
)
def test_a_weaker_test_is_found(old: str, new: str, how: Weakening, says: str) -> None:
    """Deleted, skipped, loosened, fewer cases, or another expectation: each is named."""
    found = _found(OLD, OLD.replace(old, new, 1))
    assert any(each is how and says in detail for each, detail in found), found


def test_tests_that_are_added_weaken_nothing() -> None:
    """New tests, new cases, new assertions, and other layout are fine."""
    new = OLD.replace("[1, 2, 3]", "[1, 2, 3, 4]").replace(
        "    assert add(0, 0)", "    assert add(1, 0) == 1\n\n    assert add(0, 0)"
    )
    assert _found(OLD, new + "\n\ndef test_more():\n    assert add(1, 1) == 2\n") == []


def test_what_tests_share() -> None:
    """A helper that asserts is compared as a test is; one that only prepares something may grow."""
    old = "def check(x):\n    assert x == 1\n\n\ndef made(name):\n    return {'name': name}\n"
    assert [how for how, _ in _found(old, old.replace("x == 1", "x >= 1"))] == [Weakening.LOOSENED]
    assert not _found(
        old,
        old.replace(
            "def made(name):\n    return {'name': name}", "def made(name, age=1):\n    return {'name': name, 'age': age}"
        ),
    )


def test_a_test_that_moves_is_not_deleted() -> None:
    """A test of the same name, or with the same body, in another file stands for it; what it asks there is compared."""
    kept, moved = OLD[: OLD.index("def test_sum")], OLD[OLD.index("def test_sum") : OLD.index("class")]
    rest = OLD[OLD.index("class") :]
    same = weakened_tests(_files("tests/test_a.py", OLD, kept + rest, **{"tests/test_b.py": (None, moved)}))
    assert not same
    named = moved.replace("test_sum", "test_sums")
    assert not weakened_tests(_files("tests/test_a.py", OLD, kept + rest, **{"tests/test_b.py": (None, named)}))
    less = weakened_tests(
        _files("tests/test_a.py", OLD, kept + rest, **{"tests/test_b.py": (None, moved.replace("== 0", ">= 0"))})
    )
    assert [each.how for each in less] == [Weakening.LOOSENED]


def test_a_removed_file_is_deleted_tests() -> None:
    """Each of its tests is named."""
    found = weakened_tests(_files("tests/test_a.py", OLD, None))
    assert [each.how for each in found] == [Weakening.DELETED] * 4


def test_data_that_tests_compare_with() -> None:
    """An edited snapshot changes what is expected; a new one does not."""
    assert [each.how for each in weakened_tests(_files("tests/data/out.json", "[1]", "[2]"))] == [Weakening.CHANGED]
    assert not weakened_tests(_files("tests/data/out.json", None, "[2]"))


JEST = """\
test("adds", () => {
  expect(add(1, 2)).toBe(3);
  expect(add(0, 0)).toBe(0);
});
test("shouts", () => {
  expect(shout("a")).toEqual("A");
});
"""


@pytest.mark.parametrize(
    ("old", "new", "how"),
    [
        ("toBe(3)", "toBe(4)", Weakening.CHANGED),
        ("toBe(3)", "toBeTruthy()", Weakening.LOOSENED),
        ("  expect(add(0, 0)).toBe(0);\n", "", Weakening.LOOSENED),
        ('test("adds"', 'test.skip("adds"', Weakening.SKIPPED),
        ('test("adds"', 'test.only("adds"', Weakening.SKIPPED),
        ('test("shouts", () => {\n  expect(shout("a")).toEqual("A");\n});\n', "", Weakening.DELETED),
    ],
)
def test_a_weaker_test_in_a_script(old: str, new: str, how: Weakening) -> None:
    """Other languages are compared line by line."""
    assert how in [each for each, _ in _found(JEST, JEST.replace(old, new), "lib.test.js")]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a_test.go", "\tt.Skip()"),
        ("tests/a.rs", "#[ignore]"),
        ("test/ATest.java", "  @Disabled"),
        ("spec/a_spec.rb", "  skip 'later'"),
        ("tests/test_a.sh", "exit 0"),
        ("tests/conftest.py", "collect_ignore = ['test_a.py']"),
        ("tests/conftest.py", "def pytest_collection_modifyitems(items):\n    items.clear()"),
        ("tests/test_a.py", "__test__ = False"),
    ],
)
def test_skips_of_many_languages(path: str, line: str) -> None:
    """A mark that keeps a test from running is found wherever it is new."""
    assert Weakening.SKIPPED in [each for each, _ in _found("", line + "\n", path)]
    assert Weakening.SKIPPED not in [each for each, _ in _found(line + "\n", line + "\n# more\n", path)]
