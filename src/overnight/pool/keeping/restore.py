"""Makes a hub from a backup in a clone of its repository: all of it or nothing, and never behind what it has published.

Does not cover: whether the hub that was backed up still serves elsewhere; two that sign are proof against their founder.
"""

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import PRIVATE_FILE, make_folder, open_own, read_own
from overnight.files.plain_tar import plain_files
from overnight.files.private_folder import private_folder
from overnight.git.bundle import read_bundle
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.chain import BadChain, Chain
from overnight.pool.hub.opening import hub_folder, key_file
from overnight.pool.hub.settings import SETTINGS
from overnight.pool.keeping.backup import KIND, LARGEST_KEY, PIECE, digest_of_file
from overnight.pool.keeping.form import ABOUT, BUNDLE, CANARY, FORM, KEY, RECORD, About, Member
from overnight.pool.keys import own_key
from overnight.pool.record.record import HubRecord
from overnight.pool.work.copies import Copy, compare
from overnight.research.places.begun import mark_begun
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger

MOST_ABOUT = 1_000_000  # bytes
ANOTHER = "take another backup"
_CAMPAIGN = re.compile(rf"campaigns/([^/]+)/{LEDGER}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A hub that was made from a backup."""

    project: str
    hub: str  # its key
    entries: int  # after the genesis
    at: float  # of the backup, Unix time, s
    folder: Path  # of its record
    notes: Sequence[str]  # what its founder should know


def restore(repository: Repository, file: Path, other: Copy | None, *, anyway: bool = False) -> Restored:
    """Make the hub; `other` is what is published of it. `anyway`: also without that, or behind it.

    What a kill leaves is no hub, and the next call goes on over it.

    Raises:
        UserError: there is a hub already, the backup is not whole, or its chain is behind the published one.
    """
    folder = hub_folder(repository)
    if (folder / LEDGER).exists():
        raise UserError(f"there is a hub in {folder} already", fix="restore into another clone of its repository")
    repository.exclude_overnight()
    with private_folder(repository.overnight, KIND) as work:
        about = _unpack(file, work)
        chain, commits = _checked(work, about)
        _require_newest(chain, file, other, anyway=anyway)
        campaigns = _campaigns(repository, about)
        _require_free_keys(repository, work)
        refs = tuple(f"refs/overnight/{tag}/" for tag in campaigns)
        read_bundle(repository, work / BUNDLE, lambda ref: ref.startswith(refs))
        with closing(GitHistory(repository)) as history:
            if missing := next((each for each in commits if not history.has_commit(each)), ""):
                raise UserError(f"the backup has not the commit {missing} of its chain", fix=ANOTHER)
        notes = [note for tag, member in campaigns.items() if (note := _place_campaign(repository, work, tag, member))]
        notes += _place_settings(repository, work)
        for name, target in _keys(repository, work):
            make_folder(target.parent)
            write_atomically(target, (work / name).read_bytes(), mode=PRIVATE_FILE)
        if folder.exists():  # without a ledger: what a hub that was never opened left
            for each in folder.iterdir():
                each.unlink()
            folder.rmdir()
        (work / RECORD).parent.rename(folder)  # last: from here on there is a hub
    return Restored(project=about.project, hub=about.hub, entries=about.entries, at=about.at, folder=folder, notes=notes)


def _unpack(file: Path, work: Path) -> About:
    """Write the files of a backup, each checked by its digest."""
    try:
        with tarfile.open(file, mode="r:") as tar:
            files = plain_files(tar)
            about = _about(files)
            for member in about.members:
                _write(work / member.name, member, files)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}", fix="name a file of `overnight hub backup`") from error
    except tarfile.TarError as error:
        raise UserError(f"{file} has not what a backup has: {error}", fix=ANOTHER) from error
    return about


def _about(files: Iterator[tuple[str, IO[bytes]]]) -> About:
    name, content = next(files, ("", None))
    try:
        about = TypeAdapter(About).validate_json(content.read(MOST_ABOUT) if content and name == ABOUT else b"")
    except ValidationError as error:
        raise UserError("the file does not say that it is a backup of a hub", fix=ANOTHER) from error
    if about.form != FORM:
        raise UserError(f"the backup has the form {about.form}, and this overnight reads {FORM}", fix="install a newer one")
    names = [each.name for each in about.members]
    if len({*names}) != len(names) or not {RECORD, BUNDLE, KEY} <= {*names}:
        raise UserError("the backup is not whole", fix=ANOTHER)
    return about


