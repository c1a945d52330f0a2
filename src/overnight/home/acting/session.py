"""A device that is worked with: locked against other processes, its driver open, and it is the device that it should be."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from overnight.errors import UserError
from overnight.files.locks import take_lock
from overnight.files.own import make_folder
from overnight.home.acting.commanding import Commander, Order, Result
from overnight.home.acting.confirming import words_of
from overnight.home.acting.interlocks import check_interlocks, needed_by
from overnight.home.acting.pace import HOUR_S, check_pace
from overnight.home.drivers.registry import opened
from overnight.home.events import Lost
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.home.things import CommandOutcome, Device, Value
from overnight.words.foreign import printable

Limits = Mapping[str, tuple[float, float]]
LOCKS = "locks"
WAIT_S = 120.0  # for another process that sets the same device, longer than any command takes


async def command(record: HomeRecord, settings: HomeSettings, device: Device, order: Order) -> Result:
    """Send one command; a device that is not there makes a failed one.

    Raises:
        UserError: it may not be set so, or not now.
    """
    result: Result | None = None
    try:
        async with commander_of(record, settings, device) as commander:
            result = await commander.command(order)
    except DeviceError as error:
        return result or Result(command=0, outcome=CommandOutcome.FAILED, before=None, after=None, why=words_of(error))
    return result


@asynccontextmanager
async def commander_of(record: HomeRecord, settings: HomeSettings, device: Device) -> AsyncIterator[Commander]:
    """Who commands a device. Others wait until they are done, as do those who command what it depends on.

    What became of commands of processes that are gone is found out first, by reading back; none is repeated.

    Raises:
        UserError: the device is not confirmed, busy, its driver is missing something, or nothing of this home is set.
        DeviceError: it is not there, or is another device.
    """
    check_named(device)
    if settings.read_only:
        raise UserError("nothing of this home is set: home.yaml says `read_only: true`", fix="take that line out")
    devices = record.devices()
    held = {each.number: each for each in (device, *needed_by(device, settings, devices))}
    async with AsyncExitStack() as stack:
        for number in sorted(held):  # all processes in the same order, so that none waits for another in a circle
            await _lock(stack, record.folder, held[number], within_s=WAIT_S)
        commander = await _commander(stack, record, device, settings.limits_of(device.alias))

        async def guard(want: Mapping[str, Value], before: Mapping[str, Value]) -> None:
            async def ask(other: Device) -> Mapping[str, Value]:
                return before if other.number == device.number else await look(record, other)

            now = record.clock()
            check_pace(device, want, before, record.commands_since(device.number, now - HOUR_S), now)
            await check_interlocks(device, want, before, settings=settings, devices=devices, look=ask)

        commander.guard = guard
        await commander.settle(wait=True)
        yield commander


async def look(record: HomeRecord, device: Device, *, settle: bool = False, tries: int = 1) -> Mapping[str, Value]:
    """Ask a device for its state; `settle`: and find out about commands of processes that are gone.

    Raises:
        UserError: the device is not confirmed, or its driver is missing something.
        DeviceError: it is not there, or is another device.
    """
    check_named(device)
    async with AsyncExitStack() as stack:
        alone = settle and await _take(stack, record.folder, device, within_s=0)
        commander = await _commander(stack, record, device, {})
        values = (await commander.look(tries=tries)).values
        if alone:
            await commander.settle(wait=False)
        return values


async def check_at(device: Device, address: str) -> None:
    """Whether a device answers at an address.

    Raises:
        DeviceError: it is not there, or another one is.
    """
    async with opened(replace(device, address=address)):
        pass  # opened, it is the device that is meant


async def _commander(stack: AsyncExitStack, record: HomeRecord, device: Device, limits: Limits) -> Commander:
    try:
        driver = await stack.enter_async_context(opened(device))
    except DeviceError as error:
        moved = record.said(device.number).address
        why = words_of(error)
        if moved != device.address:
            why += f"; it was seen at {printable(moved, 60)}: overnight home move {device.number}"
        if record.lost(device.number) != why:
            record.append(Lost(device=device.number, why=why))
        raise type(error)(why) from error
    return Commander(record, device, driver, limits=limits)


def check_named(device: Device) -> None:
    """Whether the owner said what a device is.

    Raises:
        UserError: they did not.
    """
    if not device.alias:
        raise UserError(f"device #{device.number} has no name yet", fix=f"overnight home name {device.number} NAME")


async def _lock(stack: AsyncExitStack, folder: Path, device: Device, *, within_s: float) -> None:
    if not await _take(stack, folder, device, within_s=within_s):
        raise UserError(f"{device.alias} is being set by another process", fix="try again in a moment")


async def _take(stack: AsyncExitStack, folder: Path, device: Device, *, within_s: float) -> bool:
    from anyio import to_thread

    place = folder / LOCKS
    make_folder(place)
    try:
        opened_file = os.open(place / str(device.number), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UserError(f"{place / str(device.number)} is no lock: {error.strerror}", fix="remove it") from error
    file: IO[bytes] = stack.enter_context(os.fdopen(opened_file, "wb"))
    return await to_thread.run_sync(lambda: take_lock(file.fileno(), within_s=within_s))
