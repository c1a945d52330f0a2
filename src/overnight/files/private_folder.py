"""Folders in `.overnight` that one command uses and deletes at its end; those of a killed command go with the next one.

The command holds a lock on its folder, which the kernel lets go of with the process, however that ends: a folder that can be
locked has no owner any more. Does not cover: file systems without `flock`, where nothing is swept.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from overnight.files.folders import OPEN_FOLDER, closing_descriptor, remove_tree

KINDS = ("rehearsal", "rerun", "init")


@contextmanager
def private_folder(parent: Path, kind: str) -> Iterator[Path]:
    """A folder for this command alone; what killed commands left beside it is deleted first."""
    sweep(parent)
    # It gets its name when it is locked, so that no other command finds it before.
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    folder = new.with_name(new.name.replace(".new", f".{kind}", 1))
    with closing_descriptor(os.open(new, OPEN_FOLDER)) as held:
        with suppress(OSError):  # no locks here: then it is never taken for a leftover either
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        new.rename(folder)
        try:
            yield folder
        finally:
            remove_tree(folder)


def sweep(parent: Path) -> None:
    """Delete the private folders whose command is gone."""
    for kind in KINDS:
        for folder in parent.glob(f".{kind}-*"):
            with suppress(OSError), closing_descriptor(os.open(folder, OPEN_FOLDER)) as found:
                fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(folder)
