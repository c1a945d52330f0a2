"""What trials depend on outside the repository: the machine, the interpreter with its packages, and data that jobs may read.

A session starts with a full check; before each trial a quick check of names, sizes and times shows whether to repeat it.

Does not cover: the content of files over a megabyte, which are identified by size and time; what an interpreter loads from
outside its `site-packages`; before a trial, anything after the first thousand entries of a path.
"""

import hashlib
import os
import platform
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from overnight.machines.cores import cpu_model
from overnight.research.events import EnvironmentChanged

LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.txt", "constraints.txt", "package-lock.json")
SMALL_BYTES = 1_000_000  # the content of files up to this size is hashed
READ_BYTES = 64_000_000  # in total: about 0.1 s
ENTRIES = 100_000  # of one path: about 1 s; a larger set is identified by the first of them
GLANCED = 1_000  # entries of one path checked before a trial: about 10 ms
DIGITS = 16  # of a digest that people compare
_PACKAGES = (".dist-info", ".egg-info", ".egg-link", ".pth")


def fingerprint(toplevel: Path, *, readable: Sequence[str] = (), search_path: str = "") -> dict[str, str]:
    """CPU, cores, kernel, Python, GPUs, and digests of lock files, installed packages and the paths that jobs may read."""
    facts = {
        "cpu": cpu_model(),
        "cores": str(len(os.sched_getaffinity(0))),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    if gpus := _gpus():
        facts["gpus"] = gpus
    for name in LOCK_FILES:
        path = toplevel / name
        if path.is_file():
            facts[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    found = shutil.which("python3", path=search_path)
    if found:
        facts["interpreter"] = f"{found} {_interpreter(Path(found))}"
    return facts | {name: digest_of(toplevel / name) for name in readable}


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The names of what differs, including what is new or gone."""
    return tuple(name for name in dict.fromkeys((*before, *now)) if before.get(name) != now.get(name))


class EnvironmentWatcher:
    """The port `EnvironmentWatch`, for one session."""

    def __init__(self, toplevel: Path, search_path: str) -> None:
        self._toplevel, self._search_path = toplevel, search_path
        self._places = [toplevel / name for name in LOCK_FILES]
        if python := shutil.which("python3", path=search_path):
            self._places += [Path(python), *Path(python).parent.parent.glob("lib/python3*/*-packages")]
        self._seen: tuple[object, ...] | None = None  # None: the session has just begun, with a full check

    def look(self, known: Mapping[str, str], readable: Sequence[str]) -> EnvironmentChanged | None:
        """See the port; reads contents only if a quick check differs from the last one."""
        glance = self._glance(readable)
        same, self._seen = self._seen in (None, glance), glance
        if same:
            return None
        found = fingerprint(self._toplevel, readable=readable, search_path=self._search_path)
        changed = changes(known, found)
        return EnvironmentChanged(environment=found, changed=changed) if changed else None

    def _glance(self, readable: Sequence[str]) -> tuple[object, ...]:
        seen: list[object] = [_times(place) for place in self._places]
        for path in readable:
            seen += [(name, _key(status)) for name, status, _ in islice(walk(self._toplevel / path), GLANCED)]
        return tuple(seen)


def _times(place: Path) -> tuple[int, ...]:
    """A stamp of one file or folder; empty if it does not exist."""
    try:
        return _key(place.stat())
    except OSError:
        return ()


def _key(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_mode, _size(status), status.st_mtime_ns


def digest_of(path: Path) -> str:
    """A digest of the names, kinds and contents below a path; sizes and times for large files; short, hex."""
    digest, left = hashlib.sha256(), READ_BYTES
    for count, (name, status, file) in enumerate(walk(path)):
        if count == ENTRIES:
            break
        digest.update(os.fsencode(name) + b"\0%o %d\0" % (stat.S_IFMT(status.st_mode), _size(status)))
        if stat.S_ISREG(status.st_mode):
            content = _content(file) if status.st_size <= min(SMALL_BYTES, left) else None
            left -= len(content or b"")
            digest.update(b"%d" % status.st_mtime_ns if content is None else hashlib.sha256(content).digest())
    return digest.hexdigest()[:DIGITS]


def walk(path: Path) -> Iterator[tuple[str, os.stat_result, Path]]:
    """A path and everything below it, ordered by name; links are not followed, vanished entries are skipped."""
    waiting = [("", path.resolve())]
    while waiting:
        name, at = waiting.pop()
        try:
            status = at.lstat()
            inner = sorted(at.iterdir(), reverse=True) if stat.S_ISDIR(status.st_mode) else []
        except OSError:
            continue
        waiting += [(f"{name}/{entry.name}", entry) for entry in inner]
        yield name, status, at


def _size(status: os.stat_result) -> int:
    """The size; 0 for a folder, whose own size says nothing about its contents."""
    return 0 if stat.S_ISDIR(status.st_mode) else status.st_size


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _interpreter(python: Path) -> str:
    """A digest of an interpreter's size and time, and of the names of the packages installed for it."""
    status = python.resolve().stat()
    names = [f"{status.st_size} {status.st_mtime_ns}"]
    for place in sorted(python.parent.parent.glob("lib/python3*/*-packages")):
        names += sorted(entry.name for entry in place.iterdir() if entry.name.endswith(_PACKAGES))
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()[:DIGITS]


def _gpus() -> str:
    if not any(Path(folder).exists() for folder in ("/proc/driver/nvidia", "/sys/class/kfd")):
        return ""
    from overnight.machines.gpus.facts import gpu_facts

    return gpu_facts()
