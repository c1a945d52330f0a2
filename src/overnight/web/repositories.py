"""The repositories that a face serves, by the names that their addresses have."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.words.foreign import printable

NAME = 100  # characters
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def named(folders: Iterable[Path]) -> Mapping[str, Path]:
    """The checkouts around these folders by name: the last part of the path, with a number if several have the same.

    Raises:
        UserError: a folder is in no repository.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        place = open_repository(folder).toplevel
        if place in found.values():
            continue
        plain = _UNFIT.sub("-", place.name)[:NAME].strip(".-") or "repo"
        others = (f"{plain}-{number}" for number in range(2, 1000))
        found[plain if plain not in found else next(name for name in others if name not in found)] = place
    return found


def repository_named(repositories: Mapping[str, Path], name: str) -> Path:
    """The folder of a repository that is served.

    Raises:
        UserError: it is not served.
    """
    if name not in repositories:
        fix = f"served are {', '.join(repositories)}" if repositories else "serve it with `--repo PATH`"
        raise UserError(f"no repository `{printable(name, NAME)}` is served here", fix=fix)
    return repositories[name]
