"""Files and folders that are ours alone, as everything below `.overnight` must be, whatever brought it there.

A clone, an archive or another user can put a link where we would write, or a file with a second name elsewhere. Therefore a
command claims a folder before it uses what is in it: nothing directly inside may be such a thing, and nobody else can enter
the folder from then on. Each file is opened without following a link in its place or in its folder's.

What another user owns is refused, also to root: that user could put a link there while we write. Does not cover: the folders
above, which can be links and are the user's to choose; what is deeper than one level, until it is opened or claimed itself;
processes of our own user, such as jobs of `--sandbox process`.
"""

import errno
import os
import shlex
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from overnight.errors import UserError
from overnight.files.folders import closing_descriptor, is_odd, open_regular, opened
from overnight.words.foreign import printable
from overnight.words.quantities import listed

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
PATH_SHOWN = 200  # characters of a path in a message
NAMED = 3  # files in a message
SIDE_FILES = ("-wal", "-shm", "-journal")  # that SQLite opens beside a database
_OTHERS = stat.S_IRWXG | stat.S_IRWXO | stat.S_ISGID  # the last: what jobs make below would inherit a group
_LOOK_AT = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC  # no side effects, whatever it is, and no permission needed


class NotOurs(UserError):  # noqa: N818  # a state
    """Something that is not ours is in the place of a file or folder of ours."""


def claim_folder(path: Path) -> None:
    """Check that a folder and all that is directly in it is ours, and close all of it to other users.

    A missing folder is fine.

    Raises:
        NotOurs: one of it is a link or no file or folder, has a second name, or belongs to another user; files with a second
            name are named together, since a copy made of hard links has many.
    """
    try:
        close_folder(path)
    except FileNotFoundError:
        return
    linked = []
    with opened(path) as folder, os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # a running session has replaced it
                if _has_second_name(entry.stat(follow_symlinks=False)):
                    linked.append(entry.name)
                else:
                    _close(entry.name, folder, path / entry.name)
    if linked:
        raise _hard_links(path, sorted(linked))


def close_folder(path: Path) -> None:
    """Check that a folder is ours, and close it to other users, without a look at what is in it.

    Raises:
        FileNotFoundError: there is nothing with this name.
        NotOurs: it is not a folder, or belongs to another user.
    """
    _close(path.name, None, path, folder=True)


def make_folder(path: Path) -> None:
    """Make a folder for us alone, or close the one that is there; the folders above are made if they are missing.

    Raises:
        NotOurs: something else is in its place.
        UserError: the folder above cannot be there, such as behind a link to a disk that is not mounted.
    """
    try:
        with suppress(FileExistsError):
            path.mkdir(mode=PRIVATE_FOLDER, parents=True)
        close_folder(path)
    except FileNotFoundError as error:
        fix = "mount what is missing, or choose another folder; XDG_STATE_HOME says where records are kept"
        raise UserError(f"{printable(str(path), PATH_SHOWN)} cannot be made: {error.strerror}", fix=fix) from error


def open_own(path: Path, flags: int) -> int:
    """A descriptor of a regular file of ours; with `O_CREAT` a missing one is made, readable to us alone.

    Raises:
        FileNotFoundError: it is missing, or its folder is.
        NotOurs: a link, something other than a file, or a file of someone else is there.
    """
    try:
        with closing_descriptor(os.open(path.parent, _LOOK_AT | os.O_DIRECTORY)) as folder:
            file = open_regular(path.name, flags | os.O_NOFOLLOW, folder, mode=PRIVATE_FILE)
    except OSError as error:
        if is_odd(error):
            raise _refused(*_odd(path)) from error
        raise
    try:
        _require_ours(path, os.fstat(file), folder=False)
    except BaseException:
        os.close(file)
        raise
    return file


def read_own(path: Path, most_bytes: int) -> bytes:
    """At most the first bytes of a file of ours; raises as `open_own`."""
    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
        return file.read(most_bytes)


