"""Find the devices of a home: look at the subnets that its owner named, reading only."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.home.drivers.registry import families
from overnight.home.finding.kinds import BY_NAME
from overnight.home.finding.names import room_in, suggested
from overnight.home.finding.ports import PORTS
from overnight.home.finding.scan import Findings, Plan, find_kind, known_places, scan
from overnight.home.finding.subnets import Network, home_networks, link_to, parse_subnet
from overnight.home.finding.taking import Change, Taken, take
from overnight.home.operations._home import opened
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Kind, Origin
from overnight.words.quantities import counted

Say = Callable[[Findings], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanInput:
    """Where, and what for."""

    subnet: Annotated[str, Option(about="Look there, by default on the subnets of home.yaml.", metavar="192.168.1.0/24")] = ""
    kind: Annotated[str, Option(about="Look for one kind alone, such as `sonos`; that is quicker.", metavar="KIND")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Something that answered."""

    number: int  # of the device, for `home name`; 0: nothing drives it yet
    name: str  # the owner's; empty: not confirmed
    room: str
    kind: str
    what: str  # the same in words
    said: str  # what it says of itself; foreign
    address: str
    change: str  # new, moved, there twice; empty: as before
    elsewhere: str  # where it was before, or is as well
    suggestion: str  # a name that the owner may take; none of the words is the device's
    next: str  # what is to do before it can be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What is there."""

    subnets: Sequence[str]
    seen: Sequence[Seen]
    gone: Sequence[str]  # what does not answer any more; foreign
    alive: int  # addresses that answered
    is_complete: bool  # else it was ended early
    notes: Sequence[str]


def run(context: Context, given: ScanInput) -> Scanned:
    """Look, and take down what is there."""
    return look(context, given, lambda _: None)


def look(context: Context, given: ScanInput, say: Say) -> Scanned:
    """The same, saying how far it is; Ctrl-C ends it with what was found by then."""
    with opened() as (record, settings):
        plans = plans_of(context, given, record, settings)
        found = []
        for plan in plans:
            findings = Findings()
            _carry_out(plan, findings, say)
            found.append((findings, take(record, plan, findings)))
            if not findings.is_complete:
                break
        taken = [each for _, changes in found for each in changes.taken]
        named = [each.alias for each in record.devices() if each.alias]
    gone = [f"{BY_NAME[each.kind].what} {each.name} at {each.address}" for _, changes in found for each in changes.gone]
    return Scanned(
        subnets=[str(plan.subnet) for plan in plans],
        seen=_rows(taken, named),
        gone=gone,
        alive=sum(findings.alive for findings, _ in found),
        is_complete=all(findings.is_complete for findings, _ in found),
        notes=_notes(plans, [findings for findings, _ in found]),
    )


def plans_of(context: Context, given: ScanInput, record: HomeRecord, settings: HomeSettings) -> Sequence[Plan]:
    """What is looked at; only what the owner named.

    Raises:
        UserError: no subnet was named, this machine is not on it, or somebody else than the owner names one.
    """
    kind = find_kind(given.kind) if given.kind else None
    known = known_places(record.devices())
    return [
        Plan(subnet=subnet, link=link_to(subnet), kind=kind, known=known)
        for subnet in _subnets(context, given.subnet, named(record, settings))
    ]


def named(record: HomeRecord, settings: HomeSettings) -> Sequence[Network]:
    """The subnets that the owner named: in home.yaml, or else by having had them scanned."""
    return [parse_subnet(each) for each in settings.subnets or record.scans()]


def _planned(context: Context, given: ScanInput) -> Sequence[Plan]:
    with opened() as (record, settings):
        return plans_of(context, given, record, settings)


def _may_start(context: Context, given: ScanInput) -> None:
    _planned(context, given)


def state(context: Context, given: ScanInput) -> str:
    """Which networks, and by which interfaces: an approval is for no others."""
    return "\n".join(f"{plan.subnet} {plan.link.interface} {plan.link.own}" for plan in _planned(context, given))


def tells(context: Context, given: ScanInput) -> str:
    """What it does there."""
    return "; ".join(map(intent, _planned(context, given)))


def _subnets(context: Context, asked: str, known: Sequence[Network]) -> Sequence[Network]:
    if not asked:
        if not known:
            mine = ", ".join(map(str, home_networks())) or "none"
            fix = f"name it: overnight home scan --subnet 192.168.1.0/24; this machine is on {mine}"
            raise UserError("no subnet of your home is named, so nothing was looked at", fix=fix)
        return known
    subnet = parse_subnet(asked)
    owner_says = context.principal.kind is Kind.OWNER and context.origin is Origin.OWNER
    if not owner_says and not any(subnet.subnet_of(each) for each in known):
        raise UserError(f"{subnet} is not among the subnets that the owner named", fix="the owner adds it to home.yaml")
    return [subnet]


