"""Which of the user's changes a campaign does not see."""

import os
from pathlib import Path

from targets import git, make_repo, program

from overnight.git.repository import open_repository
from overnight.git.uncommitted import uncommitted

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")


def test_changed_staged_and_deleted_files_are_listed(tmp_path: Path) -> None:
    """Every file that differs from the commit, in the index or on disk; not new files or files that were only touched."""
    files = {"a b.py": "1", "gone.py": "1", "same.py": "1", "staged.py": "1", "sub/ü.py": "1"}
    repo = make_repo(tmp_path / "r", program(BETTER), files=files)
    (repo / "a b.py").write_text("2")
    (repo / "sub/ü.py").write_text("2")
    (repo / "gone.py").unlink()
    (repo / "staged.py").write_text("2")
    git(repo, "add", "staged.py")
    (repo / "new.py").write_text("1")
    os.utime(repo / "same.py", (1, 1))
    assert uncommitted(open_repository(repo / "sub")) == ["a b.py", "gone.py", "staged.py", "sub/ü.py"]


def test_a_clean_checkout_has_none_and_is_left_as_it_is(tmp_path: Path) -> None:
    """Nothing is listed, and the user's index is not written."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    os.utime(repo / "train.py", (1, 1))
    before = (repo / ".git/index").read_bytes()
    assert uncommitted(open_repository(repo)) == []
    assert (repo / ".git/index").read_bytes() == before


def test_a_linked_worktree_is_compared_with_its_own_commit(tmp_path: Path) -> None:
    """The checkout in which the command runs counts, not the main one."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    git(repo, "worktree", "add", "-q", "../other", "-b", "other")
    (repo / "train.py").write_text("changed in the main one")
    assert uncommitted(open_repository(tmp_path / "other")) == []
    (tmp_path / "other/train.py").write_text("changed here")
    assert uncommitted(open_repository(tmp_path / "other")) == ["train.py"]
