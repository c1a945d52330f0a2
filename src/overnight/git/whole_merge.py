"""Merges two commits into a tree, links and submodules too; what conflicts is in it with both sides, for somebody to decide.

No checkout, no index and no driver: trees are compared name by name, and only what both sides changed is read.
"""

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.files.folders import decode_path
from overnight.git.deadline import Deadline
from overnight.git.objects import ObjectStore
from overnight.git.plumbing import call
from overnight.git.process import GitTooSlow
from overnight.git.three_way import merge_lines
from overnight.git.trees import FOLDER, Tree, TreeEntry

BESIDE = ".theirs"  # added to the name of a file whose two versions cannot be in one
MOST_CONFLICTS = 127  # git's exit code for that many or more; above it is an error
NOTHING: Tree = {}
Three = tuple[TreeEntry | None, TreeEntry | None, TreeEntry | None]  # base, ours, theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A place that both sides changed, each in its way."""

    path: str
    why: str  # a few words
    beside: str = ""  # path of their version, if it is not in the file


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMerge:
    """What came of a merge."""

    tree: str
    clashes: Sequence[Clash] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """How the three sides are called in a file with a conflict."""

    ours: str
    base: str
    theirs: str

    @property
    def markers(self) -> tuple[bytes, bytes]:
        """The lines around a conflict, the first and the last."""
        return f"<<<<<<< {self.ours}\n".encode(), f">>>>>>> {self.theirs}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A folder that is put together."""

    prefix: bytes
    names: Collection[bytes]  # of both sides
    left: dict[bytes, TreeEntry] = field(default_factory=dict)

    def path(self, name: bytes) -> str:
        """Where a name in it is."""
        return decode_path(self.prefix + name)


@dataclass(slots=True, kw_only=True)
class Merger:
    """Merges in one repository."""

    store: ObjectStore
    git_dir: Path
    sides: Sides
    deadline: Deadline
    _clashes: list[Clash] = field(default_factory=list)

    def merge(self, *, base: str, ours: str, theirs: str) -> WholeMerge:
        """What leads from `base` to `theirs`, on top of `ours`: commits."""
        self._clashes.clear()
        old, mine, other = (TreeEntry(mode=FOLDER, oid=self.store.commit(commit).tree) for commit in (base, ours, theirs))
        tree = self._folder(old, mine, other, b"")
        return WholeMerge(tree=tree.oid if tree else self.store.add_tree({}), clashes=tuple(sorted(self._clashes, key=_path)))

    def _folder(
        self, base: TreeEntry | None, ours: TreeEntry | None, theirs: TreeEntry | None, prefix: bytes
    ) -> TreeEntry | None:
        """A merged folder; None if nothing is left in it."""
        if theirs in (base, ours):
            return ours
        if ours == base:
            return theirs
        olds, mine, other = (self.store.tree(entry.oid) if entry else NOTHING for entry in (base, ours, theirs))
        place = _Place(prefix=prefix, names=dict.fromkeys((*mine, *other)))
        for name in place.names:
            if entry := self._entry(place, name, (olds.get(name), mine.get(name), other.get(name))):
                place.left[name] = entry
        return TreeEntry(mode=FOLDER, oid=self.store.add_tree(place.left)) if place.left else None

    def _entry(self, place: _Place, name: bytes, three: Three) -> TreeEntry | None:
        old, ours, theirs = three
        if theirs in (old, ours):
            return ours
        if ours == old:
            return theirs
        if _are_folders(three):
            return self._folder(old, ours, theirs, place.prefix + name + b"/")
        if ours and theirs and ours.is_file and theirs.is_file:
            return self._file(place, name, old if old and old.is_file else None, ours, theirs)
        if ours and theirs:
            return self._clash(place, name, ours, theirs, "the two are of different kinds")
        side, other = ("this", "what was merged meanwhile") if ours else ("what was merged meanwhile", "this")
        self._clashes.append(Clash(path=place.path(name), why=f"{side} deleted it, {other} changed it"))
        return ours or theirs

    def _file(self, place: _Place, name: bytes, old: TreeEntry | None, ours: TreeEntry, theirs: TreeEntry) -> TreeEntry:
        """A file that both sides changed."""
        executable = theirs.executable if old is None or theirs.executable != old.executable else ours.executable
        if ours.oid == theirs.oid:
            return TreeEntry.file(ours.oid, executable=executable)
        texts = [self.store.blob(entry.oid) if entry else b"" for entry in (ours, old, theirs)]
        text, fits = self._text(texts)
        why = "both changed the same lines" if old else "both added it"
        if text is None:
            return self._clash(place, name, ours, theirs, why)
        if not fits:
            self._clashes.append(Clash(path=place.path(name), why=why))
        return TreeEntry.file(self.store.add_blob(text), executable=executable)

    def _text(self, texts: Sequence[bytes]) -> tuple[bytes | None, bool]:
        """Ours, base and theirs as one text, and whether they fit; with markers if not, None if it cannot have any."""
        if self.deadline.passed:
            return None, False
        labels = [word for name in (self.sides.ours, self.sides.base, self.sides.theirs) for word in ("-L", name)]
        with tempfile.TemporaryDirectory(prefix="overnight-merge-") as folder:
            paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
            for path, text in zip(paths, texts, strict=True):
                path.write_bytes(text)
            try:
                done = call(self.git_dir, "merge-file", "-p", "-q", *labels, *map(str, paths), deadline=self.deadline)
            except GitTooSlow:
                return None, False
        if done.returncode == 0:
            return done.stdout, True
        ours, base, theirs = texts
        if (joined := merge_lines(base, ours, theirs)) is not None:
            return joined, True
        return (done.stdout if done.returncode <= MOST_CONFLICTS else None), False

    def _clash(self, place: _Place, name: bytes, ours: TreeEntry, theirs: TreeEntry, why: str) -> TreeEntry:
        """Ours at its place, and theirs beside it if it is a file."""
        aside, beside = name + BESIDE.encode(), ""
        if theirs.is_file and aside not in place.names:
            place.left[aside], beside = theirs, place.path(aside)
        self._clashes.append(Clash(path=place.path(name), why=why, beside=beside))
        return ours


def _path(clash: Clash) -> str:
    return clash.path


def _are_folders(three: Three) -> bool:
    """Whether it is a folder on every side that has it, or had it."""
    return all(entry.is_folder for entry in three if entry)