def _write(path: Path, member: Member, files: Iterator[tuple[str, IO[bytes]]]) -> None:
    name, content = next(files, ("", None))
    if content is None or name != member.name:
        raise UserError(f"the backup is not whole: {member.name} is missing", fix=ANOTHER)
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with os.fdopen(open_own(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as out:
        while piece := content.read(PIECE):
            digest.update(piece)
            size += len(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    if (size, digest.hexdigest()) != (member.size, member.digest):
        raise UserError(f"{member.name} of the backup was changed or cut off", fix=ANOTHER)


def _checked(work: Path, about: About) -> tuple[Chain, Sequence[str]]:
    """The chain of the backup, and the commits that its entries stand for."""
    try:
        with HubRecord((work / RECORD).parent, read_only=True) as record:
            chain = record.chain()
            commits = [record.commit_at(number) for number in range(chain.number + 1)]
    except BadChain as bad:
        raise UserError(f"the chain of the backup does not hold: {bad}", fix=ANOTHER) from bad
    if (chain.genesis.hub, chain.head) != (about.hub, about.head) or own_key(work / KEY, make=False).public != about.hub:
        raise UserError("the key of the backup is not that of its chain", fix=ANOTHER)
    return chain, commits


def _require_newest(chain: Chain, file: Path, other: Copy | None, *, anyway: bool) -> None:
    """Refuse to go on from an entry that was followed by another one before."""
    if other is None:
        if not anyway:
            what = "workers may have seen more of the chain than the backup has: then the hub would sign a second one"
            fix = "compare it with a copy: --against URL|FOLDER, a mirror or a worker's folder; or --anyway if there is none"
            raise UserError(what, fix=fix)
        return
    mine = Copy(source=str(file), chain=chain)
    found, _ = compare(mine, other)
    if not found.holds:
        raise UserError(f"{other.source} does not go with the backup: {found.detail}", fix="name a copy of this hub's chain")
    if other.chain.number > chain.number and not anyway:
        what = f"the backup ends with entry {chain.number}, and {other.source} shows {other.chain.number}"
        fix = "take a newer backup: a second chain is proof against you; or open another hub, with another key"
        raise UserError(what, fix=fix)


def _campaigns(repository: Repository, about: About) -> Mapping[str, Member]:
    """The campaigns of a backup by their tags, none of which is here already."""
    found = {match[1]: each for each in about.members if (match := _CAMPAIGN.fullmatch(each.name))}
    for tag, member in found.items():
        ledger = campaign_folder(repository, tag) / LEDGER
        if ledger.exists() and digest_of_file(ledger) != member.digest:
            what = f"there is a campaign `{tag}` in {repository.toplevel} already"
            raise UserError(what, fix="restore into another clone of its repository")
    return found


def _place_campaign(repository: Repository, work: Path, tag: str, member: Member) -> str:
    """Put a campaign in its place; its branch is made by its next session, at the head that its ledger says."""
    folder = campaign_folder(repository, tag)
    make_folder(folder)
    (work / member.name).replace(folder / LEDGER)
    with closing(SqliteLedger(folder)) as ledger:
        return mark_begun(folder, ledger)


def _keys(repository: Repository, work: Path) -> Sequence[tuple[str, Path]]:
    return [(name, key_file(repository).with_name(name)) for name in (KEY, CANARY) if (work / name).exists()]


def _require_free_keys(repository: Repository, work: Path) -> None:
    for name, target in _keys(repository, work):
        if target.exists() and read_own(target, LARGEST_KEY) != (work / name).read_bytes():
            raise UserError(f"there is another key in {target}", fix="move it away, and keep it if you need it")


def _place_settings(repository: Repository, work: Path) -> Sequence[str]:
    """Put `hub.yaml` in its place, unless one is there."""
    path = repository.toplevel / SETTINGS
    if not (work / SETTINGS).exists():
        return ()
    content = (work / SETTINGS).read_bytes()
    if not path.exists():
        write_atomically(path, content)
    elif path.read_bytes() != content:
        return [f"{path} is another one than that of the backup, and stays as it is"]
    return ()
