"""A `.git` for a work folder, in which git answers as in a clone of one commit: only what the folder shows is in it.

If the folder shows the whole commit from which a campaign starts, its HEAD is that commit, without history. Otherwise it is a
commit of ours, without parents, that says no more than its files do. A hash over a hidden file would prove a guess of it, and
the message and time of an attempt would tell a candidate when it is measured again.

The folder belongs to whoever works in it: we write it once, and never read it or run git there again.

Does not cover: branches, tags and remotes, which it lacks; the content of files over 1 MB, and of all frozen files, or of all
others, if they have more than 64 MB together: git knows their names and ids, and fails if it is asked for what is in them.
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from overnight.files.folders import CREATE_FILE, closing_descriptor, decode_path, opened, write_all
from overnight.git.objects import Kind, ObjectStore
from overnight.git.pack import GitObject, IndexEntry, Pack, make_index, make_pack, oid_of
from overnight.git.plumbing import EMAIL, NAME
from overnight.git.repository import Repository
from overnight.git.trees import FOLDER, Tree, TreeEntry

CLONES_CACHED = 4  # the trees that trials alternate between, in two views
LARGEST_BYTES = 1000**2  # of a file whose content is there
TOTAL_BYTES = 64 * 1000**2  # of the files whose content is there: it is written for every trial
IN_MEMORY_BYTES = 1000**2  # of a pack; writing a larger one is slower than having the kernel copy it
BRANCH = "main"  # whatever the user's is called, so that it says nothing
_WHO = f"{NAME} <{EMAIL}> 946684800 +0000"  # the same for every commit of ours: the first second of 2000
_CONFIG = """\
[core]
	repositoryformatversion = {version}
	filemode = true
	bare = false
	trustctime = false
	checkStat = minimal
[gc]
	auto = 0
[maintenance]
	auto = false
[user]
	name = job
	email = job@localhost
