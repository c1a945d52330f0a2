"""Who gives an order, and how it came, as a campaign's record has it."""

from overnight.operations.operation import Context
from overnight.operations.principal import OWNER
from overnight.research.order import CLI, Giver
from overnight.research.order import OWNER as BY_OWNER


def giver_of(context: Context) -> Giver:
    """The caller of an operation."""
    by = BY_OWNER if context.principal == OWNER else str(context.principal)
    return Giver(by=by, origin=f"channel:{context.address.channel}" if context.address else CLI)
