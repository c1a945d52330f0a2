"""Files below a folder, reached one name at a time and never through a link; copying and deleting whole trees.

Does not cover: a process that still writes into the tree (end it first), files of another user if we are not root, mounts
inside the tree.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from overnight.words.foreign import printable

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_WAIT = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # never waits on a pipe or terminal, and never makes it ours
OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | _NO_WAIT
CREATE_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK_AT_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC  # needs no permission on the folder
_ODD = (errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.ENODEV, errno.ENOTDIR)  # a link, a folder, a socket, a link's folder
CHUNK_BYTES = 1024**2
DEPTH_DESCENDED = 32  # nested folders, each with an open descriptor; moving one costs a disk several ms
NAME_SHOWN = 120  # characters of a foreign path in a message
GIT_NAMES = frozenset({".git", "git~1"})  # git's own folder, also as file systems that fold names see it


class BadArtifact(Exception):  # noqa: N818  # the candidate's fault, which becomes a verdict
    """A declared artifact is missing, too large or not a regular file; the message says which, in one line."""


def split_path(path: str) -> list[bytes]:
    """The names in a relative path.

    Raises:
        ValueError: it is empty or absolute, or a name in it leads out of the tree or into git's own folder.
    """
    names = path.split("/")
    for name in names:
        if name in {"", ".", ".."} or "\0" in name or name.lower() in GIT_NAMES:
            raise ValueError(f"not a path inside a tree: {printable(path, NAME_SHOWN)}")
    return [encode_path(name) for name in names]


def encode_path(path: str) -> bytes:
    """The bytes that git and the kernel know a path by, whatever the locale."""
    return path.encode("utf-8", "surrogateescape")


def decode_path(path: bytes) -> str:
    """The inverse of `encode_path`; bytes that are not UTF-8 become lone surrogates."""
    return path.decode("utf-8", "surrogateescape")


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """A descriptor of a folder that is not itself a link."""
    descriptor = os.open(folder, OPEN_FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_regular(name: str | Path, flags: int, dir_fd: int | None = None, *, mode: int = 0o666) -> int:
    """A descriptor of a regular file, without a wait for whatever else may be in its place; a link only without `O_NOFOLLOW`.

    Raises:
        OSError: it cannot be opened; `is_odd` if something else is in its place.
    """
    file = os.open(name, flags | _NO_WAIT, mode, dir_fd=dir_fd)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.ENXIO, "not a regular file", str(name))


def is_odd(error: OSError) -> bool:
    """Whether a file could not be opened because something else is in its place, or a link in that of its folder."""
    return error.errno in _ODD


def create_file(root: int, path: str, *, executable: bool) -> int:
    """A descriptor of a new file, created with the folders that it needs; nothing that exists is written to."""
    names = split_path(path)
    with closing_descriptor(_parent(root, names, make=True)) as parent:
        return os.open(names[-1], CREATE_FILE, 0o777 if executable else 0o666, dir_fd=parent)


def create_link(root: int, path: str, target: bytes) -> None:
    """A new symbolic link, made with the folders that it needs; where it leads is not looked at."""
    names = split_path(path)
    with closing_descriptor(_parent(root, names, make=True)) as parent:
        os.symlink(target, names[-1], dir_fd=parent)


def read_link(root: int, path: str) -> bytes | None:
    """Where a link leads, reached through no other one; None if there is none."""
    names = split_path(path)
    try:
        with closing_descriptor(_parent(root, names, make=False)) as parent:
            return os.readlink(names[-1], dir_fd=parent)
    except OSError:
        return None


def delete_file(root: int, path: str) -> None:
    """Delete a file and the folders that it leaves empty."""
    names = split_path(path)
    with closing_descriptor(_parent(root, names, make=False)) as parent:
        os.unlink(names[-1], dir_fd=parent)
    for depth in range(len(names) - 1, 0, -1):
        with closing_descriptor(_parent(root, names[:depth], make=False)) as parent:
            try:
                os.rmdir(names[depth - 1], dir_fd=parent)
            except OSError:  # not empty
                return


def write_all(descriptor: int, content: bytes) -> None:
    """Write all of `content`; one system call may write only a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_artifact(folder: Path, name: str, limit_bytes: int) -> bytes:
    """The content of a regular file that a job left in its folder.

    Raises:
        BadArtifact: there is no such file, it is not a regular file of its own, or it is larger than the limit.
    """
    with _artifact(folder, name, limit_bytes) as (descriptor, size):
        return b"".join(read_chunks(descriptor, size))


def copy_artifacts(source: Path, names: Sequence[str], destination: Path, limit_bytes: int) -> None:
    """Copy regular files that a job left in its folder into a tree that we wrote, replacing what has these names there.

    A hole counts as the bytes that it reads as, because they are written.

    Raises:
        BadArtifact: as `read_artifact`, or together they are larger than the limit; nothing is written then.
    """
    total = 0
    for name in names:
        with _artifact(source, name, limit_bytes) as (_, size):
            total += size
    if total > limit_bytes:
        raise BadArtifact(f"the files have {total} bytes together, more than the limit of {limit_bytes}")
    with opened(destination) as root:
        for name in names:
            with suppress(FileNotFoundError, NotADirectoryError):  # it is new
                delete_file(root, name)
            with (
                _artifact(source, name, limit_bytes) as (descriptor, size),
                closing_descriptor(create_file(root, name, executable=False)) as copy,
            ):
                for chunk in read_chunks(descriptor, size):
                    write_all(copy, chunk)


