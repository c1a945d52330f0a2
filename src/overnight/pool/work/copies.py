"""Copies of a hub's chain wherever they are: at the hub, in a mirror, in a worker's folder, in a file; and how two differ.

Nothing of a copy is believed: it is checked from the first entry on. Does not cover: values that were never measured.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import read_regular, read_unlinked
from overnight.pool.canonical import canonical
from overnight.pool.chain import (
    BadChain,
    Chain,
    Genesis,
    entry_digest,
    entry_json,
    fork_between,
    read_entry,
)
from overnight.pool.changes import content_digest
from overnight.pool.evidence import check_receipts
from overnight.pool.messages import PREFIX
from overnight.pool.work.client import LARGEST_FILE, Hub, HubAddress
from overnight.pool.work.joined import CHAIN, LARGEST_CHAIN
from overnight.pool.work.place import Place
from overnight.pool.work.syncing import fetch_chain
from overnight.research.findings import Finding
from overnight.words.foreign import printable

ENTRIES, FILES = "entries.jsonl", f"{PREFIX.lstrip('/')}/files"  # of a mirror, the contents where a hub has them
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of a chain that holds, and where it is from."""

    source: str
    chain: Chain
    is_live: bool = False  # the hub itself shows it now
    files: Path | None = None  # contents by digest, beside it
    place: Place | None = None  # of a worker, whose repository has them


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoEntries:
    """Two entries with one number, both signed by the hub: the proof that it shows two chains."""

    number: int
    one: str  # canonical JSON
    other: str


async def read_any(source: str) -> Copy:
    """The copy at an address, in a file or in a folder.

    Raises:
        BadChain: it does not hold.
        BadHub: the hub's chain does not hold.
        HubAway: it does not answer.
        UserError: there is no copy.
    """
    if source.startswith(("http://", "https://")):
        async with Hub(HubAddress.parse(source)) as hub:
            return Copy(source=source, chain=await fetch_chain(hub, await hub.card()), is_live=True)
    return read_here(Path(source))


def read_here(path: Path) -> Copy:
    """The copy in a file or in a folder; raises as `read_any`."""
    place = Place(top=path)
    for each in (path / ENTRIES, place.work / CHAIN, path):
        if each.is_file():
            files = each.parent / FILES
            return Copy(
                source=str(path),
                chain=_read(each),
                files=files if files.is_dir() else None,
                place=place if each == place.work / CHAIN else None,
            )
    what = f"no copy of a chain is in {printable(str(path), SHOWN)}"
    raise UserError(what, fix="name a hub's address, a mirror, a worker's folder, or a file with an entry on each line")


def _read(path: Path) -> Chain:
    try:
        lines = read_regular(path, LARGEST_CHAIN).decode().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{printable(str(path), SHOWN)} cannot be read", fix="name another copy") from error
    chain: Chain | None = None
    for number, line in enumerate(filter(None, lines), start=1):
        try:
            row = json.loads(line)
            entry = read_entry(canonical(row["entry"] if isinstance(row, dict) and "entry" in row else row))
            if isinstance(entry, Genesis):
                if chain is not None:
                    raise BadChain("it has a second genesis")
                chain = Chain.begin(entry)
            elif chain is None:
                raise BadChain("it does not begin with a genesis")
            else:
                chain.add(entry)
        except BadChain as bad:
            raise BadChain(f"line {number}: {bad}") from bad
        except (ValueError, TypeError, RecursionError) as error:
            raise BadChain(f"line {number} is no entry") from error
    if chain is None:
        raise BadChain("there is no entry in it")
    return chain


def check_copy(copy: Copy) -> Sequence[Finding]:
    """What a copy shows by itself: its chain holds, so do its receipts, and the contents beside it are those that it names."""
    whole = f"all {copy.chain.number + 1} entries follow from one another, signed by {copy.chain.genesis.hub}"
    return [Finding(what="chain", holds=True, detail=whole), *check_receipts(copy.chain), _files(copy)]


def _files(copy: Copy) -> Finding:
    if copy.files is None:
        return Finding(what="files", holds=None, detail="no contents are beside it")
    wanted = digests_of(copy.chain)
    for digest, size in wanted.items():
        try:
            content = read_unlinked(copy.files / digest, LARGEST_FILE)
        except (OSError, UserError):
            return Finding(what="files", holds=False, detail=f"{digest} is missing or cannot be read")
        if len(content) != size or content_digest(content) != digest:
            return Finding(what="files", holds=False, detail=f"{digest} has another content")
    return Finding(what="files", holds=True, detail=f"the contents of all {len(wanted)} are those that the chain names")


def digests_of(chain: Chain) -> dict[str, int]:
    """Every content that the chain names, by its digest, with its size in bytes."""
    known = {each.digest: each.size for each in chain.genesis.files}
    for entry in chain.entries:
        known |= {each.digest: each.size for each in entry.changes if each.digest is not None}
    return known


def compare(one: Copy, other: Copy) -> tuple[Finding, TwoEntries | None]:
    """Whether two copies are of one chain; if the hub signed two, the proof."""
    first, second = [one.chain.genesis, *one.chain.entries], [other.chain.genesis, *other.chain.entries]
    if (one.chain.genesis.hub, one.chain.genesis.project) != (other.chain.genesis.hub, other.chain.genesis.project):
        return Finding(what="against", holds=None, detail="the copies are of two hubs or projects"), None
    at = fork_between(first, second)
    if at is not None:
        proof = TwoEntries(
            number=at, one=canonical(entry_json(first[at])).decode(), other=canonical(entry_json(second[at])).decode()
        )
        digests = f"{entry_digest(first[at])} and {entry_digest(second[at])}"
        what = "opened twice with one key" if at == 0 else "signed two chains"
        return Finding(what="against", holds=False, detail=f"the hub {what}: entry {at} is {digests}"), proof
    if one.is_live and len(first) < len(second):
        detail = f"the hub's chain went back from entry {other.chain.number} to {one.chain.number}"
        return Finding(what="against", holds=False, detail=detail), None
    detail = f"both are one chain; {min(len(first), len(second))} entries are in both"
    return Finding(what="against", holds=True, detail=detail), None
