"""Gives an order to a campaign from any process, whether a session runs or not."""

from contextlib import closing
from pathlib import Path

from overnight.errors import UserError
from overnight.ledger.file import NAME
from overnight.ledger.lock import holder, wake
from overnight.research.order import Giver, Order, StopSession
from overnight.research.record.ledger import SqliteLedger

OWNER = Giver()


def place_order(folder: Path, order: Order, giver: Giver = OWNER, *, key: str = "") -> bool:
    """Place an order in the campaign of a folder; False, changing nothing, if one has this key. Without a key it is new.

    A session that runs acts on it within a second, else the next one does.

    Raises:
        UserError: too many orders wait, or there is no campaign.
    """
    if not (folder / NAME).is_file():
        raise UserError(f"no campaign in {folder}", fix="start one with `overnight run`")
    with closing(SqliteLedger(folder)) as ledger:
        return ledger.place_order(order, giver, key=key)


def order_stop(folder: Path, giver: Giver = OWNER, *, key: str = "") -> int | None:
    """Order the session that runs to stop; the process that runs it, None if none does, and then nothing was ordered.

    Raises:
        UserError: the session has not begun, or its process cannot be reached.
    """
    process = holder(folder)
    if process is None:
        return None
    try:
        place_order(folder, StopSession(), giver, key=key)
    except UserError:
        if not wake(folder):  # a session that has not begun yet stops by the signal alone
            raise
    else:
        wake(folder)
    return process
