"""What a job may read of the host besides the system: the Python in use here, and the programs on PATH.

Does not cover: other readable files in these folders (a secret next to an interpreter is shown too); packages installed in
editable mode, whose code is outside the checkout: name that folder under `readable`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath

from overnight.errors import SandboxError
from overnight.files.search_path import absolute_entries
from overnight.files.state_folder import state_folder
from overnight.jail.checkout import NO_CHECKOUT, Checkout, real_path
from overnight.jail.job import FOLDER
from overnight.jail.tool_links import interpreters, is_installation, linked_programs
from overnight.words.foreign import printable

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_CLOSED = ("/proc", "/dev", "/run", "/var/run", "/sys")  # they lead to other processes, devices and sockets
_PYTHONS = ("python3", "python")
_PROGRAMS = {"bin", "sbin", ".bin"}  # names of a folder of programs in an installation; the last is npm's
_ASK = "import json, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix]))"
NAMES = 4096  # paths whose names are remembered
_ASK_TIMEOUT_S = 30.0
_SHOWN = 200  # characters of its message
_LOCAL = "/usr/local"  # the part of the system in which people install
_WIDEST = 2  # parts of a path: /tmp, /opt and /home hold more than one installation
_OF_PROJECTS = (".git", ".overnight")  # what lies beside these is no installation
_BELOW_HOME = 2  # folders: ~/.local and ~/.cargo hold more than programs, ~/.nvm/versions/node/v22 does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Host folders visible in the jail, read-only at their own paths, and the PATH that finds programs in them."""

    folders: tuple[str, ...]
    search_path: str
    pythons: tuple[str, ...]  # interpreters, absolute
    checkout: Checkout = NO_CHECKOUT


def find_reach(search_path: str, home: Path, checkout: Checkout = NO_CHECKOUT, *, environment: str = "") -> Reach:
    """What is needed for a user's PATH, and the Python that it finds, to work in the jail.

    A folder of PATH that is committed in the checkout is replaced by the same folder of the job's own tree. An `environment`,
    absolute, comes before PATH; its Python is not asked, and so not run here: nobody has put it on PATH.

    Raises:
        SandboxError: Python's folder cannot be shown without showing the whole home folder, or a part of the repository.
    """
    folders: list[str] = []
    entries: list[str] = []
    pythons: list[str] = []
    linking: list[str] = []  # entries whose links are followed
    programs = str(Path(environment) / "bin")
    if environment and all(_may_show(path, home, checkout) for path in (environment, programs)):
        folders.append(environment)
        entries.append(programs)
        for program in interpreters(Path(environment)):
            folders += _shown_of(program, folders, home, checkout)
    for entry in dict.fromkeys(map(_one_slash, absolute_entries(search_path))):
        inside = checkout.inside(entry)
        if inside is not None and checkout.is_committed(inside):
            entries.append(os.path.normpath(f"{FOLDER}/{inside}"))
        elif is_within(entry, SYSTEM) and inside is None:
            entries += [entry] if Path(entry).is_dir() else []
            linking += [entry] if is_within(entry, (_LOCAL,)) else []
        elif executable := next((found for name in _PYTHONS if (found := shutil.which(name, path=entry))), None):
            python, prefixes = _ask(executable, search_path, home, checkout)
            folders += prefixes
            pythons.append(python)
            entries.append(str(Path(python).parent))
        elif _may_show(entry, home, checkout):
            folders += [] if is_within(entry, folders) else [_installation(Path(entry), home, checkout)]
            entries.append(entry)
            linking.append(entry)
    for entry in linking:
        for program in linked_programs(Path(entry)):
            folders += _shown_of(program, folders, home, checkout)
    return Reach(
        folders=tuple(dict.fromkeys(folders)),
        search_path=":".join(dict.fromkeys(entries)),
        pythons=tuple(dict.fromkeys(pythons)),
        checkout=checkout,
    )


def check_readable(path: str, checkout: Checkout = NO_CHECKOUT) -> str:
    """The path of a folder to be shown, with one slash at its start.

    Raises:
        SandboxError: it is missing or not absolute, or it would expose the host or the repository.
    """
    if checkout.refuses(path):
        raise SandboxError(f"jobs may not read {path}: it is the repository's own", fix="name the folder of data in it")
    if not Path(path).is_absolute() or _is_closed(path):
        raise SandboxError(f"jobs may not read {path}", fix="give the absolute path of a folder of data")
    if _holds(path, Path.home()):
        raise SandboxError(f"jobs may not read {path}: your home folder is in it", fix="name the folder of data in it")
    state = real_path(state_folder())
    if _holds(path, state) or real_path(path).is_relative_to(state):
        raise SandboxError(f"jobs may not read {path}: overnight keeps its secrets there", fix="name the folder of data in it")
    if not Path(path).exists():
        raise SandboxError(f"jobs cannot read {path}: it does not exist")
    return _one_slash(path)


