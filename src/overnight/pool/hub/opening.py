"""Opening a hub: its keys, the genesis of its chain, and its record."""

import json
import secrets
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.state_folder import state_folder
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.canonical import canonical, digest_of
from overnight.pool.chain import Genesis, entry_json, signed
from overnight.pool.events import HubOpened
from overnight.pool.hub.public import full_digest, public_files, require_openable, sealed_digest, states_of, worker_front
from overnight.pool.hub.settings import HubSettings
from overnight.pool.keys import SecretKey, own_key, require_cryptography
from overnight.pool.record.record import FOLDER, HubRecord
from overnight.program.program import Program
from overnight.research.charter import parse_charter
from overnight.research.places.campaigns import read_program

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


def open_hub(repository: Repository, settings: HubSettings) -> Opened:
    """Make the key and the genesis of a hub over the commit that is checked out.

    Raises:
        UserError: there is a hub already, or strangers' commits cannot be judged by this program.
    """
    require_cryptography()
    folder = hub_folder(repository)
    if (folder / LEDGER).exists():
        raise UserError(f"there is a hub in {folder} already", fix="serve it: overnight hub serve")
    program = read_program(repository)
    require_openable(program, settings)
    front = worker_front(program, settings)
    repository.exclude_overnight()
    key, salt = own_key(key_file(repository)), secrets.token_hex(32)
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
            holdouts=_holdout_digests(history.ids(start), files, program, salt),
        )
        hidden = len(history.files(start)) - len(files)
    event = HubOpened(
        entry=canonical(entry_json(signed(genesis, key))).decode(),
        tag=settings.tag,
        start=start,
        salt=salt,
        secret=secrets.token_hex(32),
    )
    with HubRecord(folder, make=True) as record:
        record.append(event, contents=[content for _, content in files.values()])
    return Opened(key=key.public, folder=folder, key_file=key_file(repository), files=len(files), hidden=hidden)


def _holdout_digests(ids: Mapping[str, str], public: Collection[str], program: Program, salt: str) -> tuple[str, ...]:
    """What is committed to of the holdout before anybody asks: its command, with every file that is not public."""
    hidden = sorted([path, oid] for path, oid in ids.items() if path not in public)
    return (sealed_digest([program.holdout, hidden], salt, "holdout"),) if program.holdout else ()
