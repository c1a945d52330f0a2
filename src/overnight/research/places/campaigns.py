"""Where the campaigns of a repository lie, and the program in its checkout."""

from pathlib import Path

from overnight.errors import UserError
from overnight.git.repository import Repository, open_repository, valid_tag
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program


def campaign_folder(repository: Repository, tag: str) -> Path:
    """Where everything of a campaign is."""
    if not valid_tag(tag):
        raise UserError(f"`{tag}` cannot be part of a branch name", fix="use letters, digits, '-', '_' and '.'")
    return repository.overnight / tag


def newest_tag(repository: Repository) -> str | None:
    """The tag of the campaign that was written to last, None if there is none."""
    locks = [path for path in repository.overnight.glob("*/lock") if valid_tag(path.parent.name)]  # written by sessions only
    newest = max(locks, key=lambda path: path.stat().st_mtime, default=None)
    return newest.parent.name if newest else None


def find_campaign(folder: Path, tag: str | None) -> tuple[Repository, str]:
    """The repository around a folder and the tag of a campaign in it, the newest by default.

    Raises:
        UserError: there is no campaign yet.
    """
    repository = open_repository(folder)
    found = tag or newest_tag(repository)
    if found is None:
        raise UserError("there is no campaign here yet", fix="start one with `overnight run`")
    return repository, found


def read_program(repository: Repository) -> Program:
    """The program in the user's checkout, as it is on disk now."""
    path = repository.toplevel / PROGRAM
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"there is no {PROGRAM} in {repository.toplevel}", fix="write one with `overnight init`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    return parse_program(text, PROGRAM)
