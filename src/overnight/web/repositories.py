"""The repositories that a face serves, by the names that their addresses have."""

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.jobs.entries import read_registry
from overnight.jobs.records import loops_folder
from overnight.words.foreign import printable

NAME = 100  # characters
LOOK_S = 2.0  # how long the loops of this machine are not looked at again
AGAIN_S = 30.0  # how long it is not looked again in which repository the folder of a loop is
MOST = 500
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class NotFound(UserError):  # noqa: N818  # a state
    """There is no such address, operation or repository here."""


class Served:
    """Those that the user named, and those of the loops on this machine as they come.

    A repository stays, under its name, as long as this lasts: its addresses hold, also when its campaign has ended.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        here: Path,
        loops: Callable[[], Path] = loops_folder,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`folders`: by default the repository around `here`, as soon as there is one.

        Raises:
            UserError: one of the folders is in no repository.
        """
        self._loops = loops
        self._clock = clock
        self._lock = Lock()
        self._looked_at = float("-inf")
        self._folders: dict[str, float] = {}  # of loops, and when it was looked in which repository each is
        self._here = None if folders else here
        self._now = named(folders)

    def now(self) -> Mapping[str, Path]:
        """All of them by name; the loops of this machine are looked at every two seconds at most."""
        with self._lock:
            if self._is_due():
                self._looked_at = self._clock()
                if self._here and self._add(_around(self._here)):
                    self._here = None
                for folder in self._of_loops():
                    self._add(_around(folder))
            return self._now

    async def current(self) -> Mapping[str, Path]:
        """The same in an event loop, which it does not hold up."""
        if not self._is_due():
            return self._now
        from anyio import to_thread

        return await to_thread.run_sync(self.now)

    def _is_due(self) -> bool:
        return self._clock() - self._looked_at >= LOOK_S

    def _of_loops(self) -> Iterable[Path]:
        """The folders of loops that were not looked at lately."""
        try:
            folders = {entry.loop.folder for entry in read_registry(self._loops()).entries}
        except (OSError, UserError):
            return  # what is served beside them is served all the same
        for folder in sorted(folders):
            if self._clock() - self._folders.get(folder, float("-inf")) >= AGAIN_S:
                self._folders[folder] = self._clock()
                yield Path(folder)

    def _add(self, place: Path | None) -> bool:
        """Serve it from now on; whether there is one."""
        if place and place not in self._now.values() and len(self._now) < MOST:
            self._now = {**self._now, _free_name(place, self._now): place}  # who has the earlier one keeps it as it was
        return place is not None


def named(folders: Iterable[Path]) -> Mapping[str, Path]:
    """The checkouts around these folders by name.

    Raises:
        UserError: a folder is in no repository.
    """
    found: dict[str, Path] = {}
    for place in dict.fromkeys(open_repository(folder).toplevel for folder in folders):
        found[_free_name(place, found.keys())] = place
    return found


def _free_name(place: Path, taken: Collection[str]) -> str:
    """The last part of a path, with a number if another one has it."""
    plain = _UNFIT.sub("-", place.name)[:NAME].strip(".-") or "repo"
    numbered = (f"{plain}-{number}" for number in range(2, len(taken) + 3))
    return plain if plain not in taken else next(name for name in numbered if name not in taken)


def _around(folder: Path) -> Path | None:
    """The checkout around a folder, if there is one that we can read."""
    try:
        return open_repository(folder).toplevel
    except (OSError, UserError):
        return None


def repository_named(repositories: Mapping[str, Path], name: str) -> Path:
    """The folder of a repository that is served.

    Raises:
        NotFound: it is not served.
    """
    if name not in repositories:
        fix = f"served are {', '.join(repositories)}" if repositories else "serve it with `--repo PATH`"
        raise NotFound(f"no repository `{printable(name, NAME)}` is served here", fix=fix)
    return repositories[name]
