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
AGAIN_S = 30.0  # how long it is not looked again in which repository a folder is, if in any
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class NotFound(UserError):  # noqa: N818  # a state
    """There is no such address, operation or repository here."""


class Served:
    """Those that the user named, and those of the loops on this machine, as they come and go.

    A repository keeps its name as long as this lasts, so that its addresses hold.
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
        self._names: dict[Path, str] = {}
        self._places: dict[
            str, tuple[float, Path | None]
        ] = {}  # of the folders of loops: when it was looked, and what was found
        self._looked_at = float("-inf")
        self._here = here
        self._fixed = list(dict.fromkeys(open_repository(folder).toplevel for folder in folders))
        self._now: Mapping[str, Path] = {}

    def now(self) -> Mapping[str, Path]:
        """All of them by name."""
        with self._lock:
            if self._clock() - self._looked_at >= LOOK_S:
                if not self._fixed:
                    self._fixed = [place for place in (_around(self._here),) if place]
                self._now = {self._name(place): place for place in (*self._fixed, *self._of_loops())}
                self._looked_at = self._clock()
            return self._now

    def _of_loops(self) -> Iterable[Path]:
        try:
            folders = sorted({entry.loop.folder for entry in read_registry(self._loops()).entries})
        except (OSError, UserError):
            return  # what is served beside them is served all the same
        for folder in folders:
            if place := self._place(folder):
                yield place

    def _place(self, folder: str) -> Path | None:
        now = self._clock()
        looked, place = self._places.get(folder, (float("-inf"), None))
        if now - looked >= AGAIN_S:
            self._places[folder] = now, (place := _around(Path(folder)))
        return place

    def _name(self, place: Path) -> str:
        if place not in self._names:
            self._names[place] = _free_name(place, set(self._names.values()))
        return self._names[place]


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
