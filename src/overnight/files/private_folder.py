"""Folders in `.overnight` that one command uses and deletes at its end; the next command deletes those of a killed one.

The command holds a lock on its folder. The kernel releases it with the process, however that ends, so a folder that can be
locked has no owner any more. Does not cover: file systems without `flock`; nothing is swept on them.
"""

import fcntl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from overnight.files.folders import opened, remove_tree

KINDS = ("rehearsal", "rerun", "init", "work")


def _always(_folder: Path) -> bool:
    return True


@contextmanager
def private_folder(parent: Path, kind: str, *, may_go: Callable[[Path], bool] = _always) -> Iterator[Path]:
    """A folder for this command alone; those that killed commands left beside it are deleted first.

    `may_go` is asked of each before it is deleted, also of this one at the end: what it holds may have to be saved first.
    """
    sweep(parent, may_go)
    # It gets its name only once it is locked, so that no other command finds it earlier.
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    folder = new.with_name(new.name.replace(".new", f".{kind}", 1))
    with opened(new) as held:
        with suppress(OSError):  # no locks here, so it is never taken for a leftover either
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        new.rename(folder)
        try:
            yield folder
        finally:
            if may_go(folder):
                remove_tree(folder)


def sweep(parent: Path, may_go: Callable[[Path], bool] = _always) -> None:
    """Delete the private folders whose command is gone."""
    for kind in KINDS:
        for folder in parent.glob(f".{kind}-*"):
            with suppress(OSError), opened(folder) as found:
                fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if may_go(folder):
                    remove_tree(folder)
