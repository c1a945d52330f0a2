"""Writes a hub to one file while it serves: record, contents, campaigns as of one moment, their commits, and the key.

Does not cover: logs of trials, which are evidence for the founder alone; who reads the file, which signs as the hub does.
"""

import hashlib
import io
import json
import sqlite3
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

from overnight.errors import UserError
from overnight.files.new_file import new_file
from overnight.files.own import read_own, read_unlinked
from overnight.files.plain_tar import FORMAT, add_file
from overnight.files.private_folder import private_folder
from overnight.git.bundle import write_bundle
from overnight.git.repository import Repository, branch_ref, valid_tag
from overnight.ledger.file import BUSY_S
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.hub.opening import hub_folder, hub_key, key_file
from overnight.pool.hub.settings import LARGEST, SETTINGS
from overnight.pool.keeping.form import ABOUT, BUNDLE, CAMPAIGN, CANARY, KEY, RECORD, About, Member
from overnight.pool.record.record import HubRecord

KIND = "work"
LARGEST_KEY = 1000  # bytes of its file
PIECE = 1 << 20  # bytes


def back_up(repository: Repository, path: Path) -> About:
    """Write the backup; an existing file is not replaced.

    Raises:
        UserError: there is no hub, its key is missing, there is a file already, or it cannot be written.
        BadChain: the chain in the record does not hold.
    """
    folder, key = hub_folder(repository), hub_key(repository)
    with HubRecord(folder, read_only=True) as record:
        tag = record.opened().tag
        if record.chain().genesis.hub != key.public:
            raise UserError(f"the key in {key_file(repository)} is not this hub's", fix="put the right one in its place")
    # Beside the key, which so is at no time in the repository, where others may look.
    with private_folder(key_file(repository).parent, KIND) as work, new_file(path) as file:
        tags = [each.name for each in sorted(repository.overnight.iterdir()) if _is_campaign(each, tag)]
        sources = {folder / LEDGER: work / RECORD}
        sources |= {repository.overnight / each / LEDGER: work / CAMPAIGN.format(tag=each) for each in tags}
        _copy_at_once(folder / LEDGER, sources)
        refs = [pattern for each in tags for pattern in (f"refs/overnight/{each}/*", branch_ref(each))]
        write_bundle(repository, work / BUNDLE, refs)
        for name, source in ((KEY, key_file(repository)), (CANARY, key_file(repository).with_name(CANARY))):
            if source.exists():
                (work / name).write_bytes(read_own(source, LARGEST_KEY))
        if (repository.toplevel / SETTINGS).exists():
            (work / SETTINGS).write_bytes(read_unlinked(repository.toplevel / SETTINGS, LARGEST))
        about = _about(work, [*sources.values(), *(work / each for each in (BUNDLE, KEY, CANARY, SETTINGS))])
        with tarfile.open(fileobj=file, mode="w", format=FORMAT) as tar:
            said = json.dumps(asdict(about)).encode()
            add_file(tar, ABOUT, io.BytesIO(said), len(said))
            for member in about.members:
                with (work / member.name).open("rb") as content:
                    add_file(tar, member.name, content, member.size)
    return about


def _is_campaign(folder: Path, tag: str) -> bool:
    """Whether a folder is of a campaign that verified: of the first one, or of one that went on from an entry."""
    first, dash, number = folder.name.rpartition("-")
    ours = folder.name == tag or (first == tag and dash and number.isdigit())
    return bool(ours) and valid_tag(folder.name) and (folder / LEDGER).is_file()


def _copy_at_once(record: Path, sources: Mapping[Path, Path]) -> None:
    """Copy ledgers as they are at one moment: nobody writes to the hub's record while the others begin to be read.

    So each submission that a campaign has is in the record, and each event that the record has settled is in its campaign.
    """
    with ExitStack() as stack:
        writer = stack.enter_context(closing(sqlite3.connect(record, isolation_level=None, timeout=BUSY_S)))
        try:
            writer.execute("BEGIN IMMEDIATE")
            readers = {target: stack.enter_context(closing(_reader(source))) for source, target in sources.items()}
        except sqlite3.OperationalError as error:
            raise UserError(f"the record cannot be read now: {error}", fix="try again in a moment") from error
        writer.execute("ROLLBACK")
        for target, reader in readers.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(target)) as copy:
                reader.backup(copy)


def _reader(source: Path) -> sqlite3.Connection:
    """A connection to which the database stays as it is now."""
    made = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_S)
    made.execute("BEGIN")
    made.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    return made


def _about(work: Path, files: list[Path]) -> About:
    with HubRecord((work / RECORD).parent, read_only=True) as record:
        chain = record.chain()
    members = tuple(
        Member(name=str(each.relative_to(work)), size=each.stat().st_size, digest=digest_of_file(each))
        for each in files
        if each.exists()
    )
    return About(
        project=chain.genesis.project,
        hub=chain.genesis.hub,
        entries=chain.number,
        head=chain.head,
        at=time.time(),
        members=members,
    )


def digest_of_file(path: Path) -> str:
    """SHA-256 of its content, hex."""
    digest = hashlib.sha256()
    for piece in _pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
