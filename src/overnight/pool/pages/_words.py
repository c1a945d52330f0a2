"""What the pages of a hub watch, and how they write things."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.ledger.file import NAME as LEDGER
from overnight.ledger.lock import NAME as LOCK
from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.page import Link
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import folder_of

HUB = "/repos/{repo}/hub"
ROOMS = (("", "The hub"), ("/chain", "The chain"), ("/board", "Who brought what"), ("/join", "How a worker joins"))


def record_files(context: Context, _given: object) -> Sequence[Path]:
    """The hub's record, who serves it, and the questions to the owner."""
    folder = folder_of(context)
    return (folder / LEDGER, folder / LOCK, *watched.approvals())


def beside_each_other(_found: object, here: str) -> Sequence[Link]:
    """The other pages of the hub."""
    top, _, below = here.partition("/hub")
    return [Link(address=f"{top}/hub{room}", about=about) for room, about in ROOMS if room != below.split("?")[0]]


def words(_context: Context, _given: object, _found: object) -> Mapping[str, object]:
    """How a key is written."""
    return {"short_key": lambda key: str(key)[:SHORT]}
