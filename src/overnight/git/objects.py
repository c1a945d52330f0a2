"""Reads and writes git objects through long-lived processes, so that an experiment starts no process."""

import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from overnight.errors import RepositoryError
from overnight.files.folders import CHUNK_BYTES, write_all
from overnight.git.pipe import Pipe
from overnight.git.plumbing import EMAIL, NAME, Batch
from overnight.git.trees import Tree, parse_tree
from overnight.words.foreign import printable

Kind = Literal["blob", "tree", "commit"]
ERROR_SHOWN = 200  # characters
SMALL_BYTES, RECENT = 32_768, 256  # of an object that is kept in memory, and how many are: 8 MB at most
FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # an id
READ_AT_ONCE = 64  # contents in one exchange; they are in memory together
ASKED_AT_ONCE = 200  # sizes in one exchange: far less than fills a pipe, so that neither side blocks the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a name stands for in the repository."""

    oid: str
    kind: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What we read of a commit."""

    tree: str
    parents: tuple[str, ...]
    committer: bytes

    @property
    def at(self) -> int:
        """When it was made, Unix time, s; only reliable in a commit of ours."""
        return int(self.committer.split()[-2])


class ObjectStore:
    """The objects of a repository; writing adds objects and never changes one."""

    def __init__(self, git_dir: Path) -> None:
        self._recent = _Recent()
        self._reader = Batch(git_dir, "cat-file", "--batch-command")
        self._blobs = _Writer(git_dir, "blob")
        self._commits = _Writer(git_dir, "commit")
        self._trees = Batch(git_dir, "mktree", "-z", "--batch", "--missing")  # a partial clone may lack some

    def find(self, name: str) -> Found | None:
        """What an id, a ref or `HEAD^{commit}` stands for, None if there is no such object."""
        return self._reader.ask(lambda pipe: _look_up(pipe, name))

    def commit(self, oid: str) -> Commit:
        """A commit."""
        headers = self.raw(oid, "commit").partition(b"\n\n")[0].split(b"\n")
        fields = [line.partition(b" ")[::2] for line in headers if not line.startswith(b" ")]  # no continuations
        values = dict(fields)
        return Commit(
            tree=values[b"tree"].decode(),
            parents=tuple(value.decode() for key, value in fields if key == b"parent"),
            committer=values[b"committer"],
        )

    def message(self, oid: str) -> bytes:
        """The message of a commit, in whatever encoding it was written."""
        return self.raw(oid, "commit").partition(b"\n\n")[2]

    def tree(self, oid: str) -> Tree:
        """A tree; RepositoryError if it is none that git would check out."""
        try:
            return parse_tree(self.raw(oid, "tree"), len(oid) // 2)
        except ValueError as error:
            what = f"the tree {oid} is damaged: {printable(str(error), ERROR_SHOWN)}"
            raise RepositoryError(what, fix="git fsck, and clone it again") from error

    def blob(self, oid: str) -> bytes:
        """The content of a file."""
        return self.raw(oid, "blob")

    def copy_blobs(self, wanted: Sequence[tuple[str, int]]) -> None:
        """Write the contents of some files, each to its descriptor, piece by piece.

        They are asked for in one exchange: waiting for each answer takes longer than the answer, on a busy machine most.
        """
        asked = []
        for oid, file in wanted:
            if (known := self._recent.get(oid, "blob")) is not None:
                write_all(file, known)
            else:
                asked.append((oid, file))

        def exchange(pipe: Pipe) -> None:
            pipe.say(b"".join(b"contents %s\n" % oid.encode() for oid, _ in asked))
            for oid, file in asked:
                os.ftruncate(file, 0)  # after an exchange that was cut short
                os.lseek(file, 0, os.SEEK_SET)
                rest = _expect(_parse(pipe.line()), oid, "blob").size_bytes
                if rest <= SMALL_BYTES:
                    content = pipe.take(rest)
                    write_all(file, content)
                    self._recent.add(oid, "blob", content)
                    rest = 0
                while rest:
                    chunk = pipe.take(min(rest, CHUNK_BYTES))
                    write_all(file, chunk)
                    rest -= len(chunk)
                pipe.take(1)

        if asked:
            self._reader.ask(exchange)

    def sizes(self, oids: Sequence[str]) -> Iterator[int]:
        """The sizes of some blobs, bytes."""
        for start in range(0, len(oids), ASKED_AT_ONCE):
            yield from self._some_sizes(oids[start : start + ASKED_AT_ONCE])

    def add_blob(self, content: bytes) -> str:
        """Add a file's content unchanged; return its id."""
        oid = self._blobs.write(content)
        self._recent.add(oid, "blob", content)
        return oid

    def add_tree(self, entries: Tree) -> str:
        """Add a tree; return its id."""
        lines = (b"%06o %s %s\t%s\0" % (e.mode, e.kind.encode(), e.oid.encode(), name) for name, e in entries.items())
        request = b"".join(lines) + b"\0"

        def exchange(pipe: Pipe) -> str:
            pipe.say(request)
            return pipe.line().decode()

        return self._trees.ask(exchange)

    def add_commit(self, *, tree: str, parent: str, message: str, at: int, also: Sequence[str] = ()) -> str:
        """Add a commit of ours (`parent` empty: it has none); return its id. The same arguments give the same id.

        `also` are further parents, of a merge.
        """
        who = f"{NAME} <{EMAIL}> {at} +0000"
        text = message.replace("\0", "").strip()
        parents = "".join(f"parent {each}\n" for each in (parent, *also) if each)
        content = f"tree {tree}\n{parents}author {who}\ncommitter {who}\n\n{text}\n"
        written = content.encode("utf-8", "replace")
        oid = self._commits.write(written)
        self._recent.add(oid, "commit", written)
        return oid

    def close(self) -> None:
        """End the processes."""
        for part in (self._reader, self._blobs, self._commits, self._trees):
            part.close()

    def raw(self, oid: str, kind: Kind) -> bytes:
        """The content of an object of this kind, as git stores it."""

        if (known := self._recent.get(oid, kind)) is not None:
            return known

        def exchange(pipe: Pipe) -> tuple[Found | None, bytes]:
            found = _ask(pipe, "contents", oid)
            return found, pipe.take(found.size_bytes + 1)[:-1] if found else b""

        found, content = self._reader.ask(exchange)
        _expect(found, oid, kind)
        self._recent.add(oid, kind, content)
        return content

    def contents(self, oids: Sequence[str], kind: Kind) -> Iterator[bytes]:
        """The contents of many objects of one kind, in their order, asked for some at a time."""
        for start in range(0, len(oids), READ_AT_ONCE):
            yield from self._some_contents(oids[start : start + READ_AT_ONCE], kind)

    def _some_contents(self, oids: Sequence[str], kind: Kind) -> list[bytes]:
        known = [self._recent.get(oid, kind) for oid in oids]
        asked = [oid for oid, content in zip(oids, known, strict=True) if content is None]

        def exchange(pipe: Pipe) -> list[bytes]:
            pipe.say(b"".join(b"contents %s\n" % oid.encode() for oid in asked))
            return [pipe.take(_expect(_parse(pipe.line()), oid, kind).size_bytes + 1)[:-1] for oid in asked]

        read = self._reader.ask(exchange) if asked else []
        for oid, content in zip(asked, read, strict=True):
            self._recent.add(oid, kind, content)
        found = iter(read)
        return [next(found) if content is None else content for content in known]

    def _some_sizes(self, oids: Sequence[str]) -> list[int]:
        def exchange(pipe: Pipe) -> list[Found | None]:
            pipe.say(b"".join(b"info %s\n" % oid.encode() for oid in oids))
            return [_parse(pipe.line()) for _ in oids]

        return [_expect(found, oid, "blob").size_bytes for oid, found in zip(oids, self._reader.ask(exchange), strict=True)]


