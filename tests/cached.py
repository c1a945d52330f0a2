"""Which pages of files are in memory: counted, so that no clock is needed."""

import ctypes
import mmap
import os
from collections.abc import Iterable
from pathlib import Path

PAGE = mmap.PAGESIZE
# For a job, which is not told what is in memory: how many pages it had to wait for while it read files.
COUNT = f"""
import pathlib
def from_disk():
    return next(int(l.split()[1]) for l in pathlib.Path("/proc/self/io").read_text().splitlines() if "read_bytes" in l)
def read_all(names):
    before = from_disk()
    for name in names:
        pathlib.Path(name).read_bytes()
    return (from_disk() - before) // {PAGE}
"""


def absent(paths: Iterable[Path]) -> int:
    """How many pages of some files are not in memory."""
    return sum(_absent(path) for path in paths)


def _absent(path: Path) -> int:
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        pages = -(-len(mapped) // PAGE)
        found = (ctypes.c_ubyte * pages)()
        start = ctypes.c_char.from_buffer(mapped)
        done = ctypes.CDLL(None).mincore(ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(mapped)), found)
        del start
        assert done == 0
        return sum(1 for page in found if not page & 1)


def drop(paths: Iterable[Path]) -> None:
    """Have the kernel forget what it has of some files in memory."""
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def make_data(folder: Path, *, files: int = 8, size_bytes: int = 64 * PAGE) -> list[Path]:
    """Files with nothing special in them, on the disk and in memory."""
    folder.mkdir()
    made = [folder / f"{number}.bin" for number in range(files)]
    for path in made:
        path.write_bytes(os.urandom(size_bytes))
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return made


def can_count(folder: Path) -> bool:
    """Whether pages can be dropped here, and what is read from the disk is counted: not on a disk in memory."""
    probe = make_data(folder / "probe", files=1)
    drop(probe)
    gone, space = absent(probe), dict[str, object]()
    exec(COUNT, space)  # ours
    read_all = space["read_all"]
    assert callable(read_all)
    return gone > 0 and read_all(probe) > 0