@contextmanager
def _artifact(folder: Path, name: str, limit_bytes: int) -> Iterator[tuple[int, int]]:
    """A descriptor of a file that a job left, and the file's size in bytes; raises as `read_artifact`."""
    shown = printable(name, NAME_SHOWN)
    try:
        names = split_path(name)
        with opened(folder) as root, closing_descriptor(_parent(root, names, make=False)) as parent:
            descriptor = os.open(names[-1], OPEN_FILE, dir_fd=parent)
    except FileNotFoundError as error:
        raise BadArtifact(f"{shown} is missing") from error
    except ValueError as error:
        raise BadArtifact(str(error)) from error
    except OSError as error:  # a link, a folder in its place, a socket, no permission
        raise BadArtifact(f"{shown} is not a readable regular file: {error.strerror}") from error
    with closing_descriptor(descriptor):
        status = os.fstat(descriptor)
        if not is_plain(status):
            raise BadArtifact(f"{shown} is not a regular file of its own")
        if status.st_size > limit_bytes:
            raise BadArtifact(f"{shown} has {status.st_size} bytes, more than the limit of {limit_bytes}")
        yield descriptor, status.st_size


def read_tail(file: Path, most_bytes: int) -> str:
    """The end of a file as text, whatever its bytes are; empty if there is no file."""
    if not file.is_file():
        return ""
    with file.open("rb") as opened_file:
        opened_file.seek(max(0, file.stat().st_size - most_bytes))
        return opened_file.read(most_bytes).decode(errors="replace")


def read_chunks(file: int, size_bytes: int) -> Iterator[bytes]:
    """At most the first `size_bytes` of a file, so that reading ends even if the file grows meanwhile."""
    while size_bytes > 0 and (chunk := os.read(file, min(size_bytes, CHUNK_BYTES))):
        size_bytes -= len(chunk)
        yield chunk


def is_plain(status: os.stat_result) -> bool:
    """Whether it is a regular file with only one name: a second name may belong to a file outside the tree."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def copy_tree(source: Path, destination: Path) -> None:
    """Copy the regular files and folders of a tree that we wrote into a new folder; nothing else is copied."""
    destination.mkdir()
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                copy_tree(source / entry.name, destination / entry.name)
            elif entry.is_file(follow_symlinks=False):
                _copy_file(entry.path, destination / entry.name)


def remove_tree(path: Path) -> None:
    """Delete a file or a folder with everything in it; links are deleted, not followed; a missing path is fine."""
    try:
        if not stat.S_ISDIR(path.lstat().st_mode):
            path.unlink()
            return
    except FileNotFoundError:
        return
    with closing_descriptor(_unlocked(path)) as top:
        while _empty(top, top, 0):
            pass  # what was too deep is now at the top
    path.rmdir()


@contextmanager
def closing_descriptor(descriptor: int) -> Iterator[int]:
    """Close the descriptor at the end."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _parent(root: int, names: list[bytes], *, make: bool) -> int:
    """A descriptor of the folder that the last name is in."""
    at = os.dup(root)
    for name in names[:-1]:
        with closing_descriptor(at):
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=at)
            at = os.open(name, OPEN_FOLDER, dir_fd=at)
    return at


def _copy_file(source: str, destination: Path) -> None:
    reader = os.open(source, OPEN_FILE)
    with closing_descriptor(reader):
        mode = 0o777 if os.fstat(reader).st_mode & stat.S_IXUSR else 0o666
        with closing_descriptor(os.open(destination, CREATE_FILE, mode)) as writer:
            copy_content(reader, writer)


def copy_content(reader: int, writer: int) -> None:
    """Copy what is left to read of one file into another one."""
    # This shares the blocks if the file system can. If it cannot copy at all, nothing is copied yet.
    with suppress(OSError):
        while os.copy_file_range(reader, writer, CHUNK_BYTES * 64):
            pass
    while chunk := os.read(reader, CHUNK_BYTES):
        write_all(writer, chunk)


def _unlocked(path: Path | str, parent: int | None = None) -> int:
    """A descriptor of a folder whose mode no longer keeps its owner out."""
    with closing_descriptor(os.open(path, _LOOK_AT_FOLDER, dir_fd=parent)) as looked:
        if os.fstat(looked).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            Path(f"/proc/self/fd/{looked}").chmod(stat.S_IRWXU)  # by descriptor: a name could become a link
        return os.open(".", OPEN_FOLDER, dir_fd=looked)


def _empty(folder: int, top: int, depth: int) -> bool:
    """Delete what is in a folder and return whether it had folders; those too deep to descend into move to the top one."""
    inner = _delete_files(folder)
    for name in inner:
        with closing_descriptor(_unlocked(name, folder)) as below:
            if depth < DEPTH_DESCENDED:
                _empty(below, top, depth + 1)
            else:
                import uuid

                for nested in _delete_files(below):
                    os.close(_unlocked(nested, below))  # moving a folder needs write permission on it
                    os.rename(nested, uuid.uuid4().hex, src_dir_fd=below, dst_dir_fd=top)
        os.rmdir(name, dir_fd=folder)
    return bool(inner)


def _delete_files(folder: int) -> list[str]:
    """Delete all but the folders in a folder; return their names."""
    inner = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry.name)
            else:
                os.unlink(entry.name, dir_fd=folder)
    return inner
