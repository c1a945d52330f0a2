"""Git's rules about ignored files, asked about paths that need not exist."""

from pathlib import Path

import pytest

from overnight.git import ignoring
from overnight.git.ignoring import IgnoreRules, make_empty_repository


@pytest.fixture
def rules(tmp_path: Path) -> IgnoreRules:
    folder = tmp_path / "rules"
    (folder / "sub").mkdir(parents=True)
    (folder / ".gitignore").write_text("*.log\nout/\n/top\n!keep.log\n")
    (folder / "sub/.gitignore").write_text("x\n")
    make_empty_repository(tmp_path / "git")
    return IgnoreRules(folder, tmp_path / "git")


def test_the_answers_are_those_of_git(rules: IgnoreRules) -> None:
    """Patterns for names, folders, the top and one folder alone; the last one that fits decides."""
    with rules:
        ignored = ("a.log", "deep/b.log", "out/", "deep/out/", "out/keep.log", "top", "sub/x", "sub/deep/x")
        assert [path for path in ignored if not rules.ignores(path)] == []
        others = ("a.py", "keep.log", "out", "sub/top", "x", "deep/", "we\nird", ":(glob)a.py", "*.py")
        assert [path for path in others if rules.ignores(path)] == []


def test_the_users_own_lists_have_no_say(rules: IgnoreRules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person on another machine gets the same answer."""
    (tmp_path / "home/.config/git").mkdir(parents=True)
    (tmp_path / "home/.config/git/ignore").write_text("*.py\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with rules:
        assert not rules.ignores("a.py") and rules.ignores("a.log")


def test_without_an_answer_nothing_is_ignored(rules: IgnoreRules, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules may be made to take long: after the time for all questions the rest is not asked."""
    monkeypatch.setattr(ignoring, "ANSWERS_S", 0.0)
    with rules:
        assert [rules.ignores("a.log"), rules.ignores("b.log")] == [False, False]


def test_a_path_that_git_refuses_ends_its_answers(rules: IgnoreRules) -> None:
    """Git dies of a path that leads out of the folder; that is no error of ours."""
    with rules:
        assert rules.ignores("a.log")
        assert [rules.ignores("../x"), rules.ignores("a.log")] == [False, False]
