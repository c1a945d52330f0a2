"""One device with all that is known of it: who it is, what it may be set to, its state, its commands, what was read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.home.acting.limits import TEXTS, bounds_of
from overnight.home.acting.rules import tier_of_command
from overnight.home.events import DeviceConfirmed, DeviceSeen, Lost, Read
from overnight.home.operations._home import DeviceName, DeviceState, doubts, of_device, see, state_of, value_words
from overnight.home.operations._rules import Rule, rule_of, rule_words
from overnight.home.record.record import HomeRecord, PastCommand
from overnight.home.settings import HomeSettings, Interlock
from overnight.home.things import CommandOutcome, Device, Value
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable
from overnight.words.moments import moment

MOST = 500  # events that are looked through
SHOWN = 200  # characters of what a device says
EXAMPLES = 12  # of values, in a line
MUSIC_FAMILY = "sonos"  # whose players are given what home.yaml names


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowInput:
    """Which one."""

    device: DeviceName
    limit: Annotated[int, Option(about="Commands, and changes, that are shown at most."), Ge(1), Le(MOST)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settable:
    """What can be set of a device, within the bounds that count now."""

    property: str
    unit: str
    low: float | None  # null: it is no number
    high: float | None
    choices: Sequence[str]  # of a text; empty: any
    examples: Sequence[str]  # of a text that may be any: names of `music` in home.yaml, and what the device lists; foreign
    asks: bool  # you are asked each time, unless a rule covers the value


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """A command, and what became of it."""

    number: int
    at: float  # Unix time
    wanted: Mapping[str, Value]
    who: str  # KIND:NAME
    outcome: str  # done, unconfirmed, failed or unknown; empty: under way, or its process ended
    before: Mapping[str, Value] | None  # as it was read; null: it did not answer
    after: Mapping[str, Value] | None
    why: str
    undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """A change that was read, or that it was lost."""

    at: float  # Unix time
    values: Mapping[str, Value]  # empty: it did not answer
    why: str  # it did not; empty: it did


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDetail:
    """A device."""

    state: DeviceState
    identity: str  # by which it is known again
    address: str
    says_name: str  # its own words
    says_model: str  # its own words
    can: Sequence[Settable]
    needs: str  # what must run before it is switched on; empty: nothing
    frost: str  # what says the temperature at which it is not switched off; empty: nothing
    rules: Sequence[Rule]
    commands: Sequence[CommandLine]  # the newest first
    changes: Sequence[ChangeLine]  # the newest first; what a sensor's noise is, is not among them
    known_since: float | None  # Unix time at which it was seen first; null: long ago


def run(context: Context, given: ShowInput) -> DeviceDetail:
    """As the record has it; the device is not asked."""
    with of_device(context, given.device) as (record, settings, device):
        interlock: Interlock = settings.interlock_of(device.alias)
        events = record.history(device.number, most=MOST)
        changes = [
            ChangeLine(
                at=entry.event.asked if isinstance(entry.event, Read) else entry.at,
                values=entry.event.values if isinstance(entry.event, Read) else {},
                why=entry.event.why if isinstance(entry.event, Lost) else "",
            )
            for entry in events
            if isinstance(entry.event, Read | Lost)
        ]
        seen = [entry.at for entry in events if isinstance(entry.event, DeviceSeen | DeviceConfirmed)]
        return DeviceDetail(
            state=state_of(record, device),
            identity=device.identity,
            address=device.address,
            says_name=device.said_name,
            says_model=device.said_model,
            can=list(_can(record, settings, device)),
            needs=interlock.needs,
            frost=interlock.frost,
            rules=[rule_of(record, number, rule) for number, rule in record.rules(device.number).items()],
            commands=[_command(each) for each in record.commands(device.number, most=given.limit)],
            changes=changes[: given.limit],
            known_since=min(seen, default=None),
        )


def _can(record: HomeRecord, settings: HomeSettings, device: Device) -> Iterator[Settable]:
    for name, each in sorted(bounds_of(device, settings.limits_of(device.alias)).items()):
        tier = tier_of_command(device, {name: False}, (), now=record.clock(), zone=settings.zone)
        yield Settable(
            property=name,
            unit=each.unit,
            low=each.low,
            high=each.high,
            choices=each.choices,
            examples=_examples(record, settings, device) if name == "source" else (),
            asks=tier is Tier.PHYSICAL,
        )


def _examples(record: HomeRecord, settings: HomeSettings, device: Device) -> Sequence[str]:
    """What can be played by name, as far as is known: a player is not asked."""
    listed = next((each.choices for each in record.said(device.number).properties if each.name == "source"), ())
    owned = settings.music if device.family == MUSIC_FAMILY else ()
    return [*owned, *listed]


def _command(past: PastCommand) -> CommandLine:
    return CommandLine(
        number=past.number,
        at=past.at,
        wanted=past.command.want,
        who=past.command.principal,
        outcome=past.outcome or "",
        before=past.command.before,
        after=past.after,
        why=past.why,
        undone=past.undone,
    )


def render(found: DeviceDetail) -> str:
    """What it is, what it can, what it did."""
    state = found.state
    said = printable(" ".join(filter(None, (found.says_name, found.says_model))), SHOWN)
    lines = [
        f"#{state.number} {state.name or '(no name)'}{f' in {state.room}' if state.room else ''} [{', '.join(state.traits)}]",
        f"now: {value_words(state.values) or 'not read yet'}{_since(state)}{doubts(state)}",
        f"{state.family} at {printable(found.address, SHOWN)}, known by {printable(found.identity, SHOWN)}",
    ]
    lines += [f"says of itself: {said}"] if said else []
    lines += [f"can: {can_words(each)}" for each in found.can]
    lines += [f"needs {found.needs}, which must run first"] if found.needs else []
    lines += [f"is not switched off in frost, by {found.frost}"] if found.frost else []
    lines += [f"rule {rule_words(each)}" for each in found.rules]
    lines += [f"#{each.number} {moment(each.at)} {command_words(each)}" for each in found.commands]
    return "\n".join(lines)


def _since(state: DeviceState) -> str:
    return f" ({moment(state.asked)})" if state.asked else ""


def can_words(can: Settable) -> str:
    """What can be set, with its bounds."""
    unit = f" {can.unit}" if can.unit else ""
    bounds = f" {can.low:g}..{can.high:g}{unit}" if can.low is not None and can.high is not None else ""
    choices = f" {' | '.join(can.choices)}" if can.choices else ""
    if can.low is None and not choices and can.property not in TEXTS:
        choices = " true | false"
    if can.examples:
        choices = f" such as {', '.join(printable(each, SHOWN) for each in can.examples[:EXAMPLES])}"
    return f"{can.property}{bounds}{choices}" + (", you are asked" if can.asks else "")


OUTCOMES = {
    CommandOutcome.DONE: "done, read back",
    CommandOutcome.UNCONFIRMED: "not done: it answers, and is not so",
    CommandOutcome.FAILED: "failed, nothing was set",
    CommandOutcome.UNKNOWN: "not known whether it took effect",
}


def command_words(line: CommandLine) -> str:
    """What was wanted by whom, and what became of it."""
    became = OUTCOMES[CommandOutcome(line.outcome)] if line.outcome else "under way, or cut off"
    why = f" ({printable(line.why, SHOWN)})" if line.why else ""
    undone = ", taken back" if line.undone else ""
    return f"{value_words(line.wanted)} by {printable(line.who, 40) or 'nobody known'}: {became}{why}{undone}"


OPERATION = Operation(
    name="home show",
    about="Show a device: what it is, what it may be set to, its state, its commands and what became of them.",
    input=ShowInput,
    output=DeviceDetail,
    tier=Tier.READ,
    of_machine=True,
    requires=see,
    run=run,
    words=Origin.TOOL,
    render=render,
)
