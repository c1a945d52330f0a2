"""A copy of a hub as plain files, which any web server can serve: its chain, its contents by digest, its card.

The chain is there twice: an entry on each line, for people and `verify-chain`, and in pages, for workers. Fetching again brings
what is new. A hub that shows another chain than before changes nothing of the copy, which is the proof.
Does not cover: workers that join the copy, who can search and send nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.pool.canonical import canonical
from overnight.pool.chain import BadChain, Chain, entry_json
from overnight.pool.messages import dump
from overnight.pool.work.client import OF_PAGE, Hub, HubAddress
from overnight.pool.work.copies import ENTRIES, FILES, Copy, compare, digests_of, read_here
from overnight.pool.work.syncing import fetch_chain
from overnight.words.quantities import size_text

LARGEST = 8 * 1024**3  # bytes of all contents together


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What was copied."""

    folder: str
    hub: str  # its key
    project: str
    entries: int  # after the genesis
    files: int  # contents by digest
    fetched: int  # of them, this time


async def mirror(url: str, folder: Path) -> Mirrored:
    """Copy a hub into an empty folder, or bring a copy up to date.

    Raises:
        BadHub: what it shows does not hold, or is too large.
        HubAway: it does not answer.
        UserError: the folder has something else, or the hub shows another chain than in there.
    """
    async with Hub(HubAddress.parse(url)) as hub:
        card = await hub.card()
        chain = await fetch_chain(hub, card)
        wanted = digests_of(chain)
        if (total := sum(wanted.values())) > LARGEST:
            raise UserError(f"all contents have {size_text(total)}", fix=f"{size_text(LARGEST)} are copied at most")
        _check_before(Copy(source=url, chain=chain, is_live=True), folder)
        files = folder / FILES
        files.mkdir(parents=True, exist_ok=True)
        missing = {digest: size for digest, size in wanted.items() if not _is_there(files / digest, size)}
        for digest, size in missing.items():
            write_atomically(files / digest, await hub.file(digest, size), lasting=False)
    texts = _texts(chain)
    served = files.parent
    write_atomically(folder / ENTRIES, "".join(f"{each}\n" for each in texts).encode())
    write_atomically(served / "entries", json.dumps(texts[:OF_PAGE]).encode())
    pages = served / "pages"
    pages.mkdir(exist_ok=True)
    for number in range(-(-len(texts) // OF_PAGE)):
        page = json.dumps(texts[number * OF_PAGE : (number + 1) * OF_PAGE]).encode()
        if not _is_there(pages / str(number), len(page)):
            write_atomically(pages / str(number), page, lasting=False)
    write_atomically(served / "hub", json.dumps(dump(card)).encode())  # last: whoever reads it finds the rest
    return Mirrored(
        folder=str(folder),
        hub=card.hub,
        project=card.project,
        entries=chain.number,
        files=len(wanted),
        fetched=len(missing),
    )


def _check_before(now: Copy, folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / ENTRIES).is_file():
        # Contents come first: a copy that was cut off has no entries yet.
        if {each.name for each in folder.iterdir()} <= {FILES.split("/")[0]}:
            return
        raise UserError(f"{folder} has other files", fix="name an empty folder, or a mirror of this hub")
    try:
        before = read_here(folder)
    except BadChain as bad:
        raise UserError(f"the copy in {folder} does not hold: {bad}", fix="name another folder") from bad
    found, _ = compare(now, before)
    if not found.holds:
        fix = f"nothing was changed; see `overnight hub verify-chain {now.source} --against {folder}`"
        raise UserError(f"{folder}: {found.detail}", fix=fix)


def _is_there(file: Path, size: int) -> bool:
    """Whether it was written; one that a crash of the machine left empty was not."""
    return file.is_file() and file.stat().st_size == size


def _texts(chain: Chain) -> Sequence[str]:
    return [canonical(entry_json(each)).decode() for each in (chain.genesis, *chain.entries)]
