"""Pure: whether a device is set too often: commands a minute, and starts of motors, heaters and compressors.

Does not cover: starts from before the machine's clock was set back.
"""

from collections.abc import Mapping, Sequence

from overnight.errors import UserError
from overnight.home.capabilities import MOST_A_MINUTE, STARTS
from overnight.home.record.record import PastCommand
from overnight.home.running import drives, starts, stops
from overnight.home.things import CommandOutcome, Device, Value

HOUR_S, MINUTE_S = 3600.0, 60.0


class TooOften(UserError):  # noqa: N818  # a state
    """A device has to rest first; nothing was sent."""


def check_pace(
    device: Device, want: Mapping[str, Value], before: Mapping[str, Value], past: Sequence[PastCommand], now: float
) -> None:
    """Whether a device may be set once more; to switch it off is always allowed.

    `past`: its commands of the last hour, the oldest first.

    Raises:
        TooOften: it may not yet.
    """
    if stops(want) and not drives(want, before):
        return
    sent = [each for each in past if each.outcome is not CommandOutcome.FAILED and each.at <= now]  # a clock may be set back
    recent = [each for each in sent if now - each.at < MINUTE_S]
    if len(recent) >= MOST_A_MINUTE:
        fix = "wait a minute, and find out what sets it so often: overnight home show"
        raise TooOften(f"{device.alias} was set {len(recent)} times in a minute", fix=fix)
    if not starts(want, before):
        return
    for trait in set(device.traits) & STARTS.keys():
        most, rest_s = STARTS[trait]
        count = sum(starts(each.command.want, each.command.before or {}) for each in sent)
        if count >= most:
            raise TooOften(f"{device.alias} was started {count} times in an hour, which wears it out", fix="wait a while")
        stopped = max((each.at for each in sent if stops(each.command.want)), default=None)
        if stopped is not None and now - stopped < rest_s:
            wait = rest_s - (now - stopped)
            raise TooOften(f"{device.alias} was stopped just now and has to rest", fix=f"start it in {wait:.0f} s")