def read_regular(path: Path, most_bytes: int) -> bytes:
    """At most the first bytes of a file of the user's, also through links; never waits for a pipe.

    Raises:
        OSError: it cannot be read, or is not a file.
    """
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        return file.read(most_bytes)


def read_unlinked(path: Path, most_bytes: int) -> bytes:
    """As `read_regular`, but not through a link in the file's place: what is read is shown, and a link can name any file.

    Raises:
        OSError: it cannot be read, is not a file, or is a link.
    """
    try:
        descriptor = open_regular(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link") from error
        raise
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most_bytes)


def check_database(path: Path, *, make: bool) -> None:
    """Check that a database and the files that SQLite opens beside it are ours, since SQLite follows links.

    With `make` a missing one is made, readable to us alone; its side files get the same mode from SQLite. One that is there is
    only looked at: to close a file releases all locks that this process has on it, also those of SQLite's other connections.

    Raises:
        NotOurs: one of them is not.
    """
    if make:
        os.close(open_own(path, os.O_PATH if os.path.lexists(path) else os.O_RDWR | os.O_CREAT))
    for each in (path, *(path.with_name(path.name + ending) for ending in SIDE_FILES)):
        with suppress(FileNotFoundError):
            _require_ours(each, each.lstat(), folder=False)


def _close(name: str, parent: int | None, path: Path, *, folder: bool | None = None) -> None:
    """Check one entry, and take the rights of others on it away."""
    with closing_descriptor(os.open(name if parent is not None else path, _LOOK_AT, dir_fd=parent)) as looked:
        status = os.fstat(looked)
        _require_ours(path, status, folder=folder)
        mode = stat.S_IMODE(status.st_mode)
        if mode & _OTHERS:
            with suppress(OSError):  # a disk that is only read, or has no modes
                Path(f"/proc/self/fd/{looked}").chmod(mode & ~_OTHERS)


def _require_ours(path: Path, status: os.stat_result, *, folder: bool | None) -> None:
    """Refuse what is not ours; `folder` says what it must be, None: a file or a folder."""
    is_folder, is_file = stat.S_ISDIR(status.st_mode), stat.S_ISREG(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        raise _refused(path, "is a link")
    if (not is_folder and not is_file) or (folder is False and not is_file):
        raise _refused(path, "is not a regular file of its own")
    if folder and not is_folder:
        raise _refused(path, "is not a folder")
    if _has_second_name(status):
        raise _hard_links(path.parent, [path.name])
    if status.st_uid != os.geteuid():
        raise _refused(path, f"belongs to another user (uid {status.st_uid})", fix=_take_over(path, status.st_uid))


def _has_second_name(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_nlink > 1


def _hard_links(folder: Path, names: Sequence[str]) -> NotOurs:
    """The refusal of files that are other files too, all of a folder at once."""
    if len(names) == 1:
        return _refused(folder / names[0], "is a hard link, so it is another file too", fix="replace it with a copy of its own")
    shown = listed((printable(name, PATH_SHOWN // NAMED) for name in names), NAMED, noun="file")
    return _refused(folder, f"has hard links, which are other files too: {shown}", fix="replace each with a copy of its own")


def _take_over(path: Path, owner: int) -> str:
    """What to do about a file of another user: nothing is changed for one who only forgot who they are."""
    if os.environ.get("SUDO_UID") == str(owner):
        return "run overnight without sudo, as the user that it belongs to"
    sudo, user = ("", 0) if os.geteuid() == 0 else ("sudo ", os.geteuid())
    take = f"{sudo}chown -R {user} {printable(shlex.quote(str(path)), PATH_SHOWN)}"
    return f"run overnight as that user, or, if you trust it, take it over: {take}"


def _odd(path: Path) -> tuple[Path, str]:
    """What kept a file from being opened: the folder that it is in, or what is in its own place."""
    return (path.parent, "is a link") if path.parent.is_symlink() else (path, "is not a regular file of its own")


def _refused(path: Path, what: str, fix: str = "remove it") -> NotOurs:
    return NotOurs(f"{printable(str(path), PATH_SHOWN)} {what}", fix=fix)
