"""The owner's leave to set something physical without asking them each time."""

import re
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.home.acting.limits import check
from overnight.home.events import RuleSet
from overnight.home.operations._home import DeviceName, of_device, read_wanted
from overnight.home.operations._rules import Rule, rule_of, rule_words
from overnight.operations.operation import Argument, Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInput:
    """What may be set, and when."""

    device: DeviceName
    property: Annotated[str, Argument(about="What of it, such as `target`.", metavar="PROPERTY")]
    allowed: Annotated[
        str, Argument(about="A range such as `30..38`, or values such as `true` or `heat|off`.", metavar="RANGE")
    ]
    begin: Annotated[str, Option(about="From this time of the home's clock.", flags=("--from",), metavar="HH:MM")] = "00:00"
    end: Annotated[
        str, Option(about="To this time; before `--from`, it is over midnight.", flags=("--to",), metavar="HH:MM")
    ] = "00:00"


def run(context: Context, given: RuleInput) -> Rule:
    """Record it."""
    with of_device(context, given.device) as (record, settings, device):
        rule = _rule(device.number, given)
        for value in (rule.low, rule.high) if rule.low is not None and rule.high is not None else rule.values:
            check(device, {given.property: value}, settings.limits_of(device.alias))
        return rule_of(record, record.append(rule), rule)


def state(context: Context, given: RuleInput) -> str:
    """The device itself."""
    with of_device(context, given.device) as (_, _, device):
        return f"{device.family} {device.identity} {device.address}"


def _rule(device: int, given: RuleInput) -> RuleSet:
    begin, end = _minutes(given.begin), _minutes(given.end)
    if found := _RANGE.fullmatch(given.allowed.strip()):
        low, high = float(found[1]), float(found[2])
        if low > high:
            raise UserError(f"`{given.allowed}` ends before it begins", fix="write the lower bound first")
        return RuleSet(device=device, property=given.property, low=low, high=high, begin=begin, end=end)
    values = tuple(each for text in given.allowed.split("|") for each in read_wanted([f"{given.property}={text}"]).values())
    if numbers := [each for each in values if isinstance(each, float)]:
        if len(values) > 1:
            raise UserError("a rule on a number has one range", fix="write it as `30..38`")
        return RuleSet(device=device, property=given.property, low=numbers[0], high=numbers[0], begin=begin, end=end)
    return RuleSet(device=device, property=given.property, values=values, begin=begin, end=end)


def _minutes(text: str) -> int:
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise UserError(f"`{printable(text, 20)}` is no time of day", fix="write it as 16:00")
    return int(found[1]) * 60 + int(found[2])


OPERATION = Operation(
    name="home rule",
    about="Allow that something physical is set without asking you each time.",
    details="A rule names a device, a property, a range and hours, and counts for nothing else; your limits and interlocks"
    " go on counting. Agents and members may then do it; what follows strangers' words is asked about all the same.",
    input=RuleInput,
    output=Rule,
    tier=Tier.COSTLY,
    state=state,
    owner_only=True,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=rule_words,
    read_back=repeatable,
)
