"""Checkouts of actions: folders of commits with a `.git` of their own, never a worktree, and commits of what agents left."""

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from overnight.actions.checkouts.disk import NoRoom
from overnight.actions.checkouts.leavings import not_taken, what_was_left
from overnight.actions.checkouts.salvage import TAG, TREES, Note, has_note, remove_note, save_all, save_one, write_note
from overnight.files.folders import NAME_SHOWN, create_link, encode_path, opened, remove_tree
from overnight.files.private_folder import private_folder
from overnight.git.clone import Clones
from overnight.git.history import GitHistory
from overnight.git.ignoring import make_empty_repository
from overnight.git.repository import Repository
from overnight.research.places.port import Collected
from overnight.research.places.workspace import FileState, snapshot
from overnight.words.foreign import printable
from overnight.words.quantities import listed

ATTRIBUTES, LFS = ".gitattributes", b"filter=lfs"
NAMED = 3  # submodules in a message
SETTLED_S = 2  # git reads a file again that changed in the second in which its index was written


def _shows_all(_path: str) -> bool:
    return False


def _changes_little(_path: str) -> bool:
    return False  # so that what is the same in most commits is packed once, and kept on disk


def _no_problem() -> str:
    return ""


@contextmanager
def action_folders(
    repository: Repository,
    history: GitHistory,
    place: Path,
    start: str,
    *,
    action: int = 0,
    full: Callable[[], str] = _no_problem,
) -> Iterator["ActionFolders"]:
    """The folders of one action, below one that is deleted at the end; work that is in none of its commits yet is saved first.

    `full` says why no further folder may be made now, if so.
    """
    with private_folder(place, "work", may_go=save_all) as root:
        at_s = int(time.time()) - SETTLED_S
        clones = Clones(repository, root / "git", start=start, changes=_changes_little, at_s=at_s, links=True)
        with closing(clones):
            yield ActionFolders(root, repository, history, clones, action=action, full=full)


class ActionFolders:
    """The port `Checkout`, for one action; safe to use from several threads."""

    def __init__(
        self,
        root: Path,
        repository: Repository,
        history: GitHistory,
        clones: Clones,
        *,
        action: int,
        full: Callable[[], str] = _no_problem,
    ) -> None:
        self.scratch = root / "out"
        self.scratch.mkdir()
        self._root = root
        self._trees = root / TREES
        self._trees.mkdir()
        self._repository = repository
        self.history = history
        self._clones = clones
        self._action = action
        self._full = full
        self._commits: dict[Path, str] = {}
        self._before: dict[Path, Mapping[str, FileState]] = {}
        self._placed: dict[Path, Sequence[str]] = {}
        self._empty = root / "empty.git"
        make_empty_repository(self._empty)

    def create(self, commit: str) -> Path:
        """A new folder that has a commit's files and links, and a `.git` of its own.

        Raises:
            NoRoom: what all actions may use of the disk is used up.
        """
        if why := self._full():
            raise NoRoom(why)
        folder = self._trees / secrets.token_hex(8)
        folder.mkdir()
        self.write(commit, folder)
        self._commits[folder] = commit
        return folder

    def write(self, commit: str, folder: Path) -> None:
        """Write a commit's files, its links and a `.git` into an empty folder."""
        self.history.write_tree(commit, folder, links=True)
        self._clones.write(commit, folder, _shows_all)

    def commit_of(self, folder: Path) -> str:
        """The commit that a folder was made for."""
        return self._commits[folder]

    def place(self, folder: Path, links: Mapping[str, Path]) -> None:
        """Put links of ours into a folder that nobody has worked in yet; git ignores them, and they are no part of a change."""
        placed: list[str] = []
        with opened(folder) as root:
            for path, target in links.items():
                with suppress(FileExistsError, NotADirectoryError):  # the commit has something there, which stays
                    create_link(root, path, bytes(target))
                    placed.append(path)
        self._placed[folder] = placed
        if placed:
            info = folder / ".git/info"
            info.mkdir()
            (info / "exclude").write_bytes(b"".join(b"/" + _literal(encode_path(path)) + b"\n" for path in placed))

    def begin(self, folder: Path, turn: int) -> None:
        """A turn begins that edits this folder: from now on what is in it is not lost, whatever happens to us."""
        self._before[folder] = _without_git(snapshot(folder))
        write_note(
            self._root,
            Note(
                repo=str(self._repository.toplevel),
                action=self._action,
                turn=turn,
                commit=self._commits[folder],
                folder=folder.name,
                placed=self._placed.get(folder, ()),
            ),
        )

    def commit(self, folder: Path, *, base: str, action: int, turn: int, message: str) -> tuple[str, Sequence[str]]:
        """Commit what differs in a folder from its base under a ref of ours, before anything else is done with it."""
        found, commit = self._left(folder, base), ""
        if found.changes:
            commit = self.history.record_attempt(
                tag=TAG, group=str(action), number=turn, base=base, changes=found.changes, message=message
            )
        remove_note(self._root, folder)
        return commit, not_taken(found)

    def changed(self, folder: Path, base: str) -> bool:
        """Whether anything differs in a folder from its base that would be committed."""
        return bool(self._left(folder, base).changes)

    def paths(self, commit: str) -> Sequence[str]:
        """The files of a commit."""
        return self.history.paths(commit)

    def lacks(self, commit: str) -> str:
        """What a folder of a commit has not that a checkout may have, one line; empty if nothing."""
        found = []
        if names := self.history.submodules(commit):
            found.append(f"submodules are left out: {listed((printable(name, NAME_SHOWN) for name in names), NAMED)}")
        attributes = [path for path in self.history.ids(commit) if path.rpartition("/")[2] == ATTRIBUTES]
        if any(LFS in text for text in self.history.read_files(commit, attributes).values()):
            found.append("files of Git LFS are there as pointers")
        return "; ".join(found)

    def diff(self, base: str, commit: str) -> str:
        """The unified diff between two commits, cut at 1 MB."""
        return self.history.diff(base, commit)

    def remove(self, folder: Path) -> None:
        """Delete a folder, whatever is in it; work of a turn that was cut off is committed first, or left for later."""
        if has_note(self._root, folder) and not save_one(self._root, folder):
            return
        for known in (self._commits, self._before, self._placed):
            known.pop(folder, None)
        remove_tree(folder)

    def output(self) -> Path:
        """A new path outside every folder, for one job's output."""
        return self.scratch / secrets.token_hex(8)

    def _left(self, folder: Path, base: str) -> Collected:
        before = self._before.get(folder)
        if before is None:
            before = self._states(base)
        scratch = self.output()
        scratch.mkdir()
        try:
            placed = self._placed.get(folder, ())
            return what_was_left(folder, base, before, self.history, scratch=scratch, empty=self._empty, placed=placed)
        finally:
            remove_tree(scratch)

    def _states(self, commit: str) -> Mapping[str, FileState]:
        """The files of a commit, as a folder of it has them at first."""
        folder = self.output()
        folder.mkdir()
        try:
            self.history.write_tree(commit, folder)
            return snapshot(folder)
        finally:
            remove_tree(folder)


def _literal(path: bytes) -> bytes:
    """A path as a line of git's lists of ignored files that stands for nothing else."""
    return re.sub(rb"([\\*?\[ ])", rb"\\\1", path)


def _without_git(states: Mapping[str, FileState]) -> Mapping[str, FileState]:
    return {path: state for path, state in states.items() if not path.startswith(".git/")}
