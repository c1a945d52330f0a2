"""Submissions are taken from a banned key again."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.pool.events import KeyChanged
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import key_of, opened
from overnight.pool.operations._moderation import Moderated


@dataclass(frozen=True, slots=True, kw_only=True)
class HubUnbanInput:
    """Which key."""

    key: Annotated[str, Len(4, 64), Argument(about="The beginning of a worker's key.", metavar="KEY")]


def run(context: Context, given: HubUnbanInput) -> Moderated:
    """Record it; the key is what its blocks make it."""
    with opened(context) as record:
        found = key_of(record, given.key)
        if found.standing != "banned":
            raise UserError(f"{found.key[:SHORT]} is not banned", fix="see `overnight hub status`")
        record.append(KeyChanged(key=found.key, standing="known" if found.accepted else "new"))
    return Moderated(what=f"{found.key[:SHORT]} may submit again")


def read_back(context: Context, given: HubUnbanInput, _found: Moderated | None) -> Settled:
    """Whether it is recorded."""
    with opened(context, read_only=True) as record:
        return Settled.NOT_DONE if key_of(record, given.key).standing == "banned" else Settled.DONE


OPERATION = Operation(
    name="hub unban",
    about="Take submissions from a banned key again.",
    input=HubUnbanInput,
    output=Moderated,
    tier=Tier.REVERSIBLE,
    owner_only=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: found.what,
    read_back=read_back,
)
