"""Pure: how bad a command is, and whether a rule of the owner allows it without asking them each time.

Does not cover: hours that end, or a rule that is dropped, while a command waits for its device.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from overnight.home.capabilities import tier_of
from overnight.home.events import RuleSet
from overnight.home.things import Device, Value
from overnight.jobs.schedule import zone_of
from overnight.operations.operation import Tier


def tier_of_command(device: Device, want: Mapping[str, Value], rules: Iterable[RuleSet], *, now: float, zone: str) -> Tier:
    """The tier of setting a device so; what rules cover whole can be done without asking."""
    tier = tier_of(device.traits)
    if tier is not Tier.PHYSICAL or not want:
        return tier
    at = _minute(now, zone)
    counting = [each for each in rules if each.device == device.number and _in_hours(each, at)]
    covered = all(any(each.property == name and _covers(each, value) for each in counting) for name, value in want.items())
    return Tier.REVERSIBLE if covered else Tier.PHYSICAL


def _minute(now: float, zone: str) -> int:
    """Minutes after midnight, as a clock on the wall shows; an hour that comes twice is the same hour twice."""
    shown = datetime.fromtimestamp(now, zone_of(zone))
    return shown.hour * 60 + shown.minute


def _in_hours(rule: RuleSet, minute: int) -> bool:
    if rule.begin == rule.end:
        return True
    if rule.begin < rule.end:
        return rule.begin <= minute < rule.end
    return minute >= rule.begin or minute < rule.end  # over midnight


def _covers(rule: RuleSet, value: Value) -> bool:
    if rule.low is not None and rule.high is not None:
        return isinstance(value, int | float) and not isinstance(value, bool) and rule.low <= value <= rule.high
    return any(type(each) is type(value) and each == value for each in rule.values)
