"""Turns a kept chain into a clean branch for review: one commit per kept change or part, with the evidence in its message."""

from collections.abc import Sequence

from overnight.errors import RepositoryError
from overnight.files.folders import split_path
from overnight.git.objects import ObjectStore
from overnight.git.plumbing import UPDATE_REF, call, require
from overnight.git.port import KeptChange, KeptPart
from overnight.git.repository import Repository, check_ref_free
from overnight.git.trees import TreeEntry, edit_tree
from overnight.words.foreign import printable

SUBJECT_LENGTH = 72  # what git's own tools show of a subject
SHOWN = 80  # characters of a branch name in a message


def finalize(repository: Repository, *, start: str, kept: Sequence[KeptChange], branch: str) -> str:
    """Write the kept chain on top of `start` as `branch`, one commit per change or part; return the branch's tip.

    The same chain gives the same commits, so repeating it changes nothing; a longer chain moves the branch forward. Only
    that branch is written: no checkout, no other ref.

    Raises:
        RepositoryError: the branch's name is invalid, it has other commits, it is checked out, or the chain is broken.
    """
    ref = f"refs/heads/{branch}"
    if branch.startswith("-") or not branch.isprintable() or call(repository.git_dir, "check-ref-format", ref).returncode:
        raise RepositoryError(f"`{printable(branch, SHOWN)}` is not a valid branch name")
    store = ObjectStore(repository.git_dir)
    try:
        tip = _rewrite(store, start, kept)
        found = store.find(ref)
    finally:
        store.close()
    old = found.oid if found else "0" * len(tip)
    if old == tip:
        return tip
    if found and call(repository.git_dir, "merge-base", "--is-ancestor", old, tip).returncode:
        fix = "name another branch with --into, or delete this one"
        raise RepositoryError(f"the branch {branch} has commits that are not in the kept chain", fix=fix)
    check_ref_free(repository, ref)
    require(repository.git_dir, *UPDATE_REF, "overnight finalize", ref, tip, old)
    return tip


def _rewrite(store: ObjectStore, start: str, kept: Sequence[KeptChange]) -> str:
    before, tip = start, start
    for change in kept:
        commit = store.commit(change.commit)
        if commit.parents != (before,):
            raise RepositoryError(f"the kept commit {change.commit[:12]} does not follow the one before it")
        tree = store.commit(tip).tree
        for part in change.parts[:-1]:
            tree = _with(store, tree, part)
            tip = store.add_commit(tree=tree, parent=tip, message=_message(part), at=commit.at)
        if change.parts and _with(store, tree, change.parts[-1]) != commit.tree:
            raise RepositoryError(f"the parts of the kept commit {change.commit[:12]} are not the whole of it")
        last = change.parts[-1] if change.parts else change
        tip = store.add_commit(tree=commit.tree, parent=tip, message=_message(last), at=commit.at)
        before = change.commit
    return tip


def _with(store: ObjectStore, tree: str, part: KeptPart) -> str:
    """A tree with the files of a part."""
    edits = {
        tuple(split_path(change.path)): None
        if change.content is None
        else TreeEntry.file(store.add_blob(change.content), executable=change.executable)
        for change in part.changes
    }
    return edit_tree(tree, edits, read=store.tree, write=store.add_tree) or store.add_tree({})


def _message(change: KeptChange | KeptPart) -> str:
    """Subject and body; unprintable characters of the foreign subject are made visible, so that it cannot add a line."""
    subject = printable(" ".join(change.subject.split()), 2 * SUBJECT_LENGTH)
    whole = subject[:SUBJECT_LENGTH] if len(subject) <= SUBJECT_LENGTH else f"{subject[: SUBJECT_LENGTH - 1].rstrip()}…"
    body = change.body if whole == subject else f"{subject}\n\n{change.body}"
    return f"{whole}\n\n{body}"
