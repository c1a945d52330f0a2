"""What a job may read of the host besides the system: the Python in use here, and the programs on PATH.

Does not cover: other readable files in these folders (a secret next to an interpreter is shown too); packages installed in
editable mode, whose code is elsewhere: name that folder under `readable`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import SandboxError
from overnight.words.foreign import printable

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_CLOSED = ("/proc", "/dev", "/run", "/var/run", "/sys")  # they lead to other processes, devices and sockets
_PYTHONS = ("python3", "python")
_ASK = "import json, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix]))"
_ASK_TIMEOUT_S = 30.0
_SHOWN = 200  # characters of its message
_BELOW_HOME = 2  # folders: ~/.local and ~/.cargo hold more than programs, ~/.nvm/versions/node/v22 does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Host folders visible in the jail, read-only at their own paths, and the PATH that finds programs in them."""

    folders: tuple[str, ...]
    search_path: str
    pythons: tuple[str, ...]  # interpreters, absolute


def find_reach(search_path: str, home: Path) -> Reach:
    """What is needed for a user's PATH, and the Python that it finds, to work in the jail.

    Raises:
        SandboxError: Python's folder cannot be shown without showing the whole home folder.
    """
    folders: list[str] = []
    entries: list[str] = []
    pythons: list[str] = []
    for entry in dict.fromkeys(path for path in search_path.split(":") if path.startswith("/")):
        executable = next((found for name in _PYTHONS if (found := shutil.which(name, path=entry))), None)
        if executable and not _within(entry, SYSTEM):
            real, prefixes = _ask(executable, search_path, home)
            for prefix in prefixes:
                _refuse_home(prefix, executable, home)
            folders += prefixes
            pythons.append(real)
            entries.append(str(Path(real).parent))
            continue
        if not Path(entry).is_dir() or _within(entry, _CLOSED) or Path(entry).name == "shims":
            continue
        if not _within(entry, (*SYSTEM, *folders)):
            folders.append(_installation(Path(entry), home))
        entries.append(entry)
    return Reach(
        folders=_outermost(folders), search_path=":".join(dict.fromkeys(entries)), pythons=tuple(dict.fromkeys(pythons))
    )


def check_readable(path: str) -> str:
    """The path of a folder to be shown.

    Raises:
        SandboxError: it is missing or not absolute, or it would expose the host.
    """
    if not Path(path).is_absolute() or _within(path, _CLOSED) or any(_within(closed, (path,)) for closed in _CLOSED):
        raise SandboxError(f"jobs may not read {path}", fix="give the absolute path of a folder of data")
    if not Path(path).exists():
        raise SandboxError(f"jobs cannot read {path}: it does not exist")
    return path


def _ask(executable: str, search_path: str, home: Path) -> tuple[str, list[str]]:
    """The interpreter behind a name on PATH (which may be a shim), and its folders."""
    try:
        asked = subprocess.run(
            [executable, "-I", "-c", _ASK],
            env={"PATH": search_path, "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_TIMEOUT_S,
            process_group=0,  # a Ctrl-C in the terminal is for us to handle
            check=True,
        )
        real, *prefixes = json.loads(asked.stdout)
    except subprocess.CalledProcessError as error:
        said = printable(error.stderr.decode(errors="replace").strip(), _SHOWN)
        raise SandboxError(f"{executable} does not run: {said}") from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"{executable}, found on PATH, is not a working Python: {error}") from error
    return real, [prefix for prefix in [*prefixes, *_link_targets(real)] if not _within(prefix, SYSTEM)]


def _link_targets(executable: str) -> list[str]:
    """The installations that an interpreter's links lead through."""
    prefixes = []
    at = Path(executable)
    while at.is_symlink():
        at = Path(os.path.normpath(at.parent / at.readlink()))
        prefixes.append(str(at.parent.parent))
    return [*prefixes, str(at.resolve().parent.parent)]


def _refuse_home(prefix: str, executable: str, home: Path) -> None:
    if _within(str(home), (prefix,)):
        raise SandboxError(
            f"{executable} is installed in {prefix}, which contains your home folder: jobs must not read that",
            fix="use a virtual environment in a separate folder",
        )


def _installation(entry: Path, home: Path) -> str:
    """The folder to show for an entry of PATH: the installation around it, if that is certainly nothing else."""
    around = entry.parent
    if entry.name not in {"bin", "sbin"} or around == Path("/") or _within(str(home), (str(around),)):
        return str(entry)
    if around.is_relative_to(home) and len(around.relative_to(home).parts) < _BELOW_HOME:
        return str(entry)
    return str(around)


def _outermost(folders: Iterable[str]) -> tuple[str, ...]:
    """The folders that are in no other one, in the order given."""
    unique = list(dict.fromkeys(folders))
    return tuple(one for one in unique if not any(one != other and _within(one, (other,)) for other in unique))


def _within(path: str, folders: Iterable[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)
