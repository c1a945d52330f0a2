"""Which `python` a program's commands find, and a hint if it is not the project's own."""

import os
import shutil
import sys
from pathlib import Path

import overnight
from overnight.machines.share import search_path

ENVIRONMENTS = (".venv", "venv")  # where a repository's own interpreter usually is


def other_interpreter(toplevel: Path) -> str:
    """A line if `python` is not that of the repository's environment, or is overnight's own; else empty."""
    found = Path(shutil.which("python", path=search_path()) or "")
    for name in ENVIRONMENTS:
        if (toplevel / name / "bin" / "python").exists() and not found.is_relative_to(toplevel / name):
            return f"`python` is {found} here, not the one of {name}/; if that is wrong, run `. {name}/bin/activate` first"
    return own_environment(toplevel)


def own_environment(toplevel: Path) -> str:
    """A line if `python` is that of the environment that overnight runs from, not one of the project; else empty."""
    found = shutil.which("python", path=search_path())
    if found is None or not _is_ours(Path(found)) or _is_projects(Path(sys.prefix), toplevel):
        return ""
    fix = "if your commands need packages, activate your project's environment and run this again"
    return f"this `python` is overnight's own environment: {found}; {fix}"


def _is_ours(python: Path) -> bool:
    """Whether an interpreter is that of the virtual environment that runs us; a system's own interpreter never is."""
    return sys.prefix != sys.base_prefix and python.parent.resolve() == (Path(sys.prefix) / "bin").resolve()


def _is_projects(environment: Path, toplevel: Path) -> bool:
    """Whether the environment that runs us is meant for the project: in it, or activated and not that of our clone."""
    if environment.resolve().is_relative_to(toplevel.resolve()):
        return True
    package = Path(overnight.__file__)
    of_clone = package.is_relative_to(environment.parent) and not package.is_relative_to(environment)
    active = os.environ.get("VIRTUAL_ENV")
    return active is not None and Path(active).resolve() == environment.resolve() and not of_clone
