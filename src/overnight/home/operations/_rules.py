"""What the operations on rules share."""

from collections.abc import Mapping
from dataclasses import dataclass

from overnight.home.acting.scopes import sees_all
from overnight.home.events import RuleSet
from overnight.home.operations._home import seen_by, value_words
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.operations.operation import Context

DAY = 24 * 60  # minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What may be set without asking the owner each time."""

    number: int
    device: int
    name: str
    property: str
    allowed: str  # a range, or values
    hours: str  # by the home's clock


def rule_of(record: HomeRecord, number: int, rule: RuleSet) -> Rule:
    """A rule as it is answered."""
    device = record.device(rule.device)
    return Rule(
        number=number,
        device=rule.device,
        name=device.alias if device else "",
        property=rule.property,
        allowed=_allowed(rule),
        hours="at any hour" if rule.begin == rule.end else f"from {_clock(rule.begin)} to {_clock(rule.end)}",
    )


def rules_for(context: Context, record: HomeRecord, settings: HomeSettings) -> Mapping[int, RuleSet]:
    """Those that a caller is shown, by number."""
    seen = {each.number for each in seen_by(context, record, settings)}
    whole = sees_all(context.principal, context.origin)
    return {number: rule for number, rule in record.rules().items() if whole or rule.device in seen}


def rule_words(rule: Rule) -> str:
    """A rule in a line."""
    return f"#{rule.number} {rule.name}: {rule.property} {rule.allowed} {rule.hours}"


def _allowed(rule: RuleSet) -> str:
    if rule.low is not None and rule.high is not None:
        return f"{rule.low:g}..{rule.high:g}"
    return " or ".join(value_words({"": each}).strip() for each in rule.values)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
