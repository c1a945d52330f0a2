"""A job's folder on its node: made from what was sent, and what has changed in it when the job has ended.

Does not cover: a process that still writes into the folder; times and modes alone, whose changes do not travel.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from overnight.files.folders import CREATE_FILE, OPEN_FILE, closing_descriptor, copy_content, opened
from overnight.jail.job import Limits
from overnight.jail.limit_hits import LimitHit, disk_stop
from overnight.jail.work_folder import Contents, look
from overnight.machines.nodes.manifest import Entry, Kind, digest_of, entry_of, names_of, parent_of, walk
from overnight.machines.nodes.message import Message

_OWNER_FOLDER, _OWNER_FILE = stat.S_IRWXU, stat.S_IRUSR | stat.S_IWUSR
_ALL = 0o777


class Changes(Message):
    """What differs in a folder from what was sent; what is above an entry comes before it."""

    deleted: tuple[bytes, ...] = ()  # also what is now of another kind; what is below an entry comes before it
    changed: tuple[Entry, ...] = ()


class Piece(Message):
    """Where some bytes of a changed file belong; what is between pieces is a hole."""

    index: int  # of the entry in `changed`
    offset: int
    size_bytes: int


def make_tree(folder: Path, entries: Sequence[Entry], open_content: Callable[[bytes], int]) -> None:
    """Make a new folder with these entries; a file is a copy, so that a job changes nothing but its own.

    Raises:
        OSError: there is no room on the disk, or a content is gone.
        ValueError: a path leads out of the folder.
    """
    folder.mkdir(mode=_OWNER_FOLDER)
    with opened(folder) as top:
        for each in entries:
            names = names_of(each.path)
            with parent_of(top, names) as parent:
                if each.kind is Kind.FOLDER:
                    os.mkdir(names[-1], _OWNER_FOLDER, dir_fd=parent)
                elif each.kind is Kind.LINK:
                    os.symlink(each.content, names[-1], dir_fd=parent)
                else:
                    _make_file(parent, names[-1], each, open_content)
        for each in reversed(entries):
            if each.kind is Kind.FOLDER and each.mode != _OWNER_FOLDER:
                names = names_of(each.path)
                with parent_of(top, names) as parent:
                    os.chmod(names[-1], each.mode | _OWNER_FOLDER, dir_fd=parent)


def _make_file(parent: int, name: bytes, entry: Entry, open_content: Callable[[bytes], int]) -> None:
    with (
        closing_descriptor(open_content(entry.content)) as reader,
        closing_descriptor(os.open(name, CREATE_FILE, _ALL, dir_fd=parent)) as writer,
    ):
        copy_content(reader, writer)
        os.fchmod(writer, entry.mode | _OWNER_FILE)
        os.utime(writer, ns=(entry.modified_ns, entry.modified_ns))


def find_changes(folder: Path, before: Sequence[Entry], limits: Limits) -> Changes | LimitHit:
    """What a job changed; the limit that its folder exceeds, if it does."""
    if stop := disk_stop(look(folder, limits), limits):
        return stop
    known = {each.path: each for each in before}
    changed, seen = list[Entry](), set[bytes]()
    data_bytes = 0
    with opened(folder) as top:
        for path, parent, name, status in walk(top):
            now = entry_of(path, status, os.readlink(name, dir_fd=parent) if stat.S_ISLNK(status.st_mode) else b"")
            if now is None:
                continue
            seen.add(path)
            old = known.get(path)
            if now.kind is not Kind.FILE:
                changed += [] if _is_same(old, now) else [now]
                continue
            with closing_descriptor(os.open(name, OPEN_FILE, dir_fd=parent)) as file:
                if not old or not _is_same(old, now) or digest_of(file) != old.content:
                    changed.append(now)
                    data_bytes += sum(end - start for start, end in _extents(file, now.size_bytes))
    if stop := disk_stop(Contents(size_bytes=data_bytes, files=0, depth=0), limits):
        return stop  # a file system that compresses counts less than what would travel
    kinds = {each.path: each.kind for each in changed}
    gone = [path for path, old in known.items() if path not in seen or kinds.get(path, old.kind) is not old.kind]
    return Changes(deleted=tuple(sorted(gone, key=lambda path: path.count(b"/"), reverse=True)), changed=tuple(changed))


def _is_same(old: Entry | None, now: Entry) -> bool:
    """Whether an entry is as it was, as far as can be seen without reading a file."""
    if old is None or old.kind is not now.kind:
        return False
    if now.kind is Kind.FILE:
        return old.size_bytes == now.size_bytes and (old.mode | _OWNER_FILE) == now.mode
    return now.kind is Kind.FOLDER or old.content == now.content


def read_pieces(folder: Path, changed: Sequence[Entry], start: Piece, most_bytes: int) -> tuple[list[Piece], list[bytes]]:
    """What comes after `start` of the contents of changed files, up to so many bytes; fewer only at the end.

    Raises:
        OSError: the folder cannot be read.
    """
    pieces, contents, left = list[Piece](), list[bytes](), most_bytes
    with opened(folder) as top:
        for index in range(start.index, len(changed)):
            entry = changed[index]
            if left <= 0:
                break
            if entry.kind is not Kind.FILE:
                continue
            names, after = names_of(entry.path), start.offset + start.size_bytes if index == start.index else 0
            with parent_of(top, names) as parent, closing_descriptor(os.open(names[-1], OPEN_FILE, dir_fd=parent)) as file:
                for offset, content in _read_some(file, entry.size_bytes, after, left):
                    pieces.append(Piece(index=index, offset=offset, size_bytes=len(content)))
                    contents.append(content)
                    left -= len(content)
    return pieces, contents


def _read_some(file: int, size_bytes: int, after: int, most_bytes: int) -> Iterator[tuple[int, bytes]]:
    """The contents of a file from an offset on, but for its holes, up to so many bytes."""
    for begin, end in _extents(file, size_bytes, after):
        at = begin
        while at < end and most_bytes > 0:
            content = os.pread(file, min(end - at, most_bytes), at)
            if not content:
                raise OSError("a file became shorter after its job had ended")
            yield at, content
            at += len(content)
            most_bytes -= len(content)


def _extents(file: int, size_bytes: int, at: int = 0) -> Iterator[tuple[int, int]]:
    """The parts of a file that are no holes, from an offset on."""
    while at < size_bytes:
        try:
            begin = os.lseek(file, at, os.SEEK_DATA)
        except OSError:  # only a hole is left
            return
        at = os.lseek(file, begin, os.SEEK_HOLE)
        yield begin, at
