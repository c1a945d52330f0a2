"""Modules that Python does not find in a trial, though they are in the checkout or in the user's environment."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from overnight.jail.job import FOLDER
from overnight.research.setup.causes.failing import Failing, in_yaml, shown
from overnight.research.setup.causes.user_python import answer_of, python_of
from overnight.research.setup.interpreter import ENVIRONMENTS, own_environment

_PYTHON = re.compile(r"No module named '?([A-Za-z_][\w.]{0,100})|cannot import name .{1,80}from '?([A-Za-z_][\w.]{0,100})")
_WHERE = (
    "import importlib.util, sys\n"
    "spec = importlib.util.find_spec(sys.argv[1])\n"
    "print((spec.submodule_search_locations or [spec.origin])[0] if spec else '')"
)
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
        f"`{shown(python_of(failing))}` does not find `{shown(name)}` either: install it there, or activate the environment "
        "that has it before you call `overnight`"
    )


def _in_tree(failing: Failing, name: str) -> Iterator[str]:
    """The folders below the top of the committed tree that a module of this name is in, the shortest first."""
    ends = (f"/{name}.py", f"/{name}/__init__.py")
    places = {path[: -len(end)] for _, path in failing.committed() for end in ends if path.endswith(end)}
    yield from sorted(places, key=lambda place: (place.count("/"), place))


def _in_environment(failing: Failing, name: str) -> str:
    """The environment of the checkout that has a module, if it is not the one in use; else empty."""
    python = Path(python_of(failing))
    for environment in ENVIRONMENTS:
        packages = (failing.toplevel / environment).glob("lib/python3*/site-packages")
        there = any((folder / name).exists() or (folder / f"{name}.py").exists() for folder in packages)
        if there and not python.is_relative_to(failing.toplevel / environment):
            return environment
    return ""


def _origin(failing: Failing, name: str) -> Path | None:
    """Where the user's own Python finds a module, without importing it; None if it does not."""
    found = answer_of(failing, _WHERE, name)
    return Path(found) if found.startswith("/") else None


def _not_shown(failing: Failing, name: str, origin: Path) -> str:
    """A module that the user's shell finds: by PYTHONPATH, in the home folder, or installed in editable mode."""
    folder = origin.parent
    of_user = folder.name in _FOLDERS and folder.is_relative_to(Path.home() / ".local")
    fix = f"`{shown(name)}` is in {shown(folder)}, which jobs do not see: write `readable: [{in_yaml(folder)}]`"
    return fix if of_user else f"{fix} and `env: {{PYTHONPATH: {in_yaml(folder)}}}` in {failing.program.path}"
