"""Where claws are: each has a folder in the user's state folder, which belongs to no repository."""

import re
from collections.abc import Sequence
from pathlib import Path

from overnight.claw.charter import NAMED, SETTINGS
from overnight.errors import UserError
from overnight.files.state_folder import state_folder
from overnight.words.foreign import printable

FOLDER = "claws"  # in the state folder
LONGEST = 40  # characters of a name
_NAME = re.compile(rf"[a-z][a-z0-9-]{{0,{LONGEST - 1}}}")


def claw_folder(name: str) -> Path:
    """The folder of a claw, which may not exist yet.

    Raises:
        UserError: it cannot be a name.
    """
    if not _NAME.fullmatch(name):
        fix = f"use up to {LONGEST} small letters, digits and dashes"
        raise UserError(f"`{printable(name, LONGEST)}` is no name of a claw", fix=fix)
    return state_folder() / FOLDER / name


def claw_names() -> Sequence[str]:
    """Those there are, in order of the alphabet."""
    folder = state_folder() / FOLDER
    return sorted(path.parent.name for path in folder.glob(f"*/{SETTINGS}")) if folder.is_dir() else []


def find_claw(name: str | None) -> Path:
    """The folder of the claw with this name, or of the only one.

    Raises:
        UserError: there is none, or it is not clear which is meant.
    """
    names = claw_names()
    if name is None:
        if len(names) > 1 and NAMED not in names:
            raise UserError(f"there are several claws: {', '.join(names)}", fix="say which: --claw NAME")
        name = NAMED if NAMED in names or not names else names[0]
    folder = claw_folder(name)
    if name not in names:
        raise UserError(
            f"there is no claw `{name}`", fix="make one: overnight claw init" + ("" if name == NAMED else f" {name}")
        )
    return folder