class _Recent:
    """Small objects that were read or written last, by their full ids, so that git is asked for each once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._objects: OrderedDict[str, tuple[Kind, bytes]] = OrderedDict()

    def get(self, oid: str, kind: Kind) -> bytes | None:
        """The content of an object of this kind; None if it is not here."""
        with self._lock:
            found = self._objects.get(oid)
            if found is None or found[0] != kind:
                return None
            self._objects.move_to_end(oid)
            return found[1]

    def add(self, oid: str, kind: Kind, content: bytes) -> None:
        """Keep an object, unless it is large; the one that was used least recently goes."""
        if len(content) > SMALL_BYTES or not FULL.fullmatch(oid):  # a name or a short id may mean another object later
            return
        with self._lock:
            self._objects[oid] = (kind, content)
            if len(self._objects) > RECENT:
                self._objects.popitem(last=False)


class _Writer:
    """Adds objects of one kind: git reads each from an unnamed file that it shares with us."""

    def __init__(self, git_dir: Path, kind: Kind) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        descriptor = self._file.fileno()
        arguments = ("hash-object", "-t", kind, "-w", "--no-filters", "--stdin-paths")
        self._batch = Batch(git_dir, *arguments, inherit=(descriptor,))
        self._request = f"/dev/fd/{descriptor}\n".encode()

    def write(self, content: bytes) -> str:
        def exchange(pipe: Pipe) -> str:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(content)
            self._file.flush()
            pipe.say(self._request)
            return pipe.line().decode()

        return self._batch.ask(exchange)

    def close(self) -> None:
        self._batch.close()
        self._file.close()


def _look_up(pipe: Pipe, name: str) -> Found | None:
    return _ask(pipe, "info", name)


def _ask(pipe: Pipe, command: str, name: str) -> Found | None:
    if "\n" in name:
        raise ValueError(f"not a name of an object: {name!r}")
    pipe.say(f"{command} {name}\n".encode())
    return _parse(pipe.line())


def _parse(line: bytes) -> Found | None:
    """`<oid> <kind> <size>`, or `<name> missing`."""
    oid, _, rest = line.decode().partition(" ")
    kind, _, size = rest.partition(" ")
    return Found(oid=oid, kind=kind, size_bytes=int(size)) if size.isdecimal() else None


def _expect(found: Found | None, oid: str, kind: Kind) -> Found:
    if found is None:
        fix = "if the clone is partial, have git fetch all of the commit: git archive HEAD >/dev/null"
        raise RepositoryError(f"the {kind} {oid} is not in the repository", fix=fix)
    if found.kind != kind:
        raise RepositoryError(f"{oid} is a {found.kind}, not a {kind}")
    return found
