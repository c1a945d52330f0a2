"""What of the host a job must read so that a program on PATH starts: mostly the folder that a link on PATH leads to.

Package managers leave a link on PATH and keep the program elsewhere: npm in a `node_modules` with the native binaries of an
agent as packages beside it, uv and pipx in a virtual environment, installers of single files in a folder of versions. The jail
shows the folders of PATH alone.

Does not cover: launchers that look the program up by themselves (asdf, mise, volta): put the folder of the program on PATH;
interpreters outside the system and PATH.
"""

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from overnight.errors import SandboxError
from overnight.jail.reach import SYSTEM, check_readable

_PACKAGES = "node_modules"
_MOST_LINKS = 40  # as the kernel's own limit


def installation(command: str, search_path: str | None = None) -> tuple[str, ...]:
    """Host paths to show to a job that runs a shell command, besides the folders of `search_path` (None: our PATH)."""
    program = program_of(command)
    found = shutil.which(program, path=search_path) if "/" not in program else None
    if found is None:
        return ()
    shown = dict.fromkeys(str(home) for path in _links(Path(found)) for home in _homes(path))
    return tuple(path for path in shown if _may_show(path))


def program_of(command: str) -> str:
    """The program that a simple shell command runs; empty if it is not that simple."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return next((word for word in words if word not in {"exec", "env"} and "=" not in word), "")


def _links(path: Path) -> Iterator[Path]:
    """The files that a link leads through, the last one without links anywhere in its path."""
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / path.readlink()))
        yield path
    if path.resolve() != path:
        yield path.resolve()


def _homes(path: Path) -> Iterator[Path]:
    """The smallest folders around a program that hold what it needs; itself if nothing is known of it."""
    environment = path.parent.parent
    if _PACKAGES in path.parts:
        yield Path(*path.parts[: path.parts.index(_PACKAGES) + 1])
    elif (environment / "pyvenv.cfg").is_file():
        yield environment
        yield (path.parent / "python").resolve().parent.parent
    else:
        yield path


def _may_show(path: str) -> bool:
    """Whether a job does not see it anyway, and may."""
    if any(Path(path).is_relative_to(system) for system in SYSTEM) or Path.home().is_relative_to(path):
        return False
    try:
        check_readable(path)
    except SandboxError:
        return False
    return True
