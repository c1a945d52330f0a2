"""What `setup` of `actions.md` made, once for each state of its inputs, shared by all actions of a repository.

It runs in the jail, on a copy of the commit's files, and reaches registries of packages through the proxy. What it made beside
the committed files (an environment, `node_modules`) stays in a folder of ours; jobs see it, read-only, by links at the same
paths in their own folder. A folder without its record is half made: it is deleted and made again.

Does not cover: what it changed in committed files, which is not shown; a job of `--sandbox process`, which could write there.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio import to_thread

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import closing_descriptor, remove_tree
from overnight.files.locks import take_lock
from overnight.files.own import make_folder

FOLDER = "setups"  # in our cache folder
TREE, RECORD, LOCKS = "tree", "made.json", "locks"
LOOK_S = 0.1  # between looks whether another one has made it
TOTAL_BYTES = 10 * 1000**3  # of all; those used longest ago are deleted first
MOST_LINKS = 500  # paths that a setup may make beside committed files
_LEFT = ("__pycache__", ".git")  # names that no job needs of it

Make = Callable[[Path], Awaitable[Sequence[str]]]  # makes it in a new empty folder; the paths there that are committed


def cache_folder() -> Path:
    """Our folder of what can be made again, by XDG's rules; it may not exist yet. Jobs may be shown what is in it."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "overnight"


class SetupFailed(UserError):  # noqa: N818  # an outcome of the user's command
    """`setup` did not end well, so nothing can be checked.

    Attributes:
        log: artifact with all that it printed; empty if there is none.
    """

    def __init__(self, message: str, *, fix: str = "", excerpt: Sequence[str] = (), log: str = "") -> None:
        super().__init__(message, fix=fix, excerpt=excerpt)
        self.log = log


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What was made for a state of the inputs."""

    folder: Path  # that holds it
    paths: Sequence[str] = ()  # what it made, relative
    note: str = ""  # why it is not that of the commit, one line; empty if it is

    @property
    def links(self) -> Mapping[str, Path]:
        """Links for a job's folder, and where each leads."""
        return {path: self.folder / path for path in self.paths}

    @property
    def environments(self) -> Sequence[str]:
        """Those of Python among it."""
        return [path for path in self.paths if (self.folder / path / "pyvenv.cfg").is_file()]

    @property
    def programs(self) -> Sequence[str]:
        """Relative folders of programs among it, for the PATH of jobs."""
        return [found for path in self.paths for found in (f"{path}/bin", f"{path}/.bin") if self._has(path, found)]

    def _has(self, path: str, found: str) -> bool:
        if found.endswith("/.bin"):
            return path.rpartition("/")[2] == "node_modules" and (self.folder / found).is_dir()
        return path in self.environments


@dataclass(slots=True, kw_only=True)
class Held:
    """A setup in use, which is not deleted until it is closed."""

    setup: Setup
    _lock: int

    def close(self) -> None:
        """It is not used any more."""
        os.close(self._lock)


