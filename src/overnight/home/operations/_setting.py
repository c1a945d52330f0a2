"""What the operations that set devices share: the result of a command, its tier, and what an approval of it is bound to."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from overnight.home.acting.commanding import Result
from overnight.home.acting.limits import check
from overnight.home.acting.rules import tier_of_command
from overnight.home.acting.scopes import check_scope, is_for_all
from overnight.home.acting.session import look
from overnight.home.capabilities import PHYSICAL
from overnight.home.operations._home import is_plain, opened, value_words
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord, PastCommand
from overnight.home.settings import HomeSettings
from overnight.home.things import CommandOutcome, Device, Value
from overnight.operations.operation import Context, Followed, Settled, Tier
from overnight.operations.principal import Origin

I = TypeVar("I")  # noqa: E741  # the input
Wanted = tuple[Device, Mapping[str, Value]]


class Setting(Generic[I]):
    """The parts of an operation that sets devices, by what its input wants of which."""

    def __init__(self, wanted: Callable[[Context, HomeRecord, HomeSettings, I], Sequence[Wanted]]) -> None:
        """`wanted` raises UserError if there is no such device, scene or command."""
        self._wanted = wanted

    def tier(self, context: Context, given: I) -> Tier:
        """That of the worst command."""
        with opened() as (record, settings):
            return worst_tier(context, record, settings, self._wanted(context, record, settings, given))

    def requires(self, context: Context, given: I) -> None:
        """It must be allowed at all before anybody is asked to approve it."""
        with opened() as (record, settings):
            require(context, settings, self._wanted(context, record, settings, given))

    def state(self, context: Context, given: I) -> str:
        """What an approval is bound to."""
        with opened() as (record, settings):
            return present_state(record, self._wanted(context, record, settings, given))

    def tells(self, context: Context, given: I) -> str:
        """What would be set, and what is now."""
        with opened() as (record, settings):
            return change_words(record, self._wanted(context, record, settings, given))

    def settled(self, context: Context, given: I) -> Settled:
        """What became of the commands of a process that is gone."""
        with opened() as (record, settings):
            return settled(record, self._wanted(context, record, settings, given), context.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class WasSet:
    """What became of a command."""

    command: int  # 0: nothing was sent
    device: int
    name: str
    wanted: Mapping[str, Value]
    outcome: CommandOutcome  # done: its state was read after the command, and is as wanted
    before: Mapping[str, Value] | None  # null: it did not answer
    after: Mapping[str, Value] | None
    why: str
    can_hurt: bool  # it is a lock, a heater or the like: what was done is looked at again for some minutes by `home recheck`


def was_set(device: Device, want: Mapping[str, Value], result: Result) -> WasSet:
    """A result as it is answered."""
    return WasSet(
        command=result.command,
        device=device.number,
        name=device.alias,
        wanted=want,
        outcome=result.outcome,
        before=result.before,
        after=result.after,
        why=result.why,
        can_hurt=bool(PHYSICAL & set(device.traits)),
    )


def follows(found: Iterable[WasSet]) -> Sequence[Followed]:
    """What can hurt, and is done: whether it stays so."""
    return [
        Followed(
            what=f"{each.name} was read back as {value_words(each.wanted)} (#{each.command})",
            operation="home recheck",
            given={"number": each.command},
            field="lasting",
            news=("not so any more",),
            ends=("not so any more", "over"),
            urgent=True,
            promise="I look at it for ten minutes, and say if it changes.",
        )
        for each in found
        if each.can_hurt and each.outcome is CommandOutcome.DONE
    ]


def set_words(found: WasSet) -> str:
    """What it is now, or that it is not so."""
    wanted = value_words(found.wanted)
    match found.outcome:
        case CommandOutcome.DONE:
            return f"{found.name}: {wanted} (read back; #{found.command})"
        case CommandOutcome.UNCONFIRMED:
            return f"{found.name} did not do it: {wanted} was wanted, it says {value_words(found.after or {})}"
        case CommandOutcome.FAILED:
            return f"{found.name} was not set: {found.why}"
        case _:
            return f"{found.name}: not known whether it is {wanted}: {found.why}"


def whose_set(found: Sequence[WasSet]) -> Origin:
    """Whose words results are: what was wanted, by the owner's names, unless a device's own texts are among them."""
    clean = all(
        each.outcome is CommandOutcome.DONE or (each.outcome is CommandOutcome.UNCONFIRMED and is_plain(each.after or {}))
        for each in found
    )
    return Origin.CLAW if clean else Origin.TOOL


def worst_tier(context: Context, record: HomeRecord, settings: HomeSettings, wanted: Iterable[Wanted]) -> Tier:
    """The tier of commands: that of the worst of them; what members may not all use is the owner's to allow."""
    now, tier = record.clock(), Tier.REVERSIBLE
    for device, want in wanted:
        found = tier_of_command(device, want, record.rules(device.number).values(), now=now, zone=settings.zone)
        if not is_for_all(settings, context.principal, context.origin, device) and not found.exceeds(Tier.COSTLY):
            found = Tier.COSTLY
        tier = found if found.exceeds(tier) else tier
    return tier


