"""Turns under way, written down beside their folders, so that what an agent did is committed also if the turn is cut off.

A folder is noted before its agent begins, and no longer once its work is committed. A noted one is committed under the turn's
own ref before it is deleted: by us if the turn is stopped, by the next process if we were killed.

Does not cover: a folder that was not whole yet (no agent had begun); what an agent had not written when it was ended.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from overnight.actions.checkouts.leavings import not_taken, what_was_left
from overnight.errors import OvernightError
from overnight.files.atomic import write_atomically
from overnight.files.folders import remove_tree
from overnight.files.private_folder import sweep
from overnight.git.history import GitHistory
from overnight.git.ignoring import make_empty_repository
from overnight.git.repository import open_repository
from overnight.jail.work_folder import hand_over
from overnight.research.places.campaigns import ACTION_REFS
from overnight.research.places.workspace import snapshot

TAG = ACTION_REFS  # of our refs: refs/overnight/actions/<action>/<turn>
NOTES, TREES = "notes", "trees"  # in the folder of one run of an action
KEPT_S = 30 * 86_400.0  # for a repository that is not there
CUT_OFF = "Work of a turn that was cut off\n\nNot finished, and not checked.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A turn under way in a folder."""

    repo: str  # top of the repository's checkout, absolute
    action: int
    turn: int
    commit: str  # whose files the folder had
    folder: str  # its name
    placed: Sequence[str] = ()  # paths of links of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """Work of a turn that was cut off, now under a ref."""

    action: int
    turn: int
    commit: str  # empty: nothing was changed
    problems: Sequence[str] = ()  # what could not be taken


def write_note(root: Path, note: Note) -> None:
    """Note a turn, before its agent begins."""
    (root / NOTES).mkdir(exist_ok=True)
    write_atomically(root / NOTES / note.folder, json.dumps(asdict(note)).encode())


def remove_note(root: Path, folder: Path) -> None:
    """Nothing of this folder has to be saved any more."""
    (root / NOTES / folder.name).unlink(missing_ok=True)


def has_note(root: Path, folder: Path) -> bool:
    """Whether the work in a folder would be lost with it."""
    return (root / NOTES / folder.name).is_file()


def salvage(place: Path) -> Sequence[Salvaged]:
    """Commit what dead processes left of turns below the place of all actions, then delete their folders.

    What cannot be committed now, as when the disk is full, is left for the next call, for a month at most.
    """
    found: list[Salvaged] = []
    sweep(place, lambda root: save_all(root, found.append))
    return found


def save_one(root: Path, folder: Path) -> bool:
    """Commit the turn that is noted for one folder; whether nothing of it is left to save."""
    with suppress(OvernightError, OSError):
        for note in _notes(root):
            if note.folder == folder.name:
                save(root, note)
                remove_note(root, folder)
    return not has_note(root, folder)


def save_all(root: Path, saved: Callable[[Salvaged], None] = lambda _: None) -> bool:
    """Commit all turns that are noted in the folder of one run; whether nothing is left to save."""
    for note in list(_notes(root)):
        with suppress(OvernightError, OSError):
            saved(save(root, note))
            remove_note(root, Path(note.folder))
            continue
        if _is_old(root / NOTES / note.folder):
            remove_note(root, Path(note.folder))
    return not list(_notes(root))


def save(root: Path, note: Note) -> Salvaged:
    """Commit what is in the folder of a turn under the turn's ref.

    Raises:
        RepositoryError: its repository is not there, as when its disk is not mounted.
    """
    folder = root / TREES / note.folder
    if not folder.is_dir():
        return Salvaged(action=note.action, turn=note.turn, commit="", problems=["its folder is gone"])
    repository = open_repository(Path(note.repo))
    scratch = root / f"saving-{secrets.token_hex(4)}"
    try:
        with closing(GitHistory(repository)) as history:
            tree, rules, empty = (scratch / name for name in ("tree", "rules", "empty.git"))
            for made in (tree, rules):
                made.mkdir(parents=True)
            make_empty_repository(empty)
            history.write_tree(note.commit, tree)
            hand_over(folder, None)  # an agent may have shut us out
            before = snapshot(tree)
            found = what_was_left(folder, note.commit, before, history, scratch=rules, empty=empty, placed=note.placed)
            commit = ""
            if found.changes:
                commit = history.record_attempt(
                    tag=TAG,
                    group=str(note.action),
                    number=note.turn,
                    base=note.commit,
                    changes=found.changes,
                    message=CUT_OFF,
                )
    finally:
        remove_tree(scratch)
    return Salvaged(action=note.action, turn=note.turn, commit=commit, problems=not_taken(found))


def _is_old(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > KEPT_S


def _notes(root: Path) -> Iterator[Note]:
    for path in sorted((root / NOTES).glob("[0-9a-f]*")):
        with suppress(ValueError, TypeError):  # of another version of us
            yield Note(**json.loads(path.read_bytes()))
