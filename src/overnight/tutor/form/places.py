"""Where curricula are: ours by name, others by their folder."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from overnight.errors import UserError
from overnight.tutor.form.curriculum import Curriculum
from overnight.tutor.form.reading import HEAD, read_curriculum
from overnight.words.foreign import printable

OWN = Path(__file__).parents[1] / "curricula"
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
SHOWN = 100  # characters of a name


def own_names() -> Sequence[str]:
    """The curricula that come with us."""
    return sorted(each.parent.name for each in OWN.glob(f"*/{HEAD}"))


def own_curriculum(name: str) -> Curriculum:
    """The curriculum of ours with this name.

    Raises:
        UserError: there is none.
    """
    if name not in own_names():
        known = ", ".join(own_names())
        raise UserError(f"there is no curriculum `{printable(name, SHOWN)}`", fix=f"known: {known}; your own: --from FOLDER")
    return read_curriculum(OWN / name, name)


def curriculum_in(folder: Path) -> Curriculum:
    """The curriculum in a folder, named like it.

    Raises:
        UserError: it has mistakes, or its name is no name or one of ours.
    """
    folder = Path(os.path.realpath(folder))  # `resolve` fails on links that lead to each other
    if not NAME.fullmatch(folder.name) or (folder.name in own_names() and folder.parent != OWN):
        fix = "rename the folder: small letters, digits and hyphens, and no name of ours"
        raise UserError(f"`{printable(folder.name, SHOWN)}` cannot be the name of a curriculum of your own", fix=fix)
    return read_curriculum(folder, folder.name)