def require(context: Context, settings: HomeSettings, wanted: Iterable[Wanted]) -> None:
    """Each must be in the caller's scope and within bounds before anybody is asked to approve it.

    Raises:
        UserError: one is not.
    """
    for device, want in wanted:
        check_scope(settings, context.principal, device)
        check(device, want, settings.limits_of(device.alias))


def present_state(record: HomeRecord, wanted: Sequence[Wanted]) -> str:
    """What an approval is bound to: the devices themselves, and what is to be set of each, as they say now."""
    import anyio

    anyio.run(_ask_all, record, [device for device, _ in wanted])
    found: list[object] = []
    for device, want in wanted:
        reading = record.reading(device.number)
        now = {name: reading.values.get(name) for name in want} if reading else {}
        lost = bool(record.lost(device.number))
        found.append([device.family, device.identity, device.address, device.alias, dict(want), now, lost])
    return json.dumps(found, sort_keys=True)


async def _ask_all(record: HomeRecord, devices: Sequence[Device]) -> None:
    from anyio import create_task_group

    async def ask(device: Device) -> None:
        with suppress(DeviceError):  # the record has it as lost
            await look(record, device)

    async with create_task_group() as group:
        for device in devices:
            group.start_soon(ask, device)


def change_words(record: HomeRecord, wanted: Iterable[Wanted]) -> str:
    """What would be set, and what is now, for the owner to decide; names are those that they gave."""
    return "; ".join(_change(record, device, want) for device, want in wanted)


def _change(record: HomeRecord, device: Device, want: Mapping[str, Value]) -> str:
    reading = record.reading(device.number)
    now = value_words({name: value for name, value in (reading.values if reading else {}).items() if name in want})
    answers = "does not answer" if record.lost(device.number) else f"now {now or 'not known'}"
    return f"{device.alias}: {value_words(want)} ({answers})"


SETTLED = {
    CommandOutcome.DONE: Settled.DONE,
    CommandOutcome.UNCONFIRMED: Settled.DONE,  # the answer says that it is not so
    CommandOutcome.FAILED: Settled.DONE,
    CommandOutcome.UNKNOWN: Settled.UNKNOWN,
}


def settled(record: HomeRecord, wanted: Iterable[Wanted], since: float) -> Settled:
    """What became of commands of a process that is gone, by asking the devices; none is repeated."""
    import anyio

    found = {anyio.run(_settled, record, device, want, since) for device, want in wanted}
    return found.pop() if len(found) == 1 else Settled.UNKNOWN


async def _settled(record: HomeRecord, device: Device, want: Mapping[str, Value], since: float) -> Settled:
    def newest() -> PastCommand | None:
        past = reversed(record.commands_since(device.number, since))
        return next((each for each in past if each.command.want == want), None)

    past = newest()
    if past is None:
        return Settled.NOT_DONE
    if past.outcome in (None, CommandOutcome.UNKNOWN):
        with suppress(DeviceError):
            await look(record, device, settle=True)
        past = newest()
    outcome = past.outcome if past else None
    return Settled.NOT_DONE if outcome is CommandOutcome.FAILED else SETTLED[outcome or CommandOutcome.UNKNOWN]