@dataclass(slots=True, kw_only=True)
class Setups:
    """All that were made, in one folder."""

    place: Path = field(default_factory=lambda: cache_folder() / FOLDER)
    total_bytes: int = TOTAL_BYTES
    _failed: dict[str, tuple[float, SetupFailed]] = field(default_factory=dict)

    async def take(self, key: str, make: Make) -> Held:
        """What belongs to a key, made if it is missing. Those who wait for another one's run share its failure.

        Raises:
            SetupFailed: it did not end well.
        """
        began, home = time.monotonic(), self.place / key
        make_folder(self.place)
        make_folder(self.place / LOCKS)
        while True:
            with ExitStack() as opened:
                lock = self._lock(key)
                opened.callback(os.close, lock)
                if setup := await self._look(home, lock, began, make):
                    opened.pop_all()
                    return Held(setup=setup, _lock=lock)
            await anyio.sleep(LOOK_S)

    async def _look(self, home: Path, lock: int, began: float, make: Make) -> Setup | None:
        """What is there once we hold it; None if it has to be looked for again."""
        if not take_lock(lock, shared=_is_made(home)):
            return None  # somebody makes it
        if _read(home) is None:
            if not take_lock(lock):
                return None
            when, failure = self._failed.get(home.name, (0.0, None))
            if failure is not None and when > began:
                raise failure
            try:
                await _make(home, make)
            except SetupFailed as failed:
                self._failed[home.name] = time.monotonic(), failed
                raise
            await to_thread.run_sync(self.sweep)
        with suppress(FileNotFoundError):
            os.utime(home / RECORD)
        return _read(home) if take_lock(lock, shared=True) else None

    def sweep(self, most_bytes: int | None = None) -> None:
        """Delete those used longest ago until the rest fits, and what was left half made; never one that is held."""
        most = self.total_bytes if most_bytes is None else most_bytes
        there = sorted(_all(self.place))
        total = sum(size for _, _, size in there)
        for _, home, size in there:
            if (total > most or not size) and self._deleted(home):
                total -= size

    def _deleted(self, home: Path) -> bool:
        """Delete one, unless it is held; whether that was done."""
        with suppress(OSError), closing_descriptor(self._lock(home.name)) as lock:
            if take_lock(lock):
                (home / RECORD).unlink(missing_ok=True)  # from now on it is half made
                remove_tree(home)
                return True
        return False

    def _lock(self, key: str) -> int:
        return os.open(self.place / LOCKS / key, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def size_bytes(self) -> int:
        """Of all, as they were when they were made."""
        return sum(size for _, _, size in _all(self.place))


async def _make(home: Path, make: Make) -> None:
    tree = home / TREE
    await to_thread.run_sync(remove_tree, home)
    make_folder(home)
    tree.mkdir()
    try:
        committed = await make(tree)
        paths = await to_thread.run_sync(lambda: list(_made_beside(tree, committed)))
        if len(paths) > MOST_LINKS:
            what = f"setup made {len(paths):,} files and folders among committed ones, more than {MOST_LINKS}"
            raise SetupFailed(what, fix="have it write into a few folders of its own")
        size = await to_thread.run_sync(_let_read, tree)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(remove_tree, home)
        raise
    write_atomically(home / RECORD, json.dumps({"paths": paths, "size_bytes": size}).encode())


def key_of(*facts: str) -> str:
    """A name for a state of the inputs."""
    digest = hashlib.sha256()
    for fact in facts:
        content = fact.encode("utf-8", "surrogateescape")
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()[:32]


def _is_made(home: Path) -> bool:
    return (home / RECORD).is_file()


def _read(home: Path) -> Setup | None:
    try:
        fields = json.loads((home / RECORD).read_bytes())
        return Setup(folder=home / TREE, paths=tuple(map(str, fields["paths"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _all(place: Path) -> Iterator[tuple[float, Path, int]]:
    """When each was used last, its folder, and its size; 0 if it is half made."""
    if not place.is_dir():
        return
    for home in place.iterdir():
        if home.name == LOCKS:
            continue
        try:
            used = (home / RECORD).stat().st_mtime
            yield used, home, int(json.loads((home / RECORD).read_bytes())["size_bytes"]) or 1
        except (OSError, ValueError, KeyError, TypeError):
            yield 0.0, home, 0


def _made_beside(tree: Path, committed: Sequence[str]) -> Iterator[str]:
    """The paths below a tree that are not committed, each folder as a whole if nothing in it is."""
    ours = set(committed)
    folders = {path[:at] for path in committed for at, letter in enumerate(path) if letter == "/"}

    def look(folder: Path, prefix: str) -> Iterator[str]:
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            path = prefix + entry.name
            if path in folders and entry.is_dir(follow_symlinks=False):
                yield from look(folder / entry.name, f"{path}/")
            elif path not in ours and entry.name not in _LEFT and not entry.name.endswith(".pyc"):
                yield path

    yield from look(tree, "")


def _let_read(tree: Path) -> int:
    """Let the users that jobs run as read a tree that nobody works in any more; its size on disk, bytes."""
    size = 0
    tree.chmod(0o755)
    for folder, folders, names in os.walk(tree):
        for name in (*folders, *names):
            path = Path(folder, name)
            status = path.lstat()
            size += status.st_blocks * 512
            if stat.S_ISDIR(status.st_mode):
                path.chmod(0o755)
            elif stat.S_ISREG(status.st_mode):
                path.chmod(0o755 if status.st_mode & stat.S_IXUSR else 0o644)
    return size