def _may_show(entry: str, home: Path, checkout: Checkout) -> bool:
    """Whether a folder of programs may be shown; shims lead to a manager that is not."""
    path = Path(entry)
    closed = _is_closed(entry) or _holds(entry, home)
    return path.is_dir() and not closed and path.name != "shims" and not checkout.refuses(entry)


def _shown_of(program: Path, folders: Sequence[str], home: Path, checkout: Checkout) -> Iterator[str]:
    """What to show of a program behind a link: its installation and that one's interpreter, or else the file alone."""
    for at in (program, *interpreters(program.parent.parent)):
        around = at.parent.parent
        named = at.parent.name in _PROGRAMS and is_installation(around, home)
        whole = named and _installation(at.parent, home, checkout) == str(around)
        path = str(around) if whole else str(at)
        refused = _is_closed(path) or _holds(path, home) or checkout.inside(path) is not None or checkout.refuses(path)
        if not refused and not is_within(path, (*SYSTEM, *folders)) and (whole or at == program):
            yield path


def _one_slash(path: str) -> str:
    """An absolute path as the kernel reads it: two slashes at the start mean nothing else to Linux."""
    return "/" + path.lstrip("/")


def _is_closed(path: str) -> bool:
    """Whether a path, under its own name or its real one, lies in one of those that no job may see, or around one."""
    names = (path, str(real_path(path)))
    return any(is_within(name, _CLOSED) or any(is_within(closed, (name,)) for closed in _CLOSED) for name in names)


def _holds(path: str, home: Path) -> bool:
    """Whether a folder, under whatever name, is the home folder or contains it."""
    return real_path(home).is_relative_to(real_path(path))


def _ask(executable: str, search_path: str, home: Path, checkout: Checkout) -> tuple[str, list[str]]:
    """The interpreter behind a name on PATH (which may be a shim), and its folders.

    Raises:
        SandboxError: as `find_reach`.
    """
    try:
        asked = subprocess.run(
            [executable, "-I", "-c", _ASK],
            env={"PATH": search_path, "HOME": str(home)},
            cwd="/",  # a shim may obey files of the current folder, which is a stranger's
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
    shown = [
        prefix
        for prefix in (*prefixes, *_link_targets(real))
        if not is_within(prefix, SYSTEM) or checkout.inside(prefix) is not None
    ]
    for prefix in shown:
        if _is_closed(prefix):
            raise SandboxError(f"{executable} says that it is installed in {prefix}, which jobs must not read")
        _refuse_home(prefix, executable, home)
        checkout.check_environment(prefix, executable)
    return real, shown


def _link_targets(executable: str) -> list[str]:
    """The installations that an interpreter's links lead through."""
    prefixes = []
    at = Path(executable)
    while at.is_symlink():
        at = Path(os.path.normpath(at.parent / at.readlink()))
        prefixes.append(str(at.parent.parent))
    return [*prefixes, str(at.resolve().parent.parent)]


def _refuse_home(prefix: str, executable: str, home: Path) -> None:
    if _holds(prefix, home):
        raise SandboxError(
            f"{executable} is installed in {prefix}, which contains your home folder: jobs must not read that",
            fix="use a virtual environment in a separate folder",
        )


def _installation(entry: Path, home: Path, checkout: Checkout) -> str:
    """The folder to show for an entry of PATH: the installation around it, if that is certainly nothing else."""
    around = entry.parent
    real, real_home = real_path(around), real_path(home)
    close = real.is_relative_to(real_home) and len(real.relative_to(real_home).parts) < _BELOW_HOME
    wide = len(real.parts) <= _WIDEST or real == Path("/var/tmp") or _holds(str(around), home)  # noqa: S108  # never shown whole
    project = any((around / name).exists() for name in _OF_PROJECTS)
    inside = checkout.inside(str(around)) is not None and around.name != "node_modules"
    if entry.name not in _PROGRAMS or close or wide or project or inside or checkout.refuses(str(around)):
        return str(entry)
    return str(around)


def is_within(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of some folders, or lies below one, by their names alone."""
    names = _names(path)
    return any(above and names[: len(above)] == above for above in map(_names, folders))


@lru_cache(NAMES)
def _names(path: str) -> tuple[str, ...]:
    """The names in a path; each job asks for those of the same folders, many times."""
    return PurePath(path).parts
