"""Modules that Python does not find in a trial, though they are in the checkout or in the user's environment."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from overnight.jail.job import FOLDER
from overnight.machines.share import search_path
from overnight.research.places.seclusion import checkout_of
from overnight.research.setup.causes.failing import Failing, in_yaml, shown
from overnight.research.setup.interpreter import ENVIRONMENTS, own_environment

_PYTHON = re.compile(r"No module named '?([A-Za-z_][\w.]{0,100})|cannot import name .{1,80}from '?([A-Za-z_][\w.]{0,100})")
_WHERE = (
    "import importlib.util, sys\n"
    "spec = importlib.util.find_spec(sys.argv[1])\n"
    "print((spec.submodule_search_locations or [spec.origin])[0] if spec else '')"
)
_WHERE_TIMEOUT_S = 20.0
MOST_NAMES = 10  # of programs that were not found
_FOLDERS = {"lib", "lib64", "site-packages", "dist-packages"}


def python_module(failing: Failing) -> str:
    """A module that is in the tree or in the user's environment, where the trial's Python does not look."""
    hit = _PYTHON.search(failing.text)
    if not hit:
        return ""
    name = (hit[1] or hit[2]).partition(".")[0].rstrip(".")
    if place := next(_in_tree(failing, name), None):
        where = str(PurePosixPath(FOLDER, place))
        return f"`{shown(name)}` is in the tree, where Python does not look: write `env: {{PYTHONPATH: {in_yaml(where)}}}`"
    if environment := _in_environment(failing, name):
        return (
            f"`{shown(name)}` is installed in {environment}/, which is not the environment of this `python`: run "
            f"`. {environment}/bin/activate` before you call `overnight`, and write `python` in the command"
        )
    if origin := _origin(failing, name):
        return _not_shown(failing, name, origin)
    return own_environment(failing.toplevel) or (
        f"`{shown(_python(failing))}` does not find `{shown(name)}` either: install it there, or activate the environment that "
        "has it before you call `overnight`"
    )


def _in_tree(failing: Failing, name: str) -> Iterator[str]:
    """The folders below the top of the committed tree that a module of this name is in, the shortest first."""
    ends = (f"/{name}.py", f"/{name}/__init__.py")
    places = {path[: -len(end)] for _, path in failing.committed() for end in ends if path.endswith(end)}
    yield from sorted(places, key=lambda place: (place.count("/"), place))


def _in_environment(failing: Failing, name: str) -> str:
    """The environment of the checkout that has a module, if it is not the one in use; else empty."""
    python = Path(_python(failing))
    for environment in ENVIRONMENTS:
        packages = (failing.toplevel / environment).glob("lib/python3*/site-packages")
        there = any((folder / name).exists() or (folder / f"{name}.py").exists() for folder in packages)
        if there and not python.is_relative_to(failing.toplevel / environment):
            return environment
    return ""


def _python(failing: Failing) -> str:
    """The Python of the user's shell that the commands call by name; empty without one."""
    names = (
        ("python3", "python") if any("python3" in command for command in failing.program.commands) else ("python", "python3")
    )
    return next((found for name in names if (found := failing.on_path(name))), "")


def _may_ask(failing: Failing, python: str) -> bool:
    """Whether an interpreter is the user's own, not one that the repository brings: that would run outside the jail."""
    checkout = checkout_of(failing.repository)
    inside = checkout.inside(str(Path(python).parent))
    return bool(python) and (inside is None or not checkout.is_committed(inside))


def _origin(failing: Failing, name: str) -> Path | None:
    """Where the user's own Python finds a module, without importing it; None if it does not."""
    python = _python(failing)
    if not _may_ask(failing, python):
        return None
    environment = {key: failing.environment[key] for key in ("PYTHONPATH", "VIRTUAL_ENV") if key in failing.environment}
    try:
        asked = subprocess.run(
            [python, "-c", _WHERE, name],
            env={**environment, "PATH": search_path(), "HOME": str(Path.home())},
            cwd="/",  # which has no modules: the current folder may be a stranger's
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WHERE_TIMEOUT_S,
            process_group=0,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = os.fsdecode(asked.stdout.strip())
    return Path(found) if found.startswith("/") else None


def _not_shown(failing: Failing, name: str, origin: Path) -> str:
    """A module that the user's shell finds: by PYTHONPATH, in the home folder, or installed in editable mode."""
    folder = origin.parent
    of_user = folder.name in _FOLDERS and folder.is_relative_to(Path.home() / ".local")
    fix = f"`{shown(name)}` is in {shown(folder)}, which jobs do not see: write `readable: [{in_yaml(folder)}]`"
    return fix if of_user else f"{fix} and `env: {{PYTHONPATH: {in_yaml(folder)}}}` in {failing.program.path}"
