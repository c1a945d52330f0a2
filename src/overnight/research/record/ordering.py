"""Gives an order to a campaign from any process, whether a session runs or not."""

from contextlib import closing
from pathlib import Path

from overnight.errors import UserError
from overnight.ledger.file import NAME
from overnight.ledger.lock import holder, wake
from overnight.research.order import ChangeIdeas, Giver, Order, StopSession
from overnight.research.record.ledger import SqliteLedger
from overnight.research.scrubbing import scrub_value
from overnight.secrets.broker import user_broker

OWNER = Giver()


def place_order(folder: Path, order: Order, giver: Giver = OWNER, *, key: str = "") -> bool:
    """Place an order in the campaign of a folder; False, changing nothing, if one has this key. Without a key it is new.

    A session that runs acts on it within a second, else the next one does. No secret of the user's is in what is kept.

    Raises:
        UserError: too many orders wait, there is no campaign, or the secrets cannot be read.
    """
    if not (folder / NAME).is_file():
        raise UserError(f"no campaign in {folder}", fix="start one with `overnight run`")
    if isinstance(order, ChangeIdeas):  # the others have no words
        order = scrub_value(order, user_broker().scrubber())
    with closing(SqliteLedger(folder)) as ledger:
        return ledger.place_order(order, giver, key=key)


def order_stop(folder: Path, giver: Giver = OWNER, *, key: str = "") -> int | None:
    """Order the session that runs to stop; the process that runs it, None if none does, and then nothing was ordered.

    Raises:
        UserError: an order with this key was given before, or the session has not begun and its process cannot be reached.
    """
    process = holder(folder)
    if process is None:
        return None
    try:
        is_new = place_order(folder, StopSession(), giver, key=key)
    except UserError:
        if not wake(folder):  # a session that has not begun yet stops by the signal alone
            raise
    else:
        if not is_new:  # nor is the session woken, which would stop by that alone
            raise UserError("this was ordered before, and is not repeated", fix="give the order anew")
        wake(folder)
    return process
