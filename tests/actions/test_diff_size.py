"""The size of a diff by part, from git's own text."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from targets import git, repository_of

from overnight.actions.pages.diff import files_of
from overnight.actions.views.diff_size import Part, PartSize, file_sizes, part_of, part_sizes
from overnight.git.history import GitHistory


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("src/shop/export.py", Part.CODE),
        ("tests/test_export.py", Part.TESTS),
        ("src/export_test.go", Part.TESTS),
        ("web/__tests__/a.ts", Part.TESTS),
        ("web/cart.spec.ts", Part.TESTS),
        ("README.md", Part.DOCS),
        ("docs/picture.png", Part.DOCS),
        ("docs/conf.py", Part.CODE),
        (".github/workflows/ci.yml", Part.SETTINGS),
        ("uv.lock", Part.SETTINGS),
        ("Dockerfile", Part.SETTINGS),
        ("data/a.bin", Part.OTHER),
    ],
)
def test_a_file_is_of_one_part(path: str, part: Part) -> None:
    """By its path alone."""
    assert part_of(path) is part


def test_the_globs_of_the_repository_say_what_a_test_is() -> None:
    """In place of ours."""
    assert part_of("checks/a.py", ["checks"]) is Part.TESTS and part_of("tests/a.py", ["checks"]) is Part.CODE


def test_a_real_diff_is_counted(tmp_path: Path) -> None:
    """New, changed, removed and binary files, odd names, and lines that look like the heads of files."""
    files = {"a.py": "one\ntwo\n", "gone.md": "x\n", "lü\nb.txt": "1\n", "sql.py": "-- a\n++ b\n"}
    repository = repository_of(tmp_path / "r", files)
    (tmp_path / "r" / "a.py").write_text("one\n2\n3\n")
    (tmp_path / "r" / "gone.md").unlink()
    (tmp_path / "r" / "lü\nb.txt").write_text("1\n2\n")
    (tmp_path / "r" / "sql.py").write_text("++ b\n-- c\n")
    (tmp_path / "r" / "new file.py").write_text("no end of line")
    (tmp_path / "r" / "b.bin").write_bytes(b"\0\1")
    git(tmp_path / "r", "add", "-A")
    git(tmp_path / "r", "commit", "-qm", "more")
    history = GitHistory(repository)
    diff = history.diff("HEAD~1", "HEAD")
    history.close()
    sizes = {size.path: (size.added, size.removed) for size in file_sizes(diff)}
    assert sizes == {
        "a.py": (2, 1),
        "gone.md": (0, 1),
        "lü\nb.txt": (1, 0),
        "sql.py": (1, 1),
        "new file.py": (1, 0),
        "b.bin": (0, 0),
    }
    assert part_sizes(diff)[0] == PartSize(part=Part.CODE, files=3, added=4, removed=2)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """As a diff with some files or none; no count is negative."""
    assert all(size.added >= 0 and size.removed >= 0 for size in file_sizes(text))


def test_lines_that_look_like_the_head_of_a_file_are_counted(tmp_path: Path) -> None:
    """A comment of SQL or an option with dashes that goes away, on the page of the whole diff too."""
    repository = repository_of(tmp_path, {"a.sql": "-- one\n-- two\nselect 1;\n", "b": "x\n"})
    base = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "a.sql").write_text("++ three\nselect 1;\n")
    (tmp_path / "b").unlink()
    git(tmp_path, "commit", "-qam", "change")
    with closing(GitHistory(repository)) as history:
        shown = list(files_of(history.diff(base, git(tmp_path, "rev-parse", "HEAD"))))
    assert [(each.name, each.added, each.removed) for each in shown] == [("a.sql", 1, 2), ("b", 0, 1)]