"""
_SHA256 = "[extensions]\n\tobjectFormat = sha256\n"

Omit = Callable[[str], bool]  # whether it is about a path; the same object for the same view


@dataclass(slots=True, kw_only=True)
class _Shown:
    """What a folder shows of a commit."""

    files: list[tuple[bytes, TreeEntry]] = field(default_factory=list)
    trees: list[str] = field(default_factory=list)  # of the repository
    own: list[GitObject] = field(default_factory=list)  # trees without what is left out, and a commit of them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """A pack that the clones of one view share: no commit of the session changes the files that are in it."""

    name: Path | None  # without its suffix; None: it is small, and in memory
    files: Sequence[tuple[str, bytes]]  # that it is in a clone
    oids: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clone:
    """All that is written for one commit."""

    paths: Sequence[bytes]
    files: Sequence[tuple[str, bytes]]  # of `.git`
    base: Path | None  # of a large pack that is copied


class Clones:
    """Writes the clones of one session; what most trees have in common is compressed once."""

    def __init__(
        self,
        repository: Repository,
        place: Path,
        *,
        start: str,
        changes: Omit,
        at_s: int,
        ignored: Collection[str] = (),
        links: bool = False,
    ) -> None:
        """The commits of a campaign differ from `start`, the user's own, in `changes`; the rest is in `place`, a new folder.

        Every file counts as changed at `at_s`, Unix time, two seconds ago or more, so that the index is the same for each
        folder of a tree, and git need not read a file to see that it is unchanged. Git ignores what is `ignored`, by name.
        With `links` the folders have the commit's symbolic links too.
        """
        self._place = place
        self._start = start
        self._changes = changes
        self._format = repository.object_format
        self._store = ObjectStore(repository.git_dir)
        self._at_s = at_s
        self._links = links
        self._ignored = "".join(f"/{name}\n" for name in ignored)
        self._bases: dict[Omit, _Base] = {}
        self._clone = lru_cache(CLONES_CACHED)(self._make)

    def write(self, commit: str, folder: Path, omit: Omit) -> None:
        """Write the `.git` of a new folder that contains a commit's files, except those that `omit` names."""
        clone = self._clone(commit, omit)
        with opened(folder) as root:
            for path in clone.paths:
                os.utime(path, (self._at_s, self._at_s), dir_fd=root, follow_symlinks=False)
        place = folder / ".git"
        for name in ("", "/objects", "/objects/pack", "/refs", *(["/info"] if self._ignored else [])):
            os.mkdir(f"{place}{name}")  # noqa: PTH102  # a trial has two such folders, and a path costs more than a call
        with opened(place) as inside:
            for name, content in clone.files:
                with closing_descriptor(os.open(name, CREATE_FILE, 0o666, dir_fd=inside)) as file:
                    write_all(file, content)
        if clone.base:
            for suffix in (".pack", ".idx"):
                shutil.copyfile(clone.base.with_suffix(suffix), place / f"objects/pack/pack-0{suffix}")

    def close(self) -> None:
        """End the helper processes."""
        self._store.close()

    def _make(self, commit: str, omit: Omit) -> _Clone:
        shown = _Shown()
        real = self._store.commit(commit)
        root = self._walk(real.tree, b"", omit, shown) or self._own("tree", b"", shown)
        whole = commit == self._start and root == real.tree
        if whole:
            head, content = commit, self._store.raw(commit, "commit")
            shown.own.append(GitObject(kind="commit", oid=head, content=content))
        else:
            head = self._own("commit", f"tree {root}\nauthor {_WHO}\ncommitter {_WHO}\n\n{NAME}\n".encode(), shown)
        sizes = list(self._store.sizes([entry.oid for _, entry in shown.files]))
        files = [
            IndexEntry(path=path, entry=entry, size_bytes=size) for (path, entry), size in zip(shown.files, sizes, strict=True)
        ]
        base = self._bases.get(omit) or self._bases.setdefault(omit, self._make_base(files))
        more = _few_bytes(file for file in files if file.entry.oid not in base.oids)
        own = {item.oid: item for item in (*self._read("tree", shown.trees), *self._read("blob", more), *shown.own)}
        pack = make_pack(own.values(), self._format)
        written = self._files(head, files, pack, shallow=whole and bool(real.parents))
        return _Clone(paths=[file.path for file in files], files=(*base.files, *written), base=base.name)

    def _files(self, head: str, shown: Sequence[IndexEntry], pack: Pack, *, shallow: bool) -> Sequence[tuple[str, bytes]]:
        """What is written into `.git`, in the folders that `write` makes; the branch is packed, which needs no folder."""
        sha256 = self._format == "sha256"
        config = _CONFIG.format(version=int(sha256)) + _SHA256 * sha256
        return (
            ("HEAD", f"ref: refs/heads/{BRANCH}\n".encode()),
            ("packed-refs", f"# pack-refs with: peeled fully-peeled sorted \n{head} refs/heads/{BRANCH}\n".encode()),
            ("config", config.encode()),
            *([("info/exclude", self._ignored.encode())] if self._ignored else []),
            *([("shallow", f"{head}\n".encode())] if shallow else []),
            ("objects/pack/pack-1.pack", pack.data),
            ("objects/pack/pack-1.idx", pack.table),
            ("index", make_index(shown, at_s=self._at_s, object_format=self._format)),
        )

    def _walk(self, oid: str, prefix: bytes, omit: Omit, shown: _Shown) -> str | None:
        """The id of a tree without what is left out; None if nothing remains."""
        whole = self._store.tree(oid)
        left: dict[bytes, TreeEntry] = {}
        for name, entry in whole.items():
            path = prefix + name
            if entry.is_folder:
                if inner := self._walk(entry.oid, path + b"/", omit, shown):
                    left[name] = TreeEntry(mode=FOLDER, oid=inner)
            elif (entry.is_file or (self._links and entry.is_link)) and not omit(decode_path(path)):
                left[name] = entry
                shown.files.append((path, entry))
        if left == whole:
            shown.trees.append(oid)
            return oid
        return self._own("tree", _tree_content(left), shown) if left else None

    def _own(self, kind: Kind, content: bytes, shown: _Shown) -> str:
        oid = oid_of(kind, content, self._format)
        shown.own.append(GitObject(kind=kind, oid=oid, content=content))
        return oid

    def _make_base(self, files: Sequence[IndexEntry]) -> _Base:
        frozen = [file for file in files if not self._changes(decode_path(file.path))]
        enough = _few_bytes(frozen)
        pack = make_pack(self._read("blob", enough), self._format)
        oids = frozenset(file.entry.oid for file in frozen)
        if len(pack.data) <= IN_MEMORY_BYTES:
            inside = (("objects/pack/pack-0.pack", pack.data), ("objects/pack/pack-0.idx", pack.table))
            return _Base(name=None, files=inside, oids=oids)
        self._place.mkdir(exist_ok=True)
        name = self._place / str(len(self._bases))
        name.with_suffix(".pack").write_bytes(pack.data)
        name.with_suffix(".idx").write_bytes(pack.table)
        return _Base(name=name, files=(), oids=oids)

    def _read(self, kind: Kind, oids: Iterable[str]) -> Iterator[GitObject]:
        wanted = list(oids)
        for oid, content in zip(wanted, self._store.contents(wanted, kind), strict=True):
            yield GitObject(kind=kind, oid=oid, content=content)


def _few_bytes(files: Iterable[IndexEntry]) -> Collection[str]:
    """The contents that a clone has of some files: none of a large one, and none at all if they are too many together."""
    small = {file.entry.oid: file.size_bytes for file in files if file.size_bytes <= LARGEST_BYTES}
    return small if sum(small.values()) <= TOTAL_BYTES else ()


def _tree_content(entries: Tree) -> bytes:
    return b"".join(b"%o %s\0" % (entry.mode, name) + bytes.fromhex(entry.oid) for name, entry in entries.items())
