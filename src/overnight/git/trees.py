"""Git trees as values: parsing one, and changing a few files in nested trees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from overnight.files.folders import GIT_NAMES, encode_path

KIND_BITS = 0o170000
REGULAR, FOLDER, LINK, SUBMODULE = 0o100000, 0o040000, 0o120000, 0o160000
EXECUTABLE_BIT = 0o100
_NOT_NAMES = frozenset({b"", b".", b".."})
_GIT_NAMES = frozenset(map(encode_path, GIT_NAMES))


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """What a name in a tree stands for."""

    mode: int
    oid: str

    @classmethod
    def file(cls, oid: str, *, executable: bool) -> Self:
        """A regular file."""
        return cls(mode=0o100755 if executable else 0o100644, oid=oid)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file; a symbolic link is not."""
        return self.mode & KIND_BITS == REGULAR

    @property
    def is_folder(self) -> bool:
        """Whether it is a tree itself."""
        return self.mode & KIND_BITS == FOLDER

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode & KIND_BITS == LINK

    @property
    def executable(self) -> bool:
        """Whether it is a program."""
        return bool(self.mode & EXECUTABLE_BIT)

    @property
    def kind(self) -> str:
        """Git's word for the object behind it."""
        return {FOLDER: "tree", SUBMODULE: "commit"}.get(self.mode & KIND_BITS, "blob")


Tree = Mapping[bytes, TreeEntry]
Edits = Mapping[tuple[bytes, ...], TreeEntry | None]  # by the names of the path; None deletes


def parse_tree(raw: bytes, oid_bytes: int) -> Tree:
    """The entries of a tree object, in git's order.

    Raises:
        ValueError: git would not write or check out such a tree: a name leads elsewhere or is there twice, or a mode is none.
    """
    entries: dict[bytes, TreeEntry] = {}
    at = 0
    while at < len(raw):
        space = raw.index(b" ", at)
        end = raw.index(b"\0", space)
        at, mode = end + 1 + oid_bytes, int(raw[at:space], 8)
        name = raw[space + 1 : end]
        if name in _NOT_NAMES or b"/" in name or name in entries or name.lower() in _GIT_NAMES:
            raise ValueError(f"it has an entry {name!r}")
        entries[name] = TreeEntry(mode=mode, oid=raw[end + 1 : at].hex())
    return entries


def edit_tree(base: str | None, edits: Edits, *, read: Callable[[str], Tree], write: Callable[[Tree], str]) -> str | None:
    """The id of `base` with edits to regular files; None if no entry is left. Only folders on an edited path are touched.

    Raises:
        ValueError: an edit is at or under something that is neither a regular file nor its folder.
    """
    entries = dict(read(base)) if base else {}
    here = {names[0]: entry for names, entry in edits.items() if len(names) == 1}
    below: dict[bytes, dict[tuple[bytes, ...], TreeEntry | None]] = {}
    for names, entry in edits.items():
        if len(names) > 1:
            below.setdefault(names[0], {})[names[1:]] = entry
    for name in [name for name, entry in here.items() if entry is None and name in entries]:
        _require(entries[name].is_file, name)
        del entries[name]
    for name, inner in below.items():
        _edit_folder(entries, name, inner, read, write)
    for name, entry in here.items():
        if entry is not None:
            _require(name not in entries or entries[name].is_file, name)
            entries[name] = entry
    return write(entries) if entries else None


def _edit_folder(
    entries: dict[bytes, TreeEntry], name: bytes, edits: Edits, read: Callable[[str], Tree], write: Callable[[Tree], str]
) -> None:
    old = entries.get(name)
    if old is not None and not old.is_folder:
        _require(all(entry is None for entry in edits.values()), name)
        return
    oid = edit_tree(old.oid if old else None, edits, read=read, write=write)
    if oid is not None:
        entries[name] = TreeEntry(mode=FOLDER, oid=oid)
    elif old is not None:
        del entries[name]


def _require(condition: bool, name: bytes) -> None:
    if not condition:
        raise ValueError(f"{name!r} is not a regular file in the tree below the change")
