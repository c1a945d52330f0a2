"""The contents that a copy of a chain names, by digest: from the hub, from a mirror, or from a worker's repository."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import read_unlinked
from overnight.git.history import GitHistory
from overnight.pool.changes import content_digest
from overnight.pool.work.client import LARGEST_FILE, BadHub, Hub, HubAddress
from overnight.pool.work.copies import Copy
from overnight.pool.work.joined import ChainCopy, read_copy
from overnight.pool.work.store import Fetch


@asynccontextmanager
async def contents_of(copy: Copy) -> AsyncIterator[Fetch]:
    """How a content of a copy is read, each checked.

    Raises:
        UserError: the copy has the texts of its entries alone.
    """
    if copy.is_live:
        async with Hub(HubAddress.parse(copy.source)) as hub:
            yield hub.file
    elif copy.files is not None:
        yield _of_folder(copy.files)
    elif copy.place is not None:
        with closing(GitHistory(copy.place.repository())) as history:
            yield _of_worker(read_copy(copy.place), history)
    else:
        what = f"{copy.source} has no contents beside its entries, and nothing can run without them"
        raise UserError(what, fix="name the hub's address, a mirror or a worker's folder")


def _of_folder(folder: Path) -> Fetch:
    async def fetch(digest: str, size: int) -> bytes:
        try:
            return _checked(digest, size, read_unlinked(folder / digest, LARGEST_FILE))
        except OSError as error:
            raise BadHub(f"{folder / digest} is missing or cannot be read") from error

    return fetch


def _of_worker(copy: ChainCopy, history: GitHistory) -> Fetch:
    places: dict[str, tuple[str, str]] = {}  # commit and path by digest
    for commit, entry in zip(copy.commits, copy.entries(), strict=True):
        named = entry.files if entry.kind == "genesis" else entry.changes
        places |= {each.digest: (commit, each.path) for each in named if each.digest is not None}

    async def fetch(digest: str, size: int) -> bytes:
        commit, path = places[digest]
        return _checked(digest, size, history.read_files(commit, [path])[path])

    return fetch


def _checked(digest: str, size: int, content: bytes) -> bytes:
    if len(content) != size or content_digest(content) != digest:
        raise BadHub(f"the copy has another content than that of the digest {digest}")
    return content
