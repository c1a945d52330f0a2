"""An invitation for a new key, which a hub with `invitations: true` asks for."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.pool.keys import KEY_HEX
from overnight.pool.operations._hub import opened
from overnight.pool.serving.nonces import NonceMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class HubInviteInput:
    """Whom."""

    key: Annotated[str, Len(KEY_HEX, KEY_HEX), Argument(about="The whole key of a worker.", metavar="KEY")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What lets one key in."""

    key: str
    invitation: str  # for this key alone; it does not expire


def run(context: Context, given: HubInviteInput) -> Invitation:
    """Made from the hub's secret, so that nothing is stored.

    Raises:
        UserError: it is no key.
    """
    key = given.key.lower()
    if not {*key} <= {*"0123456789abcdef"}:
        raise UserError("that is no key", fix="ask the worker for the key that `overnight work join` printed")
    with opened(context, read_only=True) as record:
        maker = NonceMaker(bytes.fromhex(record.opened().secret), record.clock)
    return Invitation(key=key, invitation=maker.invitation(key))


def render(found: Invitation) -> str:
    """What to send to the worker."""
    return f"send this to the worker; it lets no other key in:\n  overnight work join URL --invitation {found.invitation}"


OPERATION = Operation(
    name="hub invite",
    about="Make an invitation for a worker's key, for a hub that asks new keys for one.",
    details="It does not expire: `overnight hub ban` takes it back.",
    input=HubInviteInput,
    output=Invitation,
    tier=Tier.REVERSIBLE,
    owner_only=True,
    run=run,
    words=Origin.CLAW,
    render=render,
    read_back=repeatable,
)
