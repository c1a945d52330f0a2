"""What the operations on a hub share: its record, found from the folder that a call is about, and a key by its beginning."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.operations.operation import Context
from overnight.pool.hub.opening import hub_folder
from overnight.pool.keys import require_cryptography
from overnight.pool.record.record import HubRecord, KeyRecord

MOST = 100_000  # keys that are looked through


def folder_of(context: Context) -> Path:
    """Where the record of the repository's hub is."""
    return hub_folder(open_repository(context.where))


@contextmanager
def opened(context: Context, *, read_only: bool = False) -> Iterator[HubRecord]:
    """The record of the repository's hub.

    Raises:
        UserError: there is none.
    """
    require_cryptography()
    with HubRecord(folder_of(context), read_only=read_only) as record:
        yield record


def key_of(record: HubRecord, start: str) -> KeyRecord:
    """The key that begins so.

    Raises:
        UserError: none does, or several do.
    """
    found = [each for each in record.keys(most=MOST) if each.key.startswith(start.lower())]
    if len(found) != 1:
        what = f"{len(found)} keys begin with {start}" if found else f"no key begins with {start}"
        raise UserError(what, fix="see `overnight hub status`")
    return found[0]
