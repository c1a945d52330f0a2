"""Orders that operations give: who gives them and how they came, as a campaign's record has it."""

from pathlib import Path

from overnight.errors import UserError
from overnight.operations.operation import Context
from overnight.operations.principal import FACES, OWNER
from overnight.research.order import CHANNEL, CLI, Giver, Order
from overnight.research.order import OWNER as BY_OWNER
from overnight.research.record.ordering import place_order


def give(context: Context, folder: Path, order: Order) -> None:
    """Place an order of the caller's in the campaign of a folder.

    Raises:
        UserError: the same call gave it before, or it is not taken.
    """
    if not place_order(folder, order, giver_of(context), key=context.key):
        raise UserError("this was ordered before, and is not repeated", fix="give the order anew")


def giver_of(context: Context) -> Giver:
    """The caller of an operation; over a channel its principal is named as the sender is there."""
    by = BY_OWNER if context.principal == OWNER and not context.address else str(context.principal)
    return Giver(by=by, origin=_origin(context.address.channel) if context.address else CLI)


def _origin(channel: str) -> str:
    return channel if channel in FACES else f"{CHANNEL}{channel}"
