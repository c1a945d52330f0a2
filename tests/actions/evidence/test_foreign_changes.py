"""Every file of a change is foreign: whatever is in it, it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.actions.evidence.changed import changed_files
from overnight.actions.evidence.check_scripts import edited_checks
from overnight.actions.evidence.doubts import doubts, mocked
from overnight.actions.evidence.risks import risks_of
from overnight.actions.evidence.takeouts import takeouts
from overnight.actions.evidence.weakened import weakened_tests
from overnight.actions.findings import Risk, Suspicion, WeakenedTest, Weakening
from overnight.git.port import FileChange

PIECES = st.sampled_from(
    [
        b"def test_a():\n    assert f(1) == 2\n",
        b"def test_b(x):\n    with pytest.raises(E):\n        f()\n",
        b"class A:\n    def f(self): return 1\n",
        b"def f(x, *, y=1):\n    return {1: 2}[x]\n",
        b"@patch('a.f')\ndef test_c(m):\n    m.f = 1\n",
        b"x = 1\n",
        b"\xff\0\n",
        b"    if (",
        b"test('a', () => {\n  expect(1).toBe(2);\n});\n",
        b"check:\n\ttrue\n",
        b"[tool.pytest]\na = 1\n",
        b'{"scripts": {"test": 1}}',
        b"",
    ]
)
TEXTS = st.one_of(st.none(), st.lists(PIECES, max_size=5).map(b"".join), st.binary(max_size=60))
PATHS = (
    "a.py",
    "tests/test_a.py",
    "tests/conftest.py",
    "lib.test.js",
    "lib.js",
    "Makefile",
    "package.json",
    "pyproject.toml",
    "c.sh",
)


def _look(pairs: dict[str, tuple[bytes | None, bytes | None]]) -> None:
    changes = [FileChange(path=path, content=new) for path, (_, new) in pairs.items()]
    files = changed_files(changes, {path: old for path, (old, _) in pairs.items() if old is not None}, {}, ())
    parts = takeouts(files)
    said: list[WeakenedTest | Suspicion | Risk] = [*weakened_tests(files), *doubts(files), *risks_of(files, ["c.sh"])]
    said += [*edited_checks(files, ["make check", "sh c.sh"]), *mocked(files, [part.hunk for part in parts], all_tried=False)]
    assert all(each.detail.isprintable() and each.path.isprintable() for each in said)
    assert all(part.hunk.text.replace("\n", "").isprintable() for part in parts)


@given(st.dictionaries(st.sampled_from(PATHS), st.tuples(TEXTS, TEXTS), max_size=4))
def test_any_change_is_read(pairs: dict[str, tuple[bytes | None, bytes | None]]) -> None:
    """Nothing in a file makes us fail, and all that is said of it is printable."""
    _look(pairs)


@pytest.mark.parametrize(
    "text",
    [
        b"x = " + b"(" * 90 + b"1" + b")" * 90,
        b"x = " + b"-" * 900 + b"1\n",
        b"def test_a():\n    assert " + b" + ".join([b"f(1)"] * 3000) + b"\n",
        b"def test_a():\n    assert f(" + b"[" * 150 + b"]" * 150 + b") == 1\n",
        b"a = 1\n" * 6_000,
        b"TypeError: " * 50_000,
    ],
    ids=["parentheses", "signs", "sum", "lists", "lines", "one line"],
)
def test_a_hostile_text_is_read(text: bytes) -> None:
    """Deep, long and repetitive texts."""
    _look({"tests/test_a.py": (b"def test_a():\n    assert f(1) == 1\n", text), "a.py": (b"x = 1\n", text)})


def test_a_line_of_any_length_is_read_to_its_end() -> None:
    """What looks like the begin of a test over and over, in a file without line ends, is gone through once."""
    _look(
        {"lib.test.js": (b"test('a', f)\n", b"it." * 400_000), "tests/test_a.py": (b"pytest.param(marks=" * 20_000, b"x = 1\n")}
    )


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("package.json", b'{"scripts": {"test": "x"}}', b"[" * 100_000),
        ("pyproject.toml", b"[tool.pytest]\na = 1\n", b"[tool.pytest]\na = " + b"[" * 5_000 + b"]" * 5_000),
        ("pyproject.toml", b"[tool.pytest]\na = 1\n", b"[tool.pytest]\n" + b"a." * 5_000 + b"a = 1\n"),
        ("Makefile", b"check:\n\ttrue\n", b"check " + b"t " * 9_000 + b":\n" + b"\ttrue\n" * 9_000),
        ("Makefile", b"check:\n\ttrue\n", b"check:\n" + b"\ttrue\n" * 900_000),
    ],
    ids=["json", "toml", "dotted", "targets", "rule"],
)
def test_settings_of_checks_that_are_nested_or_many_are_edited(path: str, old: bytes, new: bytes) -> None:
    """Whatever else is in them, that they were edited is said."""
    files = changed_files([FileChange(path=path, content=new)], {path: old}, {}, ())
    (found,) = edited_checks(files, ["make check"])
    assert (found.path, found.how) == (path, Weakening.CHECK) and found.detail.endswith("was edited")
