"""What trials depend on outside the repository: the machine, the interpreter with its packages, and data that jobs may read.

Does not cover: what changes while a session runs (it is looked at when one starts); the content of files over a megabyte,
which are known by their size and time; what an interpreter loads from elsewhere than its `site-packages`.
"""

import hashlib
import os
import platform
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

LOCK_FILES = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.txt", "constraints.txt", "package-lock.json")
SMALL_BYTES = 1_000_000  # of a file whose content counts
READ_BYTES = 64_000_000  # in all: about 0.1 s
ENTRIES = 100_000  # of one path: about 1 s; a set with more is known by the first of them
DIGITS = 16  # of a digest that people compare
_PACKAGES = (".dist-info", ".egg-info", ".egg-link", ".pth")


def fingerprint(toplevel: Path, *, readable: Sequence[str] = (), search_path: str = "") -> dict[str, str]:
    """CPU, cores, kernel, Python, and digests: lock files, installed packages, the paths that jobs may read."""
    facts = {
        "cpu": _cpu_model(),
        "cores": str(len(os.sched_getaffinity(0))),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    for name in LOCK_FILES:
        path = toplevel / name
        if path.is_file():
            facts[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    found = shutil.which("python3", path=search_path)
    if found:
        facts["interpreter"] = f"{found} {_interpreter(Path(found))}"
    return facts | {name: digest_of(Path(name)) for name in readable}


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The names of what differs, also of what is new or gone."""
    return tuple(name for name in dict.fromkeys((*before, *now)) if before.get(name) != now.get(name))


def digest_of(path: Path) -> str:
    """A digest of the names, kinds and contents below a path, of large files of their sizes and times; short, hex."""
    digest, left = hashlib.sha256(), READ_BYTES
    for count, (name, status, file) in enumerate(_walk(path)):
        if count == ENTRIES:
            break
        digest.update(os.fsencode(name) + b"\0%o %d\0" % (stat.S_IFMT(status.st_mode), _size(status)))
        if stat.S_ISREG(status.st_mode):
            content = _content(file) if status.st_size <= min(SMALL_BYTES, left) else None
            left -= len(content or b"")
            digest.update(b"%d" % status.st_mtime_ns if content is None else hashlib.sha256(content).digest())
    return digest.hexdigest()[:DIGITS]


def _walk(path: Path) -> Iterator[tuple[str, os.stat_result, Path]]:
    """A path and all that is below it in the order of names; links are not followed, what vanishes is passed over."""
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
    """A folder's own size says nothing of what is in it."""
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


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
