"""Nothing more is taken from a key."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.operations.operation import Argument, Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin
from overnight.pool.events import KeyChanged
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import key_of, opened
from overnight.pool.operations._moderation import Moderated


@dataclass(frozen=True, slots=True, kw_only=True)
class HubBanInput:
    """Which key, and why."""

    key: Annotated[str, Len(4, 64), Argument(about="The beginning of a worker's key.", metavar="KEY")]
    why: Annotated[str, Len(0, 200), Option(about="For your own record.")] = ""


def run(context: Context, given: HubBanInput) -> Moderated:
    """Record it; what the key has in the chain stays."""
    with opened(context) as record:
        found = key_of(record, given.key)
        record.append(KeyChanged(key=found.key, standing="banned", why=given.why))
    return Moderated(what=f"banned {found.key[:SHORT]}; its blocks stay: take one back with `overnight hub withdraw N`")


def read_back(context: Context, given: HubBanInput, _found: Moderated | None) -> Settled:
    """Whether it is recorded."""
    with opened(context, read_only=True) as record:
        return Settled.DONE if key_of(record, given.key).standing == "banned" else Settled.NOT_DONE


OPERATION = Operation(
    name="hub ban",
    about="Take nothing more from a worker's key.",
    input=HubBanInput,
    output=Moderated,
    tier=Tier.REVERSIBLE,
    owner_only=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: found.what,
    read_back=read_back,
)
