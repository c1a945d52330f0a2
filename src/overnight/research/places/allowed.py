"""Which programs the owner allows others to start: by what they run and open, for each repository, in the state folder.

A version has a file of its own, named by its digest, in a folder named by the path of the repository without links. So two
repositories of one name are two, and a version that was allowed once stays so until it is withdrawn.

Does not cover: processes of our own user, who is the owner; another repository that is put in the place of this one, which may
run what was allowed here.
"""

import hashlib
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.files.atomic import write_atomically
from overnight.files.own import NotOurs, claim_folder, make_folder, read_own
from overnight.files.state_folder import state_folder
from overnight.operations.permission import NotAllowed
from overnight.program.privileges import digest_of, privilege_lines
from overnight.program.program import PROGRAM, Program
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable
from overnight.words.quantities import listed

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FOLDER = "allowed"  # in the state folder
LARGEST = 1_000_000  # bytes of a version: a front matter has far less
MOST = 50  # versions of a repository; the oldest are forgotten
NAMED = 3  # lines in a message
LINE = 120  # characters of each
BY_HAND = "overnight allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedVersion:
    """What of a program was allowed."""

    digest: str  # of its privileges
    lines: tuple[str, ...]  # of them, without secrets
    at: float  # Unix time, s
    how: str  # the command that allowed it
    repository: str  # its path, for people


class NotAllowedYet(NotAllowed):
    """The program runs or opens what its owner has not allowed."""


def require_allowed(program: Program, repository: Path) -> None:
    """Check that the owner allows others to start this very program in a repository; `repository` is its top.

    Raises:
        NotAllowedYet: they do not; the message has what is new.
    """
    lines = privilege_lines(program)
    digest = digest_of(lines)
    if find_version(repository, digest) is not None:
        return
    newest = next(iter(versions(repository)), None)
    known = set(newest.lines) if newest else set()
    new = [printable(line, LINE) for line in without_secrets(lines) if line not in known]
    gone = [f"without {printable(line, LINE)}" for line in (newest.lines if newest else ()) if line not in lines]
    what = listed(new or gone, NAMED, noun="line") if new or gone else "another order of its lines"
    since = f"since it was last allowed: {what}" if newest else f"yet: {what}"
    raise NotAllowedYet(
        f"{PROGRAM} runs or opens what its owner has not allowed {since}",
        fix=f"the owner reads it with `{BY_HAND}` in a terminal in {printable(str(repository), LINE)}, and allows it there",
    )


def find_version(repository: Path, digest: str) -> AllowedVersion | None:
    """The version of a digest, None if it is not allowed.

    Raises:
        UserError: what is in its place is not ours, or damaged.
    """
    try:
        return _read(folder_of(repository) / digest)
    except FileNotFoundError:
        return None


def versions(repository: Path) -> Sequence[AllowedVersion]:
    """All that is allowed in a repository, the newest first; raises as `find_version`."""
    folder = folder_of(repository)
    claim_folder(folder)
    with suppress(FileNotFoundError):
        names = [entry.name for entry in os.scandir(folder) if not entry.name.startswith(".")]
        return sorted((_read(folder / name) for name in names), key=lambda version: version.at, reverse=True)
    return ()


def allow(repository: Path, program: Program, how: str) -> AllowedVersion:
    """Allow a program from now on, and return what is allowed by that.

    Raises:
        NotOurs: something in our folder is not ours.
    """
    lines, folder = privilege_lines(program), folder_of(repository)
    version = AllowedVersion(
        digest=digest_of(lines), lines=without_secrets(lines), at=time.time(), how=how, repository=os.path.realpath(repository)
    )
    make_folder(folder.parent)
    make_folder(folder)
    claim_folder(folder)
    write_atomically(folder / version.digest, _form().dump_json(version))
    for old in versions(repository)[MOST:]:
        (folder / old.digest).unlink(missing_ok=True)
    return version


def withdraw(repository: Path) -> int:
    """Allow nothing in a repository any more; how many versions were."""
    found = versions(repository)
    for version in found:
        (folder_of(repository) / version.digest).unlink(missing_ok=True)
    return len(found)


def folder_of(repository: Path) -> Path:
    """Where the versions of a repository are."""
    path = os.fsencode(os.path.realpath(repository))
    return state_folder() / FOLDER / hashlib.sha256(path).hexdigest()


def without_secrets(lines: Sequence[str]) -> tuple[str, ...]:
    """Privilege lines to keep and to show."""
    scrubber = user_broker().scrubber()
    return tuple(map(scrubber.text, lines))


def _read(path: Path) -> AllowedVersion:
    content = read_own(path, LARGEST)
    try:
        version = _form().validate_json(content)
    except ValueError as error:
        raise NotOurs(f"{path} is damaged", fix=f"remove it, and allow the program again with `{BY_HAND}`") from error
    if version.digest != path.name:
        raise NotOurs(f"{path} is about another program", fix="remove it")
    return version


def _form() -> "TypeAdapter[AllowedVersion]":
    from pydantic import TypeAdapter

    return TypeAdapter(AllowedVersion)
