"""What takes back a command, or all of a scene: the values of each device from before it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.home.record.record import HomeRecord, PastCommand
from overnight.home.things import CommandOutcome, Device, Value

MOST = 50  # newest commands that are looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """A command that is taken back."""

    device: Device
    past: PastCommand
    want: Mapping[str, Value]


def find_undo(record: HomeRecord, number: int | None, devices: Collection[int]) -> Sequence[Undo]:
    """What takes back a command, or a run of a scene, the last of it first; by default the newest that set anything.

    `devices`: the numbers of those that may be set; nothing is known of the commands of others.

    Raises:
        UserError: there is none, or it cannot be taken back.
    """
    if number is None:
        commands = record.commands(most=MOST)
        newest = next((each for each in commands if each.command.device in devices and not _is_nothing(each)), None)
        if newest is None:
            raise UserError("there is nothing to take back", fix="see `overnight home devices`")
        number = newest.command.scene or newest.number
    of_scene = [each for each in record.of_scene(number) if each.command.device in devices]
    if of_scene:
        can = [each for each in reversed(of_scene) if not _why_not(each)]
        if not can:
            raise UserError(f"nothing of the scene's run #{number} can be taken back", fix="set the devices as you want them")
        return [_undo(record, each) for each in can]
    past = record.command(number)
    if past is None or past.command.device not in devices:
        raise UserError(f"there is no command #{number}", fix="see `overnight home show DEVICE`")
    if why := _why_not(past):
        raise UserError(f"command #{number} cannot be taken back: {why}", fix="set the device as you want it")
    return [_undo(record, past)]


def _undo(record: HomeRecord, past: PastCommand) -> Undo:
    device = record.device(past.command.device)
    if device is None or not device.alias:
        raise UserError("its device is not known any more", fix="see `overnight home devices`")
    return Undo(device=device, past=past, want=_before(past))


def _before(past: PastCommand) -> Mapping[str, Value]:
    """What was set, as it was before; empty: that is not known, or cannot be set, such as that a player had nothing to play.

    What was off may not have said how bright it would be.
    """
    before = past.command.before or {}
    if past.command.want.keys() <= before.keys():
        return {name: before[name] for name in past.command.want if before[name] != ""}
    return {"on": False} if before.get("on") is False else {}


def _is_nothing(past: PastCommand) -> str:
    """Why there is nothing to take back of a command; empty: there is."""
    if past.undone or past.command.undoes is not None:
        return "it was taken back, or takes one back"
    return "nothing was set" if past.outcome is CommandOutcome.FAILED else ""


def _why_not(past: PastCommand) -> str:
    return _is_nothing(past) or ("" if _before(past) else "what was before is not known, or cannot be set")
