"""A submission on a head that has moved on, and a block that is taken back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pool_desks import HUB
from targets import repository_of

from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import Repository
from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, Genesis, Withdrawal, entry_json, signed
from overnight.pool.changes import apply, stated, tree_digest
from overnight.pool.events import BlockWithdrawn, EntryAdded, HubOpened
from overnight.pool.hub.merging import onto
from overnight.pool.hub.public import public_files, states_of
from overnight.pool.hub.withdrawing import undo_of, withdraw
from overnight.pool.record.record import HubRecord

ZERO = "0" * 64


@pytest.fixture
def history(tmp_path: Path) -> Iterator[GitHistory]:
    """Of a repository with a file, and a hidden one in a folder."""
    repository: Repository = repository_of(tmp_path / "r", {"train.py": "X = 1\n\n\nY = 1\n", "m/secret.py": "A = 1\n"})
    with closing(GitHistory(repository)) as opened:
        yield opened


def commit(history: GitHistory, number: int, base: str, *changes: FileChange) -> str:
    """A commit on top of another."""
    return history.record_attempt(tag="t", number=number, base=base, changes=changes, message="m\n")


def file(path: str, text: str) -> FileChange:
    """A file with a text."""
    return FileChange(path=path, content=text.encode())


def test_a_file_in_the_place_of_a_folder_conflicts(history: GitHistory) -> None:
    """It could not be written; also where its sender sees no folder, as all in it is hidden, or as it came later."""
    start = history.resolve_start()
    assert onto(history, parent=start, head=start, changes=[file("m", "X = 2\n")]) is None
    later = commit(history, 1, start, file("new/a.py", "X = 2\n"))
    assert onto(history, parent=start, head=later, changes=[file("new", "X = 2\n")]) is None
    assert onto(history, parent=start, head=later, changes=[file("train.py/b", "X = 2\n")]) is None
    [moved] = onto(history, parent=start, head=later, changes=[file("train.py", "X = 2\n\n\nY = 1\n")]) or ()
    assert moved.content == b"X = 2\n\n\nY = 1\n"


def test_a_block_that_cannot_be_undone_any_more_is_withdrawn_all_the_same(history: GitHistory, tmp_path: Path) -> None:
    """A block that came between the founder's word and its effect keeps the tree, and the hub goes on."""
    start = history.resolve_start()
    files = states_of(public_files(history, start, ["m/"]))
    genesis = signed(Genesis(hub=HUB.public, project="toy", at=0.0, front={}, files=files, full=ZERO), HUB)
    with HubRecord(tmp_path / ".overnight" / "hub", make=True) as record:
        record.append(HubOpened(entry=text(genesis), tag="t", start=start, salt=ZERO, secret=ZERO))
        first = commit(history, 1, start, file("train.py", "X = 2\n\n\nY = 1\n"))
        add(record, first, file("train.py", "X = 2\n\n\nY = 1\n"))
        assert undo_of(record, history, 1)
        record.append(BlockWithdrawn(block=1, why="a doubt"))
        second = commit(history, 2, first, file("train.py", "X = 3\n\n\nY = 1\n"))
        add(record, second, file("train.py", "X = 3\n\n\nY = 1\n"))
        with pytest.raises(UserError, match="later blocks changed the same lines"):
            undo_of(record, history, 1)
        withdraw(record, history, HUB, 1, hidden=["m/"])
        chain = record.chain()
        assert isinstance(chain.entries[-1], Withdrawal) and chain.entries[-1].changes == ()
        assert (record.head_commit(), record.tag()) == (second, "t-2")
        assert not record.withdrawals(open_only=True)


def text(entry: Genesis | Block | Withdrawal) -> str:
    """As it is recorded."""
    return canonical(entry_json(entry)).decode()


def add(record: HubRecord, made: str, change: FileChange) -> None:
    """A block with a change, at a commit."""
    chain = record.chain()
    changes = (stated(change),)
    block = Block(
        number=chain.number + 1,
        previous=chain.head,
        at=0.0,
        submission=chain.number + 100,
        submitter=HUB.public,
        hypothesis="it helps",
        changes=changes,
        tree=tree_digest(apply(chain.tree, changes)),
        full=ZERO,
        receipt="{}",
        holdout=ZERO,
        gain=1.0,
        seconds=1.0,
    )
    record.append(
        EntryAdded(number=block.number, entry=text(signed(block, HUB)), commit=made, submission=block.submission),
        contents=[change.content or b""],
    )
