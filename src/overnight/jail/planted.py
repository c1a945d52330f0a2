"""Tries whether a job can see the repository that it works on: by a planted secret, and by the identity of its folders.

Does not cover: system folders, if the repository does not lie in one; parts of the checkout that a mount of the host shows
elsewhere.
"""

import os
import secrets
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.files.folders import CREATE_FILE
from overnight.jail.checkout import Checkout
from overnight.jail.job import FOLDER, Job, JobEnding, Limits
from overnight.jail.port import Executor
from overnight.jail.reach import SYSTEM, is_within
from overnight.words.foreign import printable

MOST_NAMES = 5  # shown
NAME_SHOWN = 200  # characters of one
PREFIX = "overnight-probe-"
LEFT_S = 3600.0  # after which a probe is a killed command's
SEARCH_S = 120.0  # a large environment on a slow disk


class SearchFailed(Exception):  # noqa: N818  # reported as a probe that does not hold
    """The search of a jail did not come to its end."""


async def find_secrets(executor: Executor, checkout: Checkout, readable: Sequence[str] = ()) -> Sequence[str]:
    """The names under which a job finds a secret planted in git's folder and ours, or one of the hidden folders.

    Raises:
        SearchFailed: it is not known.
        SandboxError: the job could not be started.
    """
    with _planted(checkout) as name, TemporaryDirectory(prefix="overnight-") as place:
        folder, output = Path(place) / "job", Path(place) / "output"
        folder.mkdir()
        (folder / name).touch()  # which the search must find, or it finds nothing
        limits = Limits(wall_s=SEARCH_S)
        job = Job(command=_search(name, checkout), folder=folder, output=output, limits=limits, readable=tuple(readable))
        result = await executor.run(job)
        lines = output.read_text(errors="replace").splitlines()
    if result.ending is not JobEnding.EXITED or not any(line.endswith(f" {FOLDER}/{name}") for line in lines):
        raise SearchFailed(result.detail or f"`find` does not work in the jail: {printable(' '.join(lines), NAME_SHOWN)}")
    hidden = {f"{status.st_dev} {status.st_ino}" for status in _statuses(checkout)}
    found = (line.split(" ", 2) for line in lines if line.count(" ") > 1 and not line.endswith(f" {FOLDER}/{name}"))
    return [
        printable(path, NAME_SHOWN)
        for device, inode, path in found
        if f"{device} {inode}" in hidden or path.endswith(f"/{name}")
    ][:MOST_NAMES]


def _search(name: str, checkout: Checkout) -> str:
    skipped = [folder for folder in SYSTEM if not any(is_within(hidden, (folder,)) for hidden in checkout.hidden)]
    skip = " -o ".join(f"-path {folder}" for folder in ("/proc", "/dev", *skipped))
    wanted = [f"-name {shlex.quote(name)} -type f", *(f"-inum {status.st_ino}" for status in _statuses(checkout))]
    return f"find / \\( {skip} \\) -prune -o \\( {' -o '.join(wanted)} \\) -printf '%D %i %p\\n'"


def _statuses(checkout: Checkout) -> Iterator[os.stat_result]:
    for folder in checkout.hidden:
        with suppress(OSError):
            yield os.stat(folder)  # noqa: PTH116  # a real path


@contextmanager
def _planted(checkout: Checkout) -> Iterator[str]:
    """Plant a secret for the length of the block; its name."""
    name = f"{PREFIX}{secrets.token_hex(8)}"
    planted = []
    try:
        for folder in checkout.private:
            with suppress(OSError):  # it does not exist yet, or is not writable
                _sweep(folder)
                os.close(os.open(folder / name, CREATE_FILE, 0o600))
                planted.append(folder / name)
        yield name
    finally:
        for path in planted:
            path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Delete the secrets that killed commands left."""
    for path in folder.glob(f"{PREFIX}*"):
        if path.lstat().st_mtime < time.time() - LEFT_S:
            path.unlink()
