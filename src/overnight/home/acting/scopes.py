"""Pure: which devices a member of the household may use and is shown, by home.yaml."""

from overnight.errors import UserError
from overnight.home.naming import key_of
from overnight.home.settings import HomeSettings, Scope
from overnight.home.things import Device
from overnight.operations.operation import Context
from overnight.operations.principal import Kind, Origin, Principal


def check_scope(settings: HomeSettings, principal: Principal, device: Device) -> None:
    """Whether a member or a guest may use a device; without an entry in home.yaml they may use none.

    Raises:
        UserError: they may not.
    """
    if not is_theirs(settings, principal, device):
        fix = f"the owner decides, by `members: {{{principal.name}: {{devices: [{device.alias}]}}}}` in home.yaml"
        raise UserError(f"{device.alias} is not for {principal.name} to use", fix=fix)


def may_use(settings: HomeSettings, person: str, device: Device) -> bool:
    """Whether a member may use a device, by their name."""
    return _in_scope(settings.members.get(person, Scope()), device)


def may_see(settings: HomeSettings, context: Context, device: Device) -> bool:
    """Whether a caller is shown what a device is and was: a member what they may use, their agent what every member may."""
    return is_theirs(settings, context.principal, device) and is_for_all(settings, context.principal, context.origin, device)


def sees_all(principal: Principal, origin: Origin) -> bool:
    """Whether a caller is shown all of the home: the owner, and an agent that does not follow a member's words."""
    return principal.kind is Kind.OWNER or (principal.kind is Kind.AGENT and origin is not Origin.MEMBER)


def is_for_all(settings: HomeSettings, principal: Principal, origin: Origin, device: Device) -> bool:
    """Whether an agent that follows the words of a member, of whichever, may use a device as any member may."""
    if principal.kind is not Kind.AGENT or origin is not Origin.MEMBER:
        return True
    return bool(settings.members) and all(_in_scope(each, device) for each in settings.members.values())


def is_theirs(settings: HomeSettings, principal: Principal, device: Device) -> bool:
    """Whether a caller may use a device at all: a member or a guest by home.yaml, anybody else as their tier allows."""
    return principal.kind not in (Kind.MEMBER, Kind.GUEST) or may_use(settings, principal.name, device)


def _in_scope(scope: Scope, device: Device) -> bool:
    return key_of(device.room) in map(key_of, scope.rooms if device.room else ()) or key_of(device.alias) in map(
        key_of, scope.devices
    )
