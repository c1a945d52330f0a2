"""What must be so elsewhere before a device is set: a heater needs its pump, and in frost a pump is not switched off.

Which device needs which is the owner's word, in home.yaml. Each other device is asked just before; one that does not answer
counts as standing in the way. Their locks are held meanwhile, so that no process of ours changes them in between.

What a hand at the device, its own program or a failure changes later is for the watch (`watching/interlocks.py`).

Does not cover: the time until the watch looks, and a home that nobody watches; that is for the device's own safety switch.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from overnight.errors import UserError
from overnight.home.capabilities import tier_of
from overnight.home.naming import find_device, matching
from overnight.home.port import DeviceError
from overnight.home.running import drives, runs, stops
from overnight.home.settings import HomeSettings
from overnight.home.things import Device, Value
from overnight.operations.operation import Tier

Look = Callable[[Device], Awaitable[Mapping[str, Value]]]


class Blocked(UserError):  # noqa: N818  # a state
    """Another device's state does not allow it; nothing was sent."""


def needed_by(device: Device, settings: HomeSettings, devices: Sequence[Device]) -> Sequence[Device]:
    """The devices whose state decides whether this one may be set.

    Raises:
        UserError: home.yaml names one that is not there.
    """
    if tier_of(device.traits) is Tier.PHYSICAL:
        _check_names(settings, devices)
    own = settings.interlock_of(device.alias)
    others = [named(name, device, devices) for name in (own.needs, own.frost) if name]
    return [*others, *_dependents(device, settings, devices)]


async def check_interlocks(
    device: Device,
    want: Mapping[str, Value],
    before: Mapping[str, Value],
    *,
    settings: HomeSettings,
    devices: Sequence[Device],
    look: Look,
) -> None:
    """Whether the others are as they must be.

    Raises:
        Blocked: one is not, or does not answer.
    """
    own = settings.interlock_of(device.alias)
    if own.needs and drives(want, before):
        pump = named(own.needs, device, devices)
        if runs(await _asked(look, pump, device)) is not True:
            raise Blocked(f"{device.alias} needs {pump.alias}, which does not run", fix=f"start {pump.alias} first")
    if not stops(want):
        return
    if own.frost:
        sensor = named(own.frost, device, devices)
        outside = (await _asked(look, sensor, device)).get("temperature")
        if isinstance(outside, bool | str | None) or not outside >= own.below:
            shown = f"{outside:g} °C" if isinstance(outside, float | int) else "no temperature"
            what = f"{device.alias} is not switched off below {own.below:g} °C: {sensor.alias} says {shown}"
            raise Blocked(what, fix="wait for warmer weather, or change `interlocks` in home.yaml")
    for heater in _dependents(device, settings, devices):
        now = await _asked(look, heater, device)
        if now.get("on") is True or runs(now) is not False:
            raise Blocked(f"{heater.alias} needs {device.alias}, and may be on", fix=f"switch off {heater.alias} first")


def _check_names(settings: HomeSettings, devices: Sequence[Device]) -> None:
    """A line of home.yaml with a misspelt name protects nothing: what can hurt is not set until it is corrected."""
    aliases = {each.alias.lower() for each in devices}
    for key, names in (("limits", settings.limits), ("interlocks", settings.interlocks)):
        if unknown := sorted(set(names) - aliases):
            fix = "correct the name, or take out its line"
            raise UserError(f"home.yaml: {key}: no device is called `{unknown[0]}`", fix=fix)


def _dependents(device: Device, settings: HomeSettings, devices: Sequence[Device]) -> Sequence[Device]:
    return [
        each
        for each in devices
        if each.alias
        and (needs := settings.interlock_of(each.alias).needs)
        and device.number in [meant.number for meant in matching(needs, devices)]
    ]


def named(name: str, device: Device, devices: Sequence[Device]) -> Device:
    """The device that home.yaml names for another one.

    Raises:
        UserError: there is none.
    """
    try:
        return find_device(name, devices)
    except UserError as error:
        raise UserError(f"home.yaml: interlocks: {device.alias}: {error.args[0]}", fix=error.fix) from error


async def _asked(look: Look, other: Device, device: Device) -> Mapping[str, Value]:
    try:
        return await look(other)
    except DeviceError as error:
        what = f"{device.alias} depends on {other.alias}, which does not answer"
        raise Blocked(what, fix=f"see `overnight home state {other.number}`") from error
