"""Texts attached to commits as git notes: git shows them, others' notes stay, and nobody's is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from checkouts import Checkout

from overnight.git.history import GitHistory
from overnight.git.repository import open_repository

REF = "refs/notes/overnight"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path / "repo")


@pytest.fixture
def history(checkout: Checkout) -> Iterator[GitHistory]:
    made = GitHistory(open_repository(checkout.folder))
    yield made
    made.close()


def test_git_shows_what_was_published(checkout: Checkout, history: GitHistory) -> None:
    """A text comes back as it is, here and through git's own command; a commit without one has none."""
    head = history.resolve_start()
    assert history.published(head) is None
    history.publish(head, '{"a": 1}\n')
    assert history.published(head) == '{"a": 1}\n'
    assert checkout.git("notes", "--ref", "overnight", "show", head) == '{"a": 1}'


def test_publishing_again_changes_nothing(checkout: Checkout, history: GitHistory) -> None:
    """The same text leaves the ref where it is; another one replaces the old one."""
    head = history.resolve_start()
    history.publish(head, "one\n")
    at = checkout.git("rev-parse", REF)
    history.publish(head, "one\n")
    assert checkout.git("rev-parse", REF) == at
    history.publish(head, "two\n")
    assert history.published(head) == "two\n" and checkout.git("rev-parse", f"{REF}^") == at


def test_notes_that_git_sorted_into_folders_are_found(checkout: Checkout, history: GitHistory) -> None:
    """Git spreads hundreds of notes over folders; ours is found among them and replaced in place."""
    commits = [checkout.commit({}, message=str(n)) for n in range(3)]
    for commit in commits:
        checkout.git("notes", "--ref", "overnight", "add", "-m", "theirs", commit)
    entries = [line.split("\t") for line in checkout.git("ls-tree", REF).splitlines()]
    tree = _fanned(checkout, {name: mode_and_id.split()[2] for mode_and_id, name in entries})
    checkout.git("update-ref", REF, checkout.git("commit-tree", "-m", "fan out", tree))
    assert history.published(commits[1]) == "theirs\n"
    history.publish(commits[1], "ours\n")
    assert history.published(commits[1]) == "ours\n"
    shown = [checkout.git("notes", "--ref", "overnight", "show", commit) for commit in commits]
    assert shown == ["theirs", "ours", "theirs"]
    assert len(checkout.git("ls-tree", "-r", REF).splitlines()) == 3


def _fanned(checkout: Checkout, notes: dict[str, str]) -> str:
    """The tree of some notes in two-digit folders."""
    checkout.git("read-tree", "--empty")
    for name, blob in notes.items():
        checkout.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name[:2]}/{name[2:]}")
    return checkout.git("write-tree")


def test_two_writers_lose_nothing(checkout: Checkout, history: GitHistory) -> None:
    """A note that another process adds in between is kept."""
    first, second = checkout.commit({}, message="1"), checkout.commit({}, message="2")
    history.publish(first, "ours\n")
    checkout.git("notes", "--ref", "overnight", "add", "-m", "theirs", second)
    history.publish(first, "ours again\n")
    assert checkout.git("notes", "--ref", "overnight", "show", second) == "theirs"
    assert history.published(first) == "ours again\n"


def test_the_users_own_notes_and_checkout_are_untouched(checkout: Checkout, history: GitHistory) -> None:
    """Only our ref is written."""
    head = history.resolve_start()
    checkout.git("notes", "add", "-m", "mine", head)
    refs = checkout.git("for-each-ref")
    history.publish(head, "ours\n")
    assert [line for line in checkout.git("for-each-ref").splitlines() if REF not in line] == refs.splitlines()
    assert checkout.git("status", "--porcelain") == ""


def test_a_huge_note_is_passed_over(checkout: Checkout, history: GitHistory) -> None:
    """A stranger's repository cannot make us read a gigabyte."""
    head = history.resolve_start()
    checkout.write("huge", "x" * 1_000_001)
    checkout.git("notes", "--ref", "overnight", "add", "-F", "huge", head)
    assert history.published(head) is None
