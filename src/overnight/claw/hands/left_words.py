"""Where words still are outside of the record: the owner's files of a claw, and copies of its own folder for `undo`.

Does not cover: words in another form than UTF-8 text, such as archives and pictures; files beyond the limits below.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from overnight.claw.charter import FILES, SOUL, USER
from overnight.claw.hands.own_folder import UNDO
from overnight.files.own import read_unlinked

MOST_FILES = 5000
MOST_BYTES = 4_000_000  # of one file
Holds = Callable[[str], bool]  # whether a text has the words


def files_with(claw: Path, holds: Holds) -> Sequence[str]:
    """The paths, in the claw's folder, of files that its owner or its commands wrote and that have the words."""
    paths = [claw / SOUL, claw / USER, *_below(claw / FILES)]
    return [str(path.relative_to(claw)) for path in paths if _has(path, holds)]


def copies_with(claw: Path, holds: Holds) -> Sequence[Path]:
    """The copies of its own folder that have them in a file."""
    undo = claw / UNDO
    copies = sorted(path for path in undo.iterdir() if path.is_dir() and not path.is_symlink()) if undo.is_dir() else []
    return [copy for copy in copies if any(_has(path, holds) for path in _below(copy))]


def _below(folder: Path) -> Iterator[Path]:
    found = 0
    for place, folders, names in os.walk(folder):  # links to folders are not followed
        folders.sort()
        for name in sorted(names):
            found += 1
            if found > MOST_FILES:
                return
            yield Path(place, name)


def _has(path: Path, holds: Holds) -> bool:
    with suppress(OSError):
        return holds(f"{path.name}\n{read_unlinked(path, MOST_BYTES).decode('utf-8', 'replace')}")
    return False
