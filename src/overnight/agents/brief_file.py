"""The brief as a file in the workspace, for commands that read files: written before the command, removed after it."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

NAME = ".overnight-brief.md"


def write_brief_file(workspace: Path, brief: str) -> Path:
    """Write it under a name that the repository does not use."""
    name = NAME
    while (workspace / name).exists():
        name = f"{name.removesuffix('.md')}-.md"
    path = workspace / name
    with path.open("x", encoding="utf-8") as file:
        file.write(brief)
    return path


def remove_brief_file(path: Path) -> bool:
    """Remove it, or what the command put in its place; whether it is gone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
    return not os.path.lexists(path)
