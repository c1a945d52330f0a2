"""Texts attached to commits as git notes, for anyone who has only the repository: `git notes --ref overnight show`.

Does not cover: notes that others write under the same ref; they are kept, but nothing vouches for them.
"""

from collections.abc import Callable

from overnight.git.objects import ObjectStore
from overnight.git.process import GitError
from overnight.git.trees import Tree, TreeEntry, edit_tree

NOTES = "refs/notes/overnight"
LARGEST_BYTES = 1_000_000
_TRIES = 10  # when other campaigns of the repository publish at the same moment
_FAN_OUT = 2  # hex digits of a folder's name, once git sorts many notes into folders

Move = Callable[[str, str, str], None]  # moves a ref to a new commit from its old one (empty: none)


def find_text(store: ObjectStore, commit: str) -> str | None:
    """The text that is attached to a commit, None if there is none."""
    found = store.find(NOTES)
    place = _find(store, store.commit(found.oid).tree, commit) if found else None
    if place is None:
        return None
    _, entry = place
    note = store.find(entry.oid)
    if note is None or note.size_bytes > LARGEST_BYTES:
        return None
    return store.blob(entry.oid).decode("utf-8", "replace")


def attach_text(store: ObjectStore, move: Move, *, commit: str, text: str, at: int) -> None:
    """Attach a text to a commit, replacing an older one; the same text again changes nothing.

    Raises:
        GitError: the ref cannot be moved.
    """
    blob = TreeEntry.file(store.add_blob(text.encode()), executable=False)
    for last in (False,) * (_TRIES - 1) + (True,):
        found = store.find(NOTES)
        tree = store.commit(found.oid).tree if found else None
        place = _find(store, tree, commit) if tree else None
        if place and place[1] == blob:
            return
        names = place[0] if place else (commit.encode(),)
        new = edit_tree(tree, {names: blob}, read=store.tree, write=store.add_tree)
        message = f"Notes added by overnight: the evidence of {commit[:12]}"
        tip = store.add_commit(tree=new or "", parent=found.oid if found else "", message=message, at=at)
        try:
            move(NOTES, tip, found.oid if found else "")
        except GitError:
            if last:
                raise
        else:
            return


def _find(store: ObjectStore, tree: str, commit: str) -> tuple[tuple[bytes, ...], TreeEntry] | None:
    """The path and the entry of a commit's note, at the top or in git's folders of two digits."""
    rest, path = commit.encode(), tuple[bytes, ...]()
    entries: Tree = store.tree(tree)
    while rest:
        if (entry := entries.get(rest)) and entry.is_file:
            return (*path, rest), entry
        folder = entries.get(rest[:_FAN_OUT])
        if folder is None or not folder.is_folder:
            return None
        path, rest, entries = (*path, rest[:_FAN_OUT]), rest[_FAN_OUT:], store.tree(folder.oid)
    return None
