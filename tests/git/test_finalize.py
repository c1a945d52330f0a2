"""Turning a kept chain into a clean branch."""

from dataclasses import replace
from pathlib import Path

import pytest
from checkouts import Checkout

from overnight.errors import RepositoryError
from overnight.git.finalize import finalize
from overnight.git.port import FileChange, KeptChange, KeptPart
from overnight.git.repository import open_repository


def chain(checkout: Checkout, length: int) -> tuple[str, list[KeptChange]]:
    """A start and a number of kept commits on top of each other."""
    history = checkout.history()
    start = head = history.resolve_start()
    kept = []
    for number in range(1, length + 1):
        changes = [FileChange(path="train.py", content=b"rate = %d\n" % number)]
        head = history.record_attempt(tag="t", number=number, base=head, changes=changes, message="raw")
        kept.append(KeptChange(commit=head, subject=f"change {number}", body=f"Gain: {number}"))
    history.close()
    return start, kept


def test_clean_branch(tmp_path: Path) -> None:
    """The branch has one commit per kept change, with the same trees, our name, and the evidence in the messages."""
    checkout = Checkout.make(tmp_path)
    start, kept = chain(checkout, 3)
    before = checkout.state()
    tip = finalize(open_repository(tmp_path), start=start, kept=kept, branch="overnight/t")
    assert checkout.git("rev-parse", "overnight/t") == tip
    log = checkout.git("log", "--reverse", "-z", "--format=%an|%B", f"{start}..{tip}")
    assert log.split("\0")[:3] == [f"overnight|change {number}\n\nGain: {number}\n" for number in (1, 2, 3)]
    assert checkout.git("rev-parse", f"{tip}^{{tree}}") == checkout.git("rev-parse", f"{kept[-1].commit}^{{tree}}")
    assert checkout.git("rev-parse", f"{tip}~3") == start
    assert checkout.state() == before
    assert checkout.git("fsck", "--strict", "--no-dangling") == ""


def test_again_and_further(tmp_path: Path) -> None:
    """Repeating it changes nothing; with more kept changes the branch moves forward."""
    checkout = Checkout.make(tmp_path)
    repository = open_repository(tmp_path)
    start, kept = chain(checkout, 3)
    first = finalize(repository, start=start, kept=kept[:2], branch="review")
    assert finalize(repository, start=start, kept=kept[:2], branch="review") == first
    last = finalize(repository, start=start, kept=kept, branch="review")
    assert checkout.git("rev-parse", "review~1") == first
    assert checkout.git("rev-parse", "review") == last


def test_branch_of_the_user(tmp_path: Path) -> None:
    """A branch with other commits is never overwritten."""
    checkout = Checkout.make(tmp_path)
    start, kept = chain(checkout, 1)
    checkout.git("branch", "review")
    checkout.git("checkout", "-q", "review")
    own = checkout.commit({"mine": "x"})
    checkout.git("checkout", "-q", "main")
    with pytest.raises(RepositoryError, match="review has commits that are not in the kept chain"):
        finalize(open_repository(tmp_path), start=start, kept=kept, branch="review")
    assert checkout.git("rev-parse", "review") == own


def test_branch_that_is_checked_out(tmp_path: Path) -> None:
    """The branch that the user works on does not move under their checkout."""
    checkout = Checkout.make(tmp_path)
    start, kept = chain(checkout, 1)
    with pytest.raises(RepositoryError, match="main is checked out in"):
        finalize(open_repository(tmp_path), start=start, kept=kept, branch="main")
    assert checkout.git("rev-parse", "main") == start


@pytest.mark.parametrize("branch", ["", "-f", "a..b", "a b", "a\nb", "x.lock"])
def test_bad_branch(tmp_path: Path, branch: str) -> None:
    """A name that git does not accept for a branch is refused in one line."""
    checkout = Checkout.make(tmp_path)
    start, kept = chain(checkout, 1)
    with pytest.raises(RepositoryError, match="is not a valid branch name"):
        finalize(open_repository(tmp_path), start=start, kept=kept, branch=branch)


def test_broken_chain(tmp_path: Path) -> None:
    """Commits that do not follow each other are not a chain."""
    checkout = Checkout.make(tmp_path)
    start, kept = chain(checkout, 3)
    with pytest.raises(RepositoryError, match=rf"{kept[2].commit[:12]} does not follow the one before it"):
        finalize(open_repository(tmp_path), start=start, kept=[kept[0], kept[2]], branch="review")
    assert checkout.git("branch", "--list", "review") == ""


def test_long_foreign_subject(tmp_path: Path) -> None:
    """A hypothesis of any length and content becomes one subject line of at most 72 characters; the rest goes to the body."""
    checkout = Checkout.make(tmp_path)
    start, kept = chain(checkout, 1)
    subject = "raise the\nrate \x1b[31m " + "very " * 20 + "much"
    change = KeptChange(commit=kept[0].commit, subject=subject, body="Signed-off-by: evidence")
    tip = finalize(open_repository(tmp_path), start=start, kept=[change], branch="review")
    first, _, *rest = checkout.git("show", "-s", "--format=%B", tip).splitlines()
    assert first.startswith("raise the rate \\x1b[31m very")
    assert len(first) <= 72
    assert first.endswith("…")
    assert rest[0].endswith("very much")
    assert rest[-1] == "Signed-off-by: evidence"


def test_a_change_in_parts(tmp_path: Path) -> None:
    """A commit for each, with a mode and a removal; the last has the very tree that was kept."""
    checkout = Checkout.make(tmp_path)
    start, kept = chain(checkout, 1)
    history = checkout.history()
    changes = [FileChange(path="train.py", content=None), FileChange(path="a/run", content=b"x\n", executable=True)]
    head = history.record_attempt(tag="t", number=2, base=kept[0].commit, changes=changes, message="raw")
    history.close()
    parts = tuple(KeptPart(changes=(change,), subject=f"part {n}", body="b") for n, change in enumerate(changes, 1))
    whole = KeptChange(commit=head, subject="whole", body="b", parts=parts)
    tip = finalize(open_repository(tmp_path), start=start, kept=[*kept, whole], branch="review")
    assert checkout.git("log", "--reverse", "--format=%s", f"{start}..{tip}").splitlines() == ["change 1", "part 1", "part 2"]
    assert checkout.git("rev-parse", f"{tip}^{{tree}}") == checkout.git("rev-parse", f"{head}^{{tree}}")
    assert "train.py" not in checkout.git("ls-tree", "--name-only", f"{tip}~1").splitlines()
    assert checkout.git("fsck", "--strict", "--no-dangling") == ""


def test_parts_that_are_not_the_whole(tmp_path: Path) -> None:
    """They make no branch: at its end are the files that were measured, or nothing."""
    checkout = Checkout.make(tmp_path)
    start, [kept] = chain(checkout, 1)
    other = KeptPart(changes=(FileChange(path="train.py", content=b"rate = 7\n"),), subject="s", body="b")
    with pytest.raises(RepositoryError, match="are not the whole of it"):
        finalize(open_repository(tmp_path), start=start, kept=[replace(kept, parts=(other,))], branch="review")
    assert checkout.git("branch", "--list", "review") == ""
