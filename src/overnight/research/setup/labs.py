"""The bundled labs: ordinary repositories once they are copied."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from overnight.errors import UserError
from overnight.research.places.new_repository import commit_folder

INSTANCE = "instance.py"  # of a lab that is a family: run once in the copy with a number, it writes that instance
CORPUS = "corpus.py"  # of a lab: run once in the copy, it writes the lab's data from its seeds


def available() -> dict[str, str]:
    """The labs by name, each with the first line of its README."""
    root = resources.files("overnight") / "labs"
    found = sorted((lab for lab in root.iterdir() if (lab / "README.md").is_file()), key=lambda lab: lab.name)
    return {lab.name: _title(lab / "README.md") for lab in found}


def lab_names() -> Sequence[str]:
    """The names of the labs, sorted."""
    root = resources.files("overnight") / "labs"
    return sorted(lab.name for lab in root.iterdir() if (lab / "README.md").is_file())


def is_family(name: str) -> bool:
    """Whether a lab is a family: another instance for each number."""
    return (resources.files("overnight") / "labs" / name / INSTANCE).is_file()


def _title(readme: Traversable) -> str:
    """What follows the lab's name on the first line of its README."""
    first, _, _ = readme.read_text(encoding="utf-8").partition("\n")
    return first.lstrip("# ").partition(": ")[2]


def lab_of(name: str) -> tuple[str, int | None]:
    """A lab's name and the number of its instance, of `plant#7`; without a number it is the usual one.

    Raises:
        UserError: what follows the `#` is no number.
    """
    lab, sign, number = name.partition("#")
    if sign and not (number.isascii() and number.isdigit()):
        raise UserError(f"`{name}` names no instance of a lab", fix=f"write a number, as in {lab}#7")
    return lab, int(number) if sign else None


def copy_lab(name: str, folder: Path, *, instance: int | None = None) -> None:
    """Copy a lab to a folder that does not exist or is empty, and commit it there.

    A lab that is a family has a script that makes one of its instances, by number, in the copy.

    Raises:
        UserError: there is no such lab, it has no instances, or the folder is in use.
    """
    if name not in available():
        raise UserError(f"there is no lab `{name}`", fix=f"choose one of: {', '.join(available())}")
    if instance is not None and not is_family(name):
        raise UserError(f"the lab `{name}` has no instances", fix=f"name it as `{name}`, without a number")
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty", fix="name a new folder")
    with resources.as_file(resources.files("overnight") / "labs" / name) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    if (folder / CORPUS).is_file():
        subprocess.run([sys.executable, "-B", CORPUS], cwd=folder, check=True)
    if (folder / INSTANCE).is_file():
        subprocess.run([sys.executable, "-B", INSTANCE, str(instance or 0)], cwd=folder, check=True)
    commit_folder(folder, f"Start from the {name} lab")
