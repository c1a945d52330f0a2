"""A block is taken back: it no longer counts, and its change is undone on top of the head."""

from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Len

from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.pool.events import BlockWithdrawn
from overnight.pool.hub.withdrawing import undo_of
from overnight.pool.operations._hub import opened
from overnight.pool.operations._moderation import Moderated


@dataclass(frozen=True, slots=True, kw_only=True)
class HubWithdrawInput:
    """Which block, and why."""

    number: Annotated[int, Ge(1), Argument(about="Of the block.", metavar="N")]
    why: Annotated[str, Len(1, 200), Argument(about="What everybody reads.", metavar="WHY")]


def run(context: Context, given: HubWithdrawInput) -> Moderated:
    """Record it; the chain says so once what was verified until then is settled.

    Raises:
        UserError: there is no such block, or later ones changed the same lines.
    """
    with opened(context) as record, closing(GitHistory(open_repository(context.where))) as history:
        undo_of(record, history, given.number)
        record.append(BlockWithdrawn(block=given.number, why=given.why))
    return Moderated(what=f"block {given.number} is withdrawn; the chain says so within seconds while the hub is served")


def state(context: Context, given: HubWithdrawInput) -> str:
    """What an approval is bound to: the newest entry."""
    with opened(context, read_only=True) as record:
        return f"{record.chain_length()} {given.number}"


def read_back(context: Context, given: HubWithdrawInput, _found: Moderated | None) -> Settled:
    """Whether it is recorded."""
    with opened(context, read_only=True) as record:
        return Settled.DONE if given.number in record.withdrawals() else Settled.NOT_DONE


OPERATION = Operation(
    name="hub withdraw",
    about="Take a block back: its change is undone, and the chain says why.",
    input=HubWithdrawInput,
    output=Moderated,
    tier=Tier.IRREVERSIBLE,
    owner_only=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: found.what,
    state=state,
    read_back=read_back,
)
