"""Opening a hub: its keys, the genesis of its chain, and its record."""

import json
import secrets
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from overnight.errors import UserError
from overnight.files.state_folder import state_folder
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.canonical import canonical, digest_of
from overnight.pool.chain import Genesis, entry_json, signed
from overnight.pool.events import HubOpened
from overnight.pool.hub.program import hub_program_text
from overnight.pool.hub.public import (
    full_digest,
    is_public,
    public_files,
    require_openable,
    sealed_digest,
    states_of,
    worker_front,
)
from overnight.pool.hub.settings import SETTINGS, TAG, HubSettings
from overnight.pool.keys import SHORT, SecretKey, own_key, require_cryptography
from overnight.pool.record.record import FOLDER, HubRecord
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program
from overnight.research.charter import parse_charter
from overnight.research.places.campaigns import campaign_folder, read_program

KEYS = "hubs"  # folder in the state folder: outside the repository and every jail


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A hub that was opened."""

    key: str  # public
    folder: Path  # of its record
    key_file: Path
    files: int  # that are public
    hidden: int  # that are not


def hub_folder(repository: Repository) -> Path:
    """Where the record of a repository's hub is."""
    return repository.overnight / FOLDER


def key_file(repository: Repository) -> Path:
    """Where its key is: not in the repository, which the verifying process works in."""
    return state_folder() / KEYS / digest_of(str(repository.toplevel))[:24] / "key"


def hub_key(repository: Repository) -> SecretKey:
    """The key of a hub that was opened.

    Raises:
        UserError: it is missing.
    """
    require_cryptography()
    return own_key(key_file(repository), make=False)


def require_no_hub(repository: Repository) -> None:
    """Check that a hub can be opened here.

    Raises:
        UserError: there is one already.
    """
    folder = hub_folder(repository)
    if (folder / LEDGER).exists():
        fix = "serve it: overnight hub serve; for another one, move that folder away"
        raise UserError(f"there is a hub in {folder} already", fix=fix)


def free_tag(repository: Repository) -> str:
    """A tag that no campaign of a repository has."""
    return next(tag for tag in chain((TAG,), (f"{TAG}{number}" for number in count(2))) if not _is_taken(repository, tag))


def require_free_tag(repository: Repository, tag: str) -> None:
    """Check that the campaign that verifies would be a new one.

    Raises:
        UserError: there is one of this tag.
    """
    if _is_taken(repository, tag):
        what = f"there is a campaign `{tag}` already, and a hub begins one of its own"
        raise UserError(what, fix=f"write another one into {SETTINGS}: `tag: {free_tag(repository)}`")


def _is_taken(repository: Repository, tag: str) -> bool:
    return (campaign_folder(repository, tag) / LEDGER).exists()


def open_hub(repository: Repository, settings: HubSettings) -> Opened:
    """Make the key and the genesis of a hub over the commit that is checked out.

    Raises:
        UserError: there is a hub already, or strangers' commits cannot be judged by this program.
    """
    require_cryptography()
    require_no_hub(repository)
    program = read_program(repository)
    require_openable(program, settings)
    for split in range(len(settings.holdouts) + 1):
        parse_program(
            hub_program_text(program.source, settings, split=split), f"{PROGRAM} with holdout {split + 1} of {SETTINGS}"
        )
    front = worker_front(program, settings)
    repository.exclude_overnight()
    key, salt = _new_key(repository), secrets.token_hex(32)
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        files = public_files(history, start, program.hidden)
        genesis = Genesis(
            hub=key.public,
            project=settings.project,
            at=time.time(),
            front=json.loads(canonical(front)),
            body=parse_charter(program.body).text,
            bounds=settings.bounds,
            machine=settings.machine,
            files=states_of(files),
            full=full_digest(history, start, salt),
            holdouts=holdout_digests(history, start, program, settings, salt),
            error_rate=program.gate.error_rate,
        )
        hidden = len(history.files(start)) - len(files)
    event = HubOpened(
        entry=canonical(entry_json(signed(genesis, key))).decode(),
        tag=settings.tag,
        start=start,
        salt=salt,
        secret=secrets.token_hex(32),
    )
    folder = hub_folder(repository)
    with HubRecord(folder, make=True) as record:
        record.append(event, contents=[content for _, content in files.values()])
    return Opened(key=key.public, folder=folder, key_file=key_file(repository), files=len(files), hidden=hidden)


def holdout_digests(history: GitHistory, start: str, program: Program, settings: HubSettings, salt: str) -> tuple[str, ...]:
    """What is committed to of each holdout before anybody asks: its command, with every file that is not public."""
    hidden = sorted([path, oid] for path, oid in history.ids(start).items() if not is_public(path, program.hidden))
    commands = [program.holdout, *settings.holdouts] if program.holdout else []
    return tuple(sealed_digest([command, hidden], salt, "holdout") for command in commands)


def require_committed(record: HubRecord, history: GitHistory, program: Program, settings: HubSettings) -> None:
    """Check that the holdouts are those that the hub opened with.

    Raises:
        UserError: they are not.
    """
    genesis, opened = record.genesis(), record.opened()
    if holdout_digests(history, opened.start, program, settings, opened.salt) != genesis.holdouts:
        what = f"`holdout` of {PROGRAM}, `hidden` or `holdouts` of {SETTINGS} changed since the hub opened"
        raise UserError(what, fix="restore them: the chain has committed to them; or open another hub")


def require_same_program(record: HubRecord, repository: Repository, settings: HubSettings) -> None:
    """Check that workers still run what they agreed to.

    Raises:
        UserError: program.md or hub.yaml says something else by now.
    """
    then, now = record.genesis().front, json.loads(canonical(worker_front(read_program(repository), settings)))
    if changed := sorted(key for key in {*then, *now} if then.get(key) != now.get(key)):
        what = f"{', '.join(changed)} of {PROGRAM} or {SETTINGS} changed since the hub opened, and its workers agreed to that"
        raise UserError(what, fix="restore it; or open another hub")


def _new_key(repository: Repository) -> SecretKey:
    """A key for a new chain; one of an earlier hub is kept beside it, as two chains by one key are proof of a fraud."""
    path = key_file(repository)
    if path.exists():
        path.rename(path.with_name(f"key-{own_key(path, make=False).public[:SHORT]}"))
    return own_key(path)
