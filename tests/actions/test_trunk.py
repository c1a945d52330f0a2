"""The trunk of a repository: merged onto and moved from a known commit only, and never while somebody has it checked out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from targets import git, repository_of

from overnight.actions.trunk.trunk import BRANCH, GitTrunk
from overnight.errors import RepositoryError
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import Repository

FILES = {"a.txt": "one\ntwo\nthree\nfour\nfive\n", "b.txt": "b\n", "lib/c.txt": "c\n"}
Changes = Mapping[str, str | None]


@contextmanager
def trunk_in(folder: Path) -> Iterator[tuple[GitTrunk, Repository]]:
    repository = repository_of(folder, FILES)
    history = GitHistory(repository)
    yield GitTrunk(repository=repository, history=history, now=lambda: 1_700_000_000.0), repository
    history.close()


def commit(trunk: GitTrunk, number: int, changes: Changes, *, base: str = "") -> tuple[int, str, str]:
    """An action's number, its base and its commit."""
    base = base or trunk.head()
    files = [FileChange(path=path, content=text.encode() if text is not None else None) for path, text in changes.items()]
    made = trunk.history.record_attempt(tag="actions", group=str(number), number=1, base=base, changes=files, message="m")
    return number, base, made


def merge(trunk: GitTrunk, what: tuple[int, str, str]) -> str:
    """Merge it and move the trunk; the new head."""
    number, base, made = what
    tried = trunk.merge(action=number, base=base, commit=made, message=f"Action {number}\n\nwhy")
    assert tried.commit, tried.whys
    assert trunk.advance(old=tried.onto, new=tried.commit)
    return tried.commit


def test_an_action_is_one_commit_on_the_head(tmp_path: Path) -> None:
    """Two actions from one base land one after the other, each as a commit with its name; the checkout stays as it was."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        start = trunk.head()
        one, two = commit(trunk, 1, {"b.txt": "b!\n"}), commit(trunk, 2, {"new/d.txt": "d\n", "lib/c.txt": None})
        first, second = merge(trunk, one), merge(trunk, two)
        folder = repository.toplevel
        assert git(folder, "log", "--format=%H %s", BRANCH).splitlines()[:2] == [f"{second} Action 2", f"{first} Action 1"]
        assert git(folder, "log", "-1", "--format=%P|%(trailers)", first).strip() == (
            f"{start}|Overnight-Action: 1\nOvernight-Attempt: {one[2]}"
        )
        assert git(folder, "ls-tree", "-r", "--name-only", BRANCH).split() == ["a.txt", "b.txt", "new/d.txt"]
        assert git(folder, "status", "--porcelain") == "" and git(folder, "rev-parse", "HEAD") == start
        assert trunk.landed(action=1, commit=one[2]) == first and not trunk.landed(action=1, commit=two[2])


def test_a_merge_with_nothing_new_is_the_head(tmp_path: Path) -> None:
    """What the head has already needs no commit."""
    with trunk_in(tmp_path / "r") as (trunk, _):
        one, two = commit(trunk, 1, {"b.txt": "b!\n"}), commit(trunk, 2, {"b.txt": "b!\n"})
        head = merge(trunk, one)
        assert merge(trunk, two) == head


def test_a_conflict_leaves_nothing_but_a_commit_to_begin_with(tmp_path: Path) -> None:
    """It names each place; the commit has the head, what fits of the change, and both sides of what does not."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        base = trunk.head()
        ours = {"a.txt": "one\nTWO\nthree\nfour\nfive\n", "b.txt": None, "lib/c.txt": "\0ours", "d.txt": "d\n"}
        theirs = {"a.txt": "one\n2\nthree\nfour\nfive!\n", "b.txt": "b!\n", "lib/c.txt": "\0theirs", "e.txt": "e\n"}
        head = merge(trunk, commit(trunk, 1, ours))
        number, base, made = commit(trunk, 2, theirs, base=base)
        tried = trunk.merge(action=number, base=base, commit=made, message="m")
        assert not tried.commit and tried.onto == trunk.head() == head
        assert tried.whys == (
            "a.txt: both changed the same lines",
            "b.txt: what was merged meanwhile deleted it, this changed it",
            "lib/c.txt: both changed the same lines",
        )
        assert tried.beside == ("lib/c.txt.theirs",)
        left = trunk.leftovers(tried.start, conflicts=tried.conflicts, beside=tried.beside)
        assert left == ["a.txt still has conflict markers", "lib/c.txt.theirs is still there"]
        assert trunk.text(tried.start, "a.txt") == (
            "one\n<<<<<<< overnight/main\nTWO\n=======\n2\n>>>>>>> this action\nthree\nfour\nfive!\n"
        )
        assert [trunk.text(tried.start, path) for path in ("d.txt", "e.txt", "b.txt")] == ["d\n", "e\n", "b!\n"]
        assert git(repository.toplevel, "status", "--porcelain") == ""
        assert git(repository.toplevel, "rev-parse", f"{tried.start}^") == head