def _carry_out(plan: Plan, findings: Findings, say: Say) -> None:
    import anyio

    with suppress(KeyboardInterrupt):  # what was found by then is taken down
        anyio.run(scan, plan, findings, say)


def _rows(taken: Sequence[Taken], named: Sequence[str]) -> Sequence[Seen]:
    rows, used = [], list(named)
    for each in taken:
        kind, device, neighbour = BY_NAME[each.neighbour.kind], each.device, each.neighbour
        suggestion, room = "", device.room if device else ""
        if device and not device.alias:
            room = room_in(neighbour.name, device.said_name)
            suggestion = suggested(device.traits, kind.noun, room, used)
            used.append(suggestion)
        said = [device.said_model, device.said_name] if device else [neighbour.maker, neighbour.model, neighbour.name]
        rows.append(
            Seen(
                number=device.number if device else 0,
                name=device.alias if device else "",
                room=room,
                kind=kind.name,
                what=kind.what,
                said=" ".join(filter(None, said)),
                address=neighbour.address,
                change=each.change,
                elsewhere=each.elsewhere,
                suggestion=suggestion,
                next=_next(each, suggestion, room),
            )
        )
    return rows


def _next(taken: Taken, suggestion: str, room: str) -> str:
    kind, device, address = BY_NAME[taken.neighbour.kind], taken.device, taken.neighbour.address
    if taken.change is Change.TWICE:
        return "one of them is not what it says, or both; neither was taken down"
    if device and not device.alias:
        return f'overnight home name {device.number} "{suggestion}"' + (f' --room "{room}"' if room else "")
    if device:
        return f"overnight home move {device.number}" if taken.change is Change.MOVED else ""
    if kind.family in families():
        return (kind.adding or f"overnight home add {kind.family} {{address}}").format(address=address)
    return "no driver: overnight home learn" if kind.family or kind.name == "unknown" else ""


def _notes(plans: Sequence[Plan], findings: Sequence[Findings]) -> Sequence[str]:
    notes = []
    if any(plan.link.is_loopback for plan in plans):
        notes.append("on loopback nobody is searched for by multicast, and there are no neighbours")
    if skipped := sorted({each for found in findings for each in found.skipped}):
        notes.append(f"left out: {', '.join(skipped)}")
    if dropped := sum(found.dropped for found in findings):
        notes.append(f"{counted(dropped, 'answer')} were not looked at: too many of one address, or from outside the subnet")
    return notes


def intent(plan: Plan) -> str:
    """What a scan does, before it does it."""
    ports = counted(len(PORTS), "port")
    searches = "" if plan.link.is_loopback else " searches by SSDP, mDNS and WS-Discovery,"
    return (
        f"{plan.subnet} by {plan.link.interface}: an empty datagram to each of {plan.subnet.num_addresses} addresses,{searches}"
        f" connections to {ports} of what is alive, and questions that change nothing"
    )


def render(found: Scanned) -> str:
    """A line each."""
    lines = [" ".join(filter(None, (_head(each), _change(each), each.next and f"→ {each.next}"))) for each in found.seen]
    lines += [f"gone: {each}" for each in found.gone]
    count = f"{len(found.seen)} found where {counted(found.alive, 'host')} answered, on {', '.join(found.subnets)}"
    return "\n".join([*lines, count if found.is_complete else f"ended early: {count} so far", *found.notes])


def _head(seen: Seen) -> str:
    who = f"#{seen.number} {seen.name or '(no name)'}:" if seen.number else ""
    return " ".join(filter(None, (seen.address, who, seen.what, f"[{seen.said}]" if seen.said else "")))


def _change(seen: Seen) -> str:
    if seen.change == Change.MOVED:
        return f"moved from {seen.elsewhere}"
    return f"{seen.change}: also at {seen.elsewhere}" if seen.change == Change.TWICE else seen.change


OPERATION = Operation(
    name="home scan",
    about="Find the devices on the subnets of your home; nothing is changed.",
    details="It looks only at subnets that you named, in home.yaml or by --subnet, through the interface that is on them. "
    "On a terminal it says what it will do and asks, and you give what it finds its names.",
    input=ScanInput,
    output=Scanned,
    tier=Tier.COSTLY,
    egress=True,
    of_machine=True,
    requires=_may_start,
    state=state,
    tells=tells,
    run=run,
    words=Origin.TOOL,
    render=render,
    read_back=repeatable,
)
