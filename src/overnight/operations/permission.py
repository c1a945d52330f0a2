"""Who may call what: a pure table. What is above goes to the owner as a question, or is refused."""

from collections.abc import Collection, Mapping

from overnight.errors import UserError
from overnight.operations.operation import AnyOperation, Context, Tier
from overnight.operations.principal import Kind, Origin

# The worst tier without approval, by who calls and by whose words it follows; the lower of both counts.
BY_PRINCIPAL: Mapping[Kind, Tier] = {
    Kind.OWNER: Tier.PHYSICAL,
    Kind.MEMBER: Tier.REVERSIBLE,
    Kind.GUEST: Tier.REVERSIBLE,
    Kind.AGENT: Tier.REVERSIBLE,
}
BY_ORIGIN: Mapping[Origin, Tier] = {
    Origin.OWNER: Tier.PHYSICAL,
    Origin.MEMBER: Tier.REVERSIBLE,
    Origin.CLAW: Tier.REVERSIBLE,
    Origin.TOOL: Tier.READ,
    Origin.FOREIGN: Tier.READ,
}
TAINTED = (Origin.TOOL, Origin.FOREIGN)  # whose words must not choose what leaves the machine


class NotAllowed(UserError):  # noqa: N818  # a state
    """Nobody's approval makes this call possible for this principal."""


def needs_approval(operation: AnyOperation, tier: Tier, context: Context) -> bool:
    """Whether the owner must approve this call first.

    Raises:
        NotAllowed: a stranger calls, or somebody else calls what is the owner's alone, or a guest what is not for guests.
    """
    kind = context.principal.kind
    if kind is Kind.STRANGER:
        raise NotAllowed(f"{context.principal} is not known here", fix="the owner decides who may ask for what")
    if operation.owner_only and (kind is not Kind.OWNER or context.origin is not Origin.OWNER):
        raise NotAllowed(f"`{operation.name}` is for the owner alone, and {context.principal} is not")
    asks = (operation.egress and context.origin in TAINTED) or any(
        tier.exceeds(most) for most in (BY_PRINCIPAL[kind], BY_ORIGIN[context.origin], context.ceiling)
    )
    if kind is Kind.GUEST and (asks or not is_for_guests(operation, context.guest_may)):  # who cannot have the owner asked
        raise NotAllowed(f"`{operation.name}` is not for guests", fix="the owner names what they may read, in claw.yaml")
    return asks


def is_for_guests(operation: AnyOperation, named: Collection[str]) -> bool:
    """Whether guests may call an operation: one that is made for them, or that the owner named and that only reads, here."""
    return operation.guests or (operation.name in named and only_reads(operation))


def only_reads(operation: AnyOperation) -> bool:
    """Whether no call of an operation does more than read on this machine, for others than the owner."""
    return (operation.tier, operation.raised, operation.egress, operation.owner_only) == (Tier.READ, None, False, False)
