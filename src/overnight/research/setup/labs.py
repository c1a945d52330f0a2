"""The bundled labs: ordinary repositories once they are copied."""

import os
import shutil
import subprocess
import sys
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from overnight.errors import UserError
from overnight.machines.share import search_path

CORPUS = "corpus.py"  # of a lab: run once in the copy, it writes the lab's data from its seeds


def available() -> dict[str, str]:
    """The labs by name, each with the first line of its README."""
    root = resources.files("overnight") / "labs"
    found = sorted((lab for lab in root.iterdir() if (lab / "README.md").is_file()), key=lambda lab: lab.name)
    return {lab.name: _title(lab / "README.md") for lab in found}


def _title(readme: Traversable) -> str:
    """What follows the lab's name on the first line of its README."""
    first, _, _ = readme.read_text(encoding="utf-8").partition("\n")
    return first.lstrip("# ").partition(": ")[2]


def copy_lab(name: str, folder: Path) -> None:
    """Copy a lab to a folder that does not exist or is empty, and commit it there.

    Raises:
        UserError: there is no such lab, or the folder is in use.
    """
    if name not in available():
        raise UserError(f"there is no lab `{name}`", fix=f"choose one of: {', '.join(available())}")
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty", fix="name a new folder")
    with resources.as_file(resources.files("overnight") / "labs" / name) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    if (folder / CORPUS).is_file():
        subprocess.run([sys.executable, "-B", CORPUS], cwd=folder, check=True)
    identity = ("-c", "user.name=overnight", "-c", "user.email=overnight@localhost")
    # A clean environment: the user's settings (signing, hooks) and a GIT_DIR around us must not affect a new repository.
    environment = {"PATH": search_path(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", f"Start from the {name} lab")):
        subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, check=True)
