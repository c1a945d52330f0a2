"""The sessions that listen on one channel: one of them holds it, and knows the others.

Each has a file in `sessions/` of the channel's folder, and holds a lock on it as long as it lives. Whoever holds `lock` reads
the channel. Both locks end with the process, however it ends.

Does not cover: other machines; a second program outside `overnight` that reads the same channel.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from overnight.files.folders import closing_descriptor, write_all
from overnight.files.locks import take_lock
from overnight.files.own import NotOurs, make_folder, open_own

CHANNELS = "channels"  # in the user's state folder, with a folder for each channel
_SESSIONS, _LOCK, _DEAF = "sessions", "lock", "deaf"
_LARGEST = 16 * 1024  # bytes of a session's file
_NEW = "."  # in front of the name of a file that is not locked yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A session that can be addressed."""

    session: str  # unlike any other
    name: str  # that people call it by, such as a campaign's tag
    place: str  # where it works, such as the path of a repository
    process: int
    began: float  # Unix time


_LISTENER: TypeAdapter[Listener] = TypeAdapter(Listener)


class ListenerFolder:
    """Who listens on a channel; the folder is the channel's own."""

    def __init__(self, folder: Path) -> None:
        """Make the folder.

        Raises:
            OSError, NotOurs: it cannot be made, or something else is in its place.
        """
        make_folder(folder)
        make_folder(folder / _SESSIONS)
        self.folder = folder

    @contextmanager
    def present(self, listener: Listener) -> Iterator[None]:
        """Be seen by the others until the body ends."""
        path, new = self.folder / _SESSIONS / listener.session, self.folder / _SESSIONS / f"{_NEW}{listener.session}"
        with closing_descriptor(open_own(new, os.O_WRONLY | os.O_CREAT)) as file:
            take_lock(file)  # its name is new
            write_all(file, _LISTENER.dump_json(listener))
            new.rename(path)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def listeners(self) -> Sequence[Listener]:
        """Those present, oldest first; what dead ones left is removed."""
        found = []
        for path in sorted((self.folder / _SESSIONS).iterdir()):
            with suppress(OSError, NotOurs, ValidationError), closing_descriptor(open_own(path, os.O_RDONLY)) as file:
                if path.name.startswith(_NEW):
                    continue
                if take_lock(file, shared=True):
                    path.unlink(missing_ok=True)
                else:
                    found.append(_LISTENER.validate_json(os.pread(file, _LARGEST, 0)))
        return sorted(found, key=lambda each: (each.began, each.session))

    @contextmanager
    def holding(self) -> Iterator[bool]:
        """Whether we hold the channel, from now until the body ends."""
        with closing_descriptor(open_own(self.folder / _LOCK, os.O_RDWR | os.O_CREAT)) as file:
            yield take_lock(file)

    def mark_deaf(self, why: str) -> None:
        """Show, or with an empty reason no longer, that nothing can be received."""
        path = self.folder / _DEAF
        if not why:
            path.unlink(missing_ok=True)
            return
        with closing_descriptor(open_own(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)) as file:
            write_all(file, why.encode())

    def why_deaf(self) -> str:
        """Why nothing can be received; empty if it can, as far as is known."""
        try:
            with closing_descriptor(open_own(self.folder / _DEAF, os.O_RDONLY)) as file:
                return os.pread(file, _LARGEST, 0).decode(errors="replace")
        except (OSError, NotOurs):
            return ""


def deaf_channels(state: Path, place: str, name: str) -> tuple[str, ...]:
    """The channels that a listener listens on and that cannot be heard, each with the reason; `state`: the user's folder."""
    found = []
    with suppress(OSError, NotOurs):
        for path in sorted((state / CHANNELS).iterdir()):
            if (path / _DEAF).is_file():
                folder = ListenerFolder(path)
                if why := any((each.place, each.name) == (place, name) for each in folder.listeners()) and folder.why_deaf():
                    found.append(f"`{path.name}` cannot receive: {why}")
    return tuple(found)
