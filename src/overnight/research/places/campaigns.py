"""Where the campaigns of a repository lie, and the program in its checkout."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import claim_folder, read_unlinked
from overnight.git.repository import Repository, open_repository, valid_tag
from overnight.ledger.lock import NAME as LOCK
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program
from overnight.research.places.orders import LARGEST
from overnight.words.foreign import printable

NAME = 100  # characters of a foreign tag in a message
META_TAGS = "meta-"  # that the tags of meta-campaigns begin with, and no others
ACTION_REFS = "actions"  # a tag whose refs and folder are those of actions
OTHERS = {ACTION_REFS: "actions", "hub": "a hub", "work": "a worker"}  # whose refs or folders have these names


def campaign_folder(repository: Repository, tag: str) -> Path:
    """Where everything of a campaign is."""
    if not valid_tag(tag):
        raise UserError(
            f"`{printable(tag, NAME)}` cannot be part of a branch name", fix="use letters, digits, '-', '_' and '.'"
        )
    return repository.overnight / tag


def is_meta(tag: str) -> bool:
    """Whether a tag is that of a meta-campaign, whose trials are whole campaigns."""
    return tag.startswith(META_TAGS)


def require_sort(tag: str, *, meta: bool) -> None:
    """Check that a session of one sort of campaign has a tag of that sort.

    Raises:
        UserError: it has not, or what it would write is for something else.
    """
    if tag in OTHERS:
        what = f"`{tag}` cannot be the name of a campaign: its refs and folder are those of {OTHERS[tag]}"
        raise UserError(what, fix="use another --tag")
    if is_meta(tag) == meta:
        return
    name = printable(tag, NAME)
    if meta:
        raise UserError(f"`{name}` is no name of a meta-campaign", fix=f"call it `{META_TAGS}{name}`, or leave --tag out")
    raise UserError(f"`{name}` is the name of a meta-campaign", fix=f"use `overnight meta run --tag {name}`, or another name")


def newest_tag(repository: Repository, *, meta: bool = False) -> str | None:
    """The tag of the campaign, or of the meta-campaign, whose session began last; None if there is none.

    Links are no campaigns.
    """
    newest = max((lock for lock in _locks(repository.overnight) if is_meta(lock[1]) == meta), default=None)
    return newest[1] if newest else None


def tags_by_session(folder: Path) -> list[str]:
    """The tags of all campaigns in our folder of a repository, those whose sessions began last first."""
    return [tag for _, tag in sorted(_locks(folder), reverse=True)]


def _locks(folder: Path) -> Iterator[tuple[int, str]]:
    """When a session last began in each campaign, in ns, with its tag; only sessions write the lock."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and valid_tag(entry.name) and entry.name not in OTHERS:
                with suppress(OSError):
                    status = Path(entry, LOCK).lstat()
                    if stat.S_ISREG(status.st_mode):
                        yield status.st_mtime_ns, entry.name


def find_campaign(folder: Path, tag: str | None) -> tuple[Repository, str]:
    """The repository around a folder and the tag of a campaign in it, by default the newest that is no meta-campaign.

    Everything in the campaign's folder is ours then, see `files/own.py`; that it was begun here is not checked.

    Raises:
        UserError: there is no campaign yet, or something in its folder is not ours.
    """
    repository = open_repository(folder)
    repository.check_overnight()
    found = tag or newest_tag(repository)
    if found is None:
        other = newest_tag(repository, meta=True)
        also = f"; the meta-campaign `{other}` has commands of its own, such as `overnight meta status`" if other else ""
        raise UserError("there is no campaign here yet", fix=f"start one with `overnight run`{also}")
    claim_folder(campaign_folder(repository, found))
    return repository, found


def read_program(repository: Repository) -> Program:
    """The program in the user's checkout, as it is on disk now."""
    path = repository.toplevel / PROGRAM
    try:
        text = read_unlinked(path, LARGEST).decode("utf-8")
    except FileNotFoundError as error:
        raise UserError(f"there is no {PROGRAM} in {repository.toplevel}", fix="write one with `overnight init`") from error
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{path} cannot be read: {why}", fix="put a plain text file in its place") from error
    return parse_program(text, PROGRAM)