def test_a_checked_out_trunk_is_not_moved(tmp_path: Path) -> None:
    """Neither in the checkout nor in another worktree: the reason says where, and what to do."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        head = merge(trunk, commit(trunk, 1, {"b.txt": "b!\n"}))
        tried = commit(trunk, 2, {"b.txt": "b?\n"})
        git(repository.toplevel, "worktree", "add", "-q", str(tmp_path / "linked"), BRANCH)
        found = trunk.merge(action=2, base=tried[1], commit=tried[2], message="m")
        assert not trunk.advance(old=found.onto, new=found.commit) and trunk.head() == head
        assert trunk.held() == (
            f"the branch overnight/main is checked out in {tmp_path / 'linked'}; check out another branch there first"
        )
        git(tmp_path / "linked", "switch", "-q", "--detach")
        assert trunk.held() == "" and trunk.advance(old=found.onto, new=found.commit)


def test_a_branch_in_the_way_is_said(tmp_path: Path) -> None:
    """Git cannot hold `overnight/main` beside a branch named `overnight`; the message says how to rename that one."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        git(repository.toplevel, "branch", "overnight")
        assert "rename it: git branch -m overnight overnight-old" in trunk.held()


def test_somebody_who_moves_the_trunk_meanwhile_is_not_overrun(tmp_path: Path) -> None:
    """A merge made on the head of before does not land: what was added meanwhile stays."""
    with trunk_in(tmp_path / "r") as (trunk, _):
        one, two = commit(trunk, 1, {"b.txt": "b!\n"}), commit(trunk, 2, {"a.txt": "a\n"})
        stale = trunk.merge(action=2, base=two[1], commit=two[2], message="m")
        head = merge(trunk, one)
        assert not trunk.advance(old=stale.onto, new=stale.commit) and trunk.head() == head
        merge(trunk, two)
        assert [trunk.text(trunk.head(), path) for path in ("a.txt", "b.txt")] == ["a\n", "b!\n"]


def test_the_users_own_commits_are_taken_in(tmp_path: Path) -> None:
    """Forward if the trunk has nothing else, as a merge if it has; what it has already is no news."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        folder = repository.toplevel
        merge(trunk, commit(trunk, 1, {"b.txt": "b!\n"}))
        assert trunk.news() == "" and trunk.branch == "main"
        (folder / "a.txt").write_text("mine\n")
        git(folder, "commit", "-qam", "mine")
        mine = git(folder, "rev-parse", "HEAD")
        joined = trunk.join(trunk.news())
        assert trunk.advance(old=joined.onto, new=joined.commit) and trunk.news() == ""
        assert git(folder, "log", "-1", "--format=%P", BRANCH).split() == [joined.onto, mine]
        assert [trunk.text(trunk.head(), path) for path in ("a.txt", "b.txt")] == ["mine\n", "b!\n"]
        git(folder, "merge", "-q", BRANCH)
        (folder / "a.txt").write_text("mine again\n")
        git(folder, "commit", "-qam", "again")
        forward = trunk.join(trunk.news())
        assert forward.commit == git(folder, "rev-parse", "HEAD")
        git(folder, "switch", "-qc", "other")
        assert trunk.branch == "main"


def test_a_trunk_that_the_user_deleted_or_rewrote_is_not_fought_over(tmp_path: Path) -> None:
    """It is said once, and work goes on from what is there."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        folder, start = repository.toplevel, trunk.head()
        head = merge(trunk, commit(trunk, 1, {"b.txt": "b!\n"}))
        git(folder, "branch", "-f", BRANCH, start)
        assert trunk.changed() == f"overnight/main was rewritten; work goes on from where it is (it was at {head[:12]})"
        assert trunk.changed() == ""
        merge(trunk, commit(trunk, 2, {"b.txt": "b?\n"}))
        git(folder, "branch", "-D", BRANCH)
        assert "was deleted; it begins anew" in trunk.changed() and trunk.changed() == ""
        assert trunk.head() == start
        merge(trunk, commit(trunk, 3, {"b.txt": "anew\n"}))
        assert git(folder, "rev-parse", f"{BRANCH}^") == start


def test_a_branch_that_is_deleted_before_the_merge_is_merged_all_the_same(tmp_path: Path) -> None:
    """Its commit is kept under a ref of ours, whatever git cleans up."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        folder, start = repository.toplevel, trunk.head()
        git(folder, "switch", "-qc", "feature")
        (folder / "b.txt").write_text("feature\n")
        git(folder, "commit", "-qam", "feature")
        tip = git(folder, "rev-parse", "HEAD")
        trunk.keep(action=1, commit=tip)
        git(folder, "switch", "-q", "main")
        git(folder, "branch", "-qD", "feature")
        git(folder, "reflog", "expire", "--expire=now", "--all")
        git(folder, "gc", "-q", "--prune=now")
        merge(trunk, (1, start, tip))
        assert trunk.text(trunk.head(), "b.txt") == "feature\n"


def test_a_branch_is_merged_from_where_it_left_the_trunk(tmp_path: Path) -> None:
    """A commit of the user's is measured from what it has in common with the trunk, so it takes nothing back."""
    with trunk_in(tmp_path / "r") as (trunk, repository):
        folder, start = repository.toplevel, trunk.head()
        git(folder, "switch", "-qc", "feature")
        (folder / "a.txt").unlink()
        (folder / "a.txt").symlink_to("b.txt")
        git(folder, "commit", "-qam", "a link")
        tip = git(folder, "rev-parse", "HEAD")
        git(folder, "switch", "-q", "main")
        merge(trunk, commit(trunk, 1, {"b.txt": "b!\n"}))
        assert trunk.base_of(tip) == start
        merge(trunk, (2, start, tip))
        assert trunk.text(trunk.head(), "b.txt") == "b!\n"
        assert git(folder, "ls-tree", BRANCH, "a.txt").startswith("120000")
        with pytest.raises(RepositoryError, match="is on overnight/main already"):
            trunk.base_of(start)
