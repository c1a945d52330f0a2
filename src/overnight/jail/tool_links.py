"""The links in a folder of programs: package managers put a tool into a folder of its own, and a link to it on PATH.

Does not cover: scripts that start what is elsewhere (shims); what a tool reads outside its own folder.
"""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from overnight.jail.checkout import real_path

MOST_NAMES = 2_000  # of one folder that are looked at, a few milliseconds
_INTERPRETERS = ("python3", "python")
_OF_INSTALLATIONS = ("pyvenv.cfg", "lib", "lib64", "libexec")


def linked_programs(folder: Path) -> Iterator[Path]:
    """The real paths of the programs that the links of a folder lead to, outside of it."""
    try:
        names = sorted(islice((path for path in folder.iterdir() if path.is_symlink()), MOST_NAMES))
    except OSError:
        return
    found = (real_path(path) for path in names)
    yield from dict.fromkeys(path for path in found if _is_program(path) and path.parent != real_path(folder))


def _is_program(path: Path) -> bool:
    """Whether a file can be run: a link to a key or a note in a folder of programs shows neither."""
    return path.is_file() and os.access(path, os.X_OK)


def is_installation(folder: Path, home: Path) -> bool:
    """Whether a folder is surely a tool's own: it looks like one, and is not among a person's own folders."""
    real, real_home = real_path(folder), real_path(home)
    below_home = real.relative_to(real_home).parts[:1] if real.is_relative_to(real_home) else (".",)
    managed = all(name.startswith(".") for name in below_home)  # ~/.local and its like; ~/work is a person's
    return managed and any((real / name).exists() for name in _OF_INSTALLATIONS)


def interpreters(installation: Path) -> Iterator[Path]:
    """The real paths of the interpreters that an environment has links to."""
    for name in _INTERPRETERS:
        path = installation / "bin" / name
        if path.is_symlink() and path.exists():
            yield real_path(path)
