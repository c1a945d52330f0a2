"""The brief as a file in the workspace, for commands that read files: written before the command, removed after it.

What an earlier turn of a hostile command left there is neither followed nor in the way.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from overnight.agents.port import TurnFailed
from overnight.files.folders import remove_tree

NAME = ".overnight-brief.md"
_RANDOM_BYTES = 8  # of another name; a list of names to try could be used up


def write_brief_file(workspace: Path, brief: str) -> Path:
    """Write it under a name that the repository does not use.

    Raises:
        TurnFailed: nothing can be written into the workspace as it is left.
    """
    path = workspace / NAME
    if os.path.lexists(path):
        path = workspace / f"{NAME.removesuffix('.md')}-{secrets.token_hex(_RANDOM_BYTES)}.md"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(brief)
    except OSError as error:
        raise TurnFailed(f"the brief cannot be written into the workspace: {error.strerror}") from error
    return path


def remove_brief_file(path: Path) -> bool:
    """Remove it, or what the command put in its place; whether it is gone."""
    with suppress(OSError):
        remove_tree(path)
    return not os.path.lexists(path)
