"""Takes a block back: its change is undone on top of the head, the chain says so, and another campaign goes on from there."""

import time
from collections.abc import Sequence
from contextlib import suppress

from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.port import FileChange, changes_between
from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, Withdrawal, entry_json, signed
from overnight.pool.changes import apply, stated, tree_digest
from overnight.pool.events import EntryAdded
from overnight.pool.hub.merging import onto
from overnight.pool.hub.public import full_digest, is_public
from overnight.pool.keys import SecretKey
from overnight.pool.record.record import HubRecord

GROUP = "withdrawn"  # of refs


def undo_of(record: HubRecord, history: GitHistory, block: int) -> Sequence[FileChange]:
    """What takes a block's change out of the head.

    Raises:
        UserError: there is no such block, or later ones changed the same lines.
    """
    chain = record.chain()
    found = next((each for each in chain.entries if isinstance(each, Block) and each.number == block), None)
    if found is None:
        raise UserError(f"there is no block {block}", fix="see `overnight hub status`")
    if record.withdrawals().get(block) and not record.withdrawals(open_only=True).get(block):
        raise UserError(f"block {block} is withdrawn already", fix=f"see `overnight hub block {block}`")
    before, after = record.commit_of(found.previous), record.commit_at(block)
    assert before is not None  # noqa: S101  # each entry names the one before
    back = changes_between(history, after, before[1])
    undone = onto(history, parent=after, head=record.head_commit(), changes=back)
    if undone is None:
        raise UserError(
            f"block {block} cannot be taken back: later blocks changed the same lines", fix="withdraw those first, newest first"
        )
    return undone


def withdraw(record: HubRecord, history: GitHistory, key: SecretKey, block: int, *, hidden: Sequence[str]) -> None:
    """Add the withdrawal of a block that was taken back; the campaign has ended and everything is settled.

    A change that cannot be undone any more, as a block came meanwhile, stays in the tree, and the block counts no more.
    """
    chain = record.chain()
    why, number, commit = record.withdrawals()[block], chain.number + 1, record.head_commit()
    undone: Sequence[FileChange] = ()
    with suppress(UserError):
        undone = undo_of(record, history, block)
    if undone:
        message = f"Withdraw block {block}\n\n{why}\n"
        commit = history.record_attempt(
            tag=record.tag(), number=number, base=commit, changes=undone, message=message, group=GROUP
        )
    changes = tuple(stated(each) for each in undone if is_public(each.path, hidden))
    entry = signed(
        Withdrawal(
            number=number,
            previous=chain.head,
            at=time.time(),
            block=block,
            why=why,
            changes=changes,
            tree=tree_digest(apply(chain.tree, changes) if changes else chain.tree),
            full=full_digest(history, commit, record.opened().salt),
        ),
        key,
    )
    contents = [each.content for each in undone if each.content is not None and is_public(each.path, hidden)]
    record.append(
        EntryAdded(
            number=number,
            entry=canonical(entry_json(entry)).decode(),
            commit=commit,
            tag=record.next_tag(),
        ),
        contents=contents,
    )
